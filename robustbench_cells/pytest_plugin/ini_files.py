"""Refuses a run whose settings pytest has not read: it looks for its ini file from the paths on its command line.

An option's value after a space, as in ``--rb-reports /an/existing/folder``, is such a path to it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from configparser import ConfigParser, Error
from pathlib import Path
from typing import Any

import pytest

from robustbench_cells.pytest_plugin.collected import Collected

_NAMES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_SECTIONS = ("pytest", "tool:pytest")


def require_ini_in_force(config: pytest.Config, collected: Collected) -> None:
    """Refuse to run where the nearest ini file with settings of the benchmark is not the one in force.

    Those in or above the folder where pytest was called count, and those in or above the folders of the tests.

    Raises
    ------
    UsageError
        If it is not, and tests of the grid are selected or an option ``--rb-…`` is given.
    """
    if config.getoption("inifilename") or not (collected.keys or _has_option(config)):
        return
    for folder in (config.invocation_params.dir, *map(Path, collected.folders)):
        for path in _nearest_with_settings(folder):
            if config.inipath is None or not path.samefile(config.inipath):
                raise pytest.UsageError(_message(path, config))
    if config.inipath and collected.ini and not config.inipath.samefile(collected.ini):
        raise pytest.UsageError(_message(Path(collected.ini), config))


def _message(path: Path, config: pytest.Config) -> str:
    return (
        f"{path}: has settings of the benchmark, but pytest has read {config.inipath or 'no ini file'}, so they would "
        "be ignored; pytest looks for the file from the paths on its command line, and takes the value of an "
        "option after a space for one: write --option=value, or name the file by -c"
    )


def _has_option(config: pytest.Config) -> bool:
    return any(name.startswith("rb_") and value is not None for name, value in vars(config.option).items())


def _nearest_with_settings(folder: Path) -> list[Path]:
    """Every ini file with settings in the nearest folder that has one."""
    for parent in (folder, *folder.parents):
        if found := [parent / name for name in _NAMES if _has_settings(parent / name)]:
            return found
    return []


def _has_settings(path: Path) -> bool:
    """Whether a file has keys ``rb_…``, or options ``--rb-…`` in ``addopts``, where pytest would read them."""
    try:
        tables = _tables(path)
    except (OSError, ValueError, Error):  # damaged, or not for us to read
        return False
    return any(
        key.startswith("rb_") or (key == "addopts" and "--rb-" in str(table[key])) for table in tables for key in table
    )


def _tables(path: Path) -> Iterable[Mapping[str, Any]]:
    if path.suffix == ".toml":
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        if path.name == "pyproject.toml":
            content = content.get("tool", {})
        table = content.get("pytest", {})
        return [table, table.get("ini_options", {})]
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(path.read_text(encoding="utf-8"))
    return [parser[name] for name in _SECTIONS if parser.has_section(name)]
