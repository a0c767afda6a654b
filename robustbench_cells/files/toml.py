"""TOML files of limited size and depth of keys."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from robustbench_cells.errors import RobustbenchError
from robustbench_cells.files.reading import read_text

_MAX_DOTS = 100  # in a line: tomllib takes time by the square of the parts of a key
_TEXT = re.compile(r"""[\w-]+ = ("([^"\\]|\\.)*"|'[^']*')\s*""")  # a line whose dots are all in a text
_LONG_TEXT = re.compile("\"{3}|'{3}")  # begins or ends a text of several lines


def read_toml(path: Path, max_bytes: int, error: type[RobustbenchError]) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path, max_bytes, error
        See `robustbench_cells.files.reading.require_file`.

    Raises
    ------
    RobustbenchError
        Of the given type, if it is no regular file, is too large, or may have a key of more parts than tomllib can take
        in a reasonable time.
    ValueError, RecursionError
        If it is not TOML; ValueError includes integers of thousands of digits.
    """
    text = read_text(path, max_bytes, error)
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MAX_DOTS and (_LONG_TEXT.search(line) or not _TEXT.fullmatch(line)):
            raise error(
                f"{path}: line {number} has more than {_MAX_DOTS} dots, and may be a key of so many parts; break it"
            )
    return tomllib.loads(text)
