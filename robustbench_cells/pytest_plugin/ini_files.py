"""Refuses a run whose settings pytest has not read: it looks for its ini file from the paths on its command line.

An option's value after a space, as in ``--rb-reports /an/existing/folder``, is such a path to it.
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Mapping
from configparser import ConfigParser, Error
from pathlib import Path
from typing import Any, NoReturn

import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.files.reading import read_text
from robustbench_cells.pytest_plugin.collected import Collected

_NAMES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_SECTIONS = ("pytest", "tool:pytest")
_MAX_BYTES = 2**24
_REMEDY = (
    "pytest looks for its ini file from the paths on its command line, and takes the value of an option after a space "
    "for one: write --option=value, or name the file by -c"
)


def require_ini_in_force(config: pytest.Config, collected: Collected) -> None:
    """Refuse to run where the nearest ini file with settings of the benchmark is not the one in force.

    Those in or above the folder where pytest was called count, and those in or above the folders of the tests. A file
    that is named by ``-c`` is what the user wants; the one that it replaces is named.

    Raises
    ------
    UsageError
        If it is not, and tests of the grid are selected or an option ``--rb-…`` is given.
    """
    if not (collected.keys or _has_option(config)):
        return
    chosen = bool(config.getoption("inifilename"))
    for folder in dict.fromkeys((config.invocation_params.dir, *map(Path, collected.folders))):
        for path in _nearest_with_settings(folder):
            if not _is_in_force(path, config):
                if not chosen:
                    _refuse(path, config)
                _say(f"settings of the benchmark come from {config.inipath} (-c), not from {path}", config)
            elif unread := [key for key in _settings(path) if _is_unread(key, path, config)]:
                raise pytest.UsageError(
                    f"{path}: pytest reads no {', '.join(unread)} there; move it to pytest's section"
                )
    ours = str(config.inipath or "")
    if ours != collected.ini and any(_settings(Path(path)) for path in (ours, collected.ini) if path):
        raise pytest.UsageError(
            f"pytest has read {ours or 'no ini file'}, and its workers {collected.ini or 'none'}; {_REMEDY}"
        )


def _refuse(path: Path, config: pytest.Config) -> NoReturn:
    raise pytest.UsageError(
        f"{path}: has settings of the benchmark, but pytest has read {config.inipath or 'no ini file'}, so they would "
        f"be ignored; {_REMEDY}"
    )


def _say(line: str, config: pytest.Config) -> None:
    reporter: Any = config.pluginmanager.getplugin("terminalreporter")
    if reporter:
        reporter.write_line(line)


def _has_option(config: pytest.Config) -> bool:
    return any(name.startswith("rb_") and value is not None for name, value in vars(config.option).items())


def _is_in_force(path: Path, config: pytest.Config) -> bool:
    return config.inipath is not None and path.samefile(config.inipath)


def _is_unread(key: str, path: Path, config: pytest.Config) -> bool:
    if key == "addopts":
        return bool(_lost_options(path, config)) and "addopts" not in overridden_keys(config)
    try:
        return key.startswith("rb_") and config.getini(key) is None
    except ValueError:  # no key of ours: pytest warns of it
        return False


def replaced_options(config: pytest.Config) -> list[str]:
    """Options ``--rb-…`` of the ini file in force that ``-o addopts=…`` has replaced."""
    return _lost_options(config.inipath, config) if config.inipath and "addopts" in overridden_keys(config) else []


def overridden_keys(config: pytest.Config) -> list[str]:
    """Ini keys that ``-o KEY=VALUE`` sets."""
    return [text.partition("=")[0].strip() for text in config.getoption("override_ini") or ()]


def _lost_options(path: Path, config: pytest.Config) -> list[str]:
    """Options ``--rb-…`` in the ``addopts`` of a file that pytest has not taken."""
    given = [table["addopts"] for table in _tables_of(path) if "addopts" in table]
    words = [word for text in given for word in (shlex.split(text) if isinstance(text, str) else map(str, text))]
    taken = config.getini("addopts")
    return [word for word in words if word.startswith("--rb-") and word not in taken]


def _nearest_with_settings(folder: Path) -> list[Path]:
    """Every ini file with settings in the nearest folder that has one."""
    for parent in (folder, *folder.parents):
        if found := [parent / name for name in _NAMES if _settings(parent / name)]:
            return found
    return []


def keys_of(path: Path) -> list[str]:
    """Keys ``rb_…`` of an ini file, and what was meant as one."""
    return [key for key in _settings(path) if is_meant_as_ours(key)]


def is_meant_as_ours(key: str) -> bool:
    """Whether a key is one of ours, if misspelt: pytest ignores ``rb-baseline`` and ``RB_BASELINE``."""
    return key.lstrip("-").replace("-", "_").lower().startswith("rb_")


def _settings(path: Path) -> list[str]:
    """Keys ``rb_…`` of a file, and ``addopts`` with options ``--rb-…``, in any section that some pytest reads."""
    return [
        key
        for table in _tables_of(path)
        for key, value in table.items()
        if is_meant_as_ours(key) or (key == "addopts" and "--rb-" in str(value))
    ]


def _tables_of(path: Path) -> list[Mapping[str, Any]]:
    """Sections of a file that some pytest reads; none where it is missing, damaged, or not for us to read."""
    try:
        return [table for table in _tables(path) if isinstance(table, Mapping)]
    except (ResultsError, ValueError, AttributeError, RecursionError, Error):
        return []


def _tables(path: Path) -> list[Mapping[str, Any]]:
    text = read_text(path, _MAX_BYTES, ResultsError)
    if path.suffix == ".toml":
        content = tomllib.loads(text)
        table = (content.get("tool", {}) if path.name == "pyproject.toml" else content).get("pytest", {})
        return [table, table.get("ini_options", {})]
    parser = ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys as they are written, as pytest reads them
    parser.read_string(text)
    return [parser[name] for name in _SECTIONS if parser.has_section(name)]
