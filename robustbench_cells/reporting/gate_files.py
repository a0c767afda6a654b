"""``gate.md``, ``gate.json`` and the summary of a GitHub job."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from robustbench_cells.files.atomic import write_text
from robustbench_cells.gate.comparison import Gate
from robustbench_cells.reporting.gate_text import (
    GATE_FILE,
    gate_markdown,
    no_verdict_markdown,
    save_gate,
    summarise_gate,
)

_FILE = "gate.md"


_SUMMARY = "GITHUB_STEP_SUMMARY"  # names the file that GitHub shows beside a job


_LIMIT = 2**20  # bytes of it, by GitHub's documentation


def publish(verdict: Gate | str, folder: Path) -> Path:
    """Write ``gate.md`` and ``gate.json`` into a folder, and append it to the summary of a GitHub job.

    Parameters
    ----------
    verdict
        A comparison, or why there is none.
    folder
        Of the reports.
    """

    def text(most_bytes: int) -> str:
        return no_verdict_markdown(verdict) if isinstance(verdict, str) else gate_markdown(verdict, most_bytes)

    path = folder / _FILE
    write_text(path, text(_LIMIT))
    save_gate(summarise_gate(verdict), folder)
    if summary := os.environ.get(_SUMMARY):
        try:
            _append(Path(summary), text)
        except OSError as error:  # the verdict stands
            print(f"warning: {_SUMMARY} names {summary}, which cannot be written to ({error})", file=sys.stderr)
    return path


def _append(summary: Path, text: Callable[[int], str]) -> None:
    room = _LIMIT - (summary.stat().st_size if summary.exists() else 0)
    more = text(room - 1) + "\n"
    if len(more.encode()) <= room:  # GitHub shows none of a file that is too long
        with summary.open("a", encoding="utf-8") as file:
            file.write(more)


def withdraw(folder: Path) -> None:
    """Remove a verdict that other results were given."""
    for name in (_FILE, GATE_FILE):
        (folder / name).unlink(missing_ok=True)
