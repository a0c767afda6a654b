"""Refuses a run whose settings pytest has not read: it looks for its ini file from the paths on its command line.

An option's value after a space, as in ``--rb-reports /an/existing/folder``, is such a path to it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from configparser import ConfigParser, Error
from pathlib import Path
from typing import Any, NoReturn

import pytest

from robustbench_cells.pytest_plugin.collected import Collected

_NAMES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_SECTIONS = ("pytest", "tool:pytest")
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
            elif unread := [key for key in _settings(path) if _is_unread(key, config)]:
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


def _is_unread(key: str, config: pytest.Config) -> bool:
    try:
        return key.startswith("rb_") and config.getini(key) is None
    except ValueError:  # no key of ours: pytest warns of it
        return False


def _nearest_with_settings(folder: Path) -> list[Path]:
    """Every ini file with settings in the nearest folder that has one."""
    for parent in (folder, *folder.parents):
        if found := [parent / name for name in _NAMES if _settings(parent / name)]:
            return found
    return []


def keys_of(path: Path) -> list[str]:
    """Keys ``rb_…`` of an ini file."""
    return [key for key in _settings(path) if key.startswith("rb_")]


def _settings(path: Path) -> list[str]:
    """Keys ``rb_…`` of a file, and ``addopts`` with options ``--rb-…``, in any section that some pytest reads."""
    try:
        tables = _tables(path)
    except (OSError, ValueError, AttributeError, Error):  # missing, damaged, or not for us to read
        return []
    return [
        key
        for table in tables
        for key, value in table.items()
        if key.startswith("rb_") or (key == "addopts" and "--rb-" in str(value))
    ]


def _tables(path: Path) -> list[Mapping[str, Any]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".toml":
        content = tomllib.loads(text)
        table = (content.get("tool", {}) if path.name == "pyproject.toml" else content).get("pytest", {})
        return [table, table.get("ini_options", {})]
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    return [parser[name] for name in _SECTIONS if parser.has_section(name)]
