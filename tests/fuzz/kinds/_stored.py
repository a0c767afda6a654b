"""Stored results of a small run, and the checksum that links their two files."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from robustbench_cells.results.storage import RECORDS_FILE, RUN_FILE, save
from robustbench_cells.results.tables import Results
from tests.fuzz.kind import Files
from tests.support.report_results import make_results


@cache
def small_run() -> Results:
    """Create results of two models on two frames."""
    return make_results({"one": 0.9, "two": 0.8, "background": 0.5}, frames=2, patches=1)


def write_run(folder: Path) -> None:
    """Save these results, as a run does."""
    folder.mkdir(parents=True)
    save(small_run(), folder)


def bind(files: Files) -> None:
    """Correct the checksum of the records in the manifest."""
    try:
        facts = json.loads(files[RUN_FILE])
        facts["records_sha256"] = hashlib.sha256(files[RECORDS_FILE]).hexdigest()
        files[RUN_FILE] = json.dumps(facts).encode()
    except (KeyError, ValueError, TypeError, RecursionError):
        return
