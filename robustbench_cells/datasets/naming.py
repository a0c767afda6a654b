"""What frames and splits may be called, where the user names them."""

from __future__ import annotations

from robustbench_cells.errors import DataError

_MAX_LENGTH = 100  # characters


def only_split(where: str, split: str | None) -> str:
    """The name of the one split of frames that have none; another would be the same frames under its name.

    Raises
    ------
    DataError
        If another split is asked for.
    """
    if split not in (None, "all"):
        raise DataError(f"{where}: has no splits, so none is called {split!r}; leave the split out, or call it 'all'")
    return "all"


def check_frame_name(what: str, name: str) -> None:
    """Raise a `DataError` if tables and pages could not show the name; ``what`` is where it stands."""
    if not 0 < len(name) <= _MAX_LENGTH or not name.isprintable():
        raise DataError(f"{what}: {name[:_MAX_LENGTH]!r} is no name of a frame; give it a short one, of one line")
