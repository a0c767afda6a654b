"""CSV tables."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import pandas as pd

from robustbench_cells.errors import ResultsError
from robustbench_cells.files.reading import require_file

_READS_EXACTLY = tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1)  # and it warns of being asked to
_MAX_BYTES = 2**30  # of a table on disk
_EXACT: dict[str, Any] = {} if _READS_EXACTLY else {"float_precision": "round_trip"}


def read_csv(source: Path | IO[Any], **options: Any) -> pd.DataFrame:
    """Read a table as `pandas.read_csv` does, each float exactly as it was written, with every version of pandas.

    Raises
    ------
    ResultsError
        If it is not a regular file, or too large. pandas raises much more on a damaged one.
    """
    if isinstance(source, Path):
        require_file(source, _MAX_BYTES, ResultsError)
    return pd.read_csv(source, **_EXACT, **options)


def escape_formula(name: str) -> str:
    """Prefix a name from an untrusted file that a spreadsheet would run as a formula."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t", "\r")) else name
