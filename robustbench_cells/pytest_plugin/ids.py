"""Test ids of the grid, and back from an id to its condition and segmenter."""

from __future__ import annotations

import re
from collections.abc import Iterable

GridKey = tuple[str, str]  # names of a condition and of a segmenter

LIKE_A_GRID_ID = re.compile(r"\[.*-(clean|\w+--?\d).*\]$|\[NOTSET\]$")  # a test's id in the grid, or in an empty one


def make_id(key: GridKey) -> str:
    """The id of a test, such as ``unet_original-noise-50``."""
    condition, segmenter = key
    return f"{segmenter}-{condition}"


def find_key(test: str, keys: Iterable[GridKey]) -> GridKey | None:
    """The cell of the grid that a test's id names; other parameters may stand before it and after it."""
    parameters = _to_ascii(f"-{test.partition('[')[2].removesuffix(']')}-")
    fitting = (key for key in keys if _to_ascii(f"-{make_id(key)}-") in parameters)
    return max(fitting, key=lambda key: len(make_id(key)), default=None)


def _to_ascii(text: str) -> str:
    """The text as pytest writes ids, unless its option says otherwise."""
    return text.encode("ascii", "backslashreplace").decode()
