"""Rules for the names of splits and frames that users choose."""

from __future__ import annotations

from robustbench_cells.errors import DataError

_MAX_LENGTH = 100  # characters


def resolve_single_split(where: str, split: str | None) -> str:
    """Name the one split, ``all``, of a data set without splits: another name would hide that its frames are the same.

    Raises
    ------
    DataError
        If another split is asked for.
    """
    if split not in (None, "all"):
        raise DataError(f"{where}: has no splits, but split {split!r} was given; omit it, or give 'all'")
    return "all"


def check_frame_name(what: str, name: str) -> None:
    """Raise a `DataError` if tables and pages cannot show the name; ``what`` is its source, for the message."""
    if not 0 < len(name) <= _MAX_LENGTH or not name.isprintable():
        raise DataError(
            f"{what}: {name[:_MAX_LENGTH]!r} is not a valid frame name; use a printable one of at most {_MAX_LENGTH} "
            "characters"
        )
