"""``gate.md``, ``gate.json`` and the summary of a GitHub job."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from robustbench_cells.files.atomic import write_text
from robustbench_cells.gate.comparison import Gate
from robustbench_cells.reporting.gate_summary import GATE_FILE, save_gate
from robustbench_cells.reporting.gate_text import gate_markdown, no_verdict_markdown, summarise_gate

_FILE = "gate.md"
_SUMMARY = "GITHUB_STEP_SUMMARY"  # names the file that GitHub shows on the page of a job
_MAX_SUMMARY = 2**20  # bytes of that file, by GitHub's documentation


def publish(verdict: Gate | str, folder: Path) -> Path:
    """Write ``gate.md`` and ``gate.json``, and append the verdict to the summary of a GitHub job.

    Parameters
    ----------
    verdict
        Comparison, or why there is none.
    folder
        Folder of the reports.

    Raises
    ------
    OSError
        If one of the two cannot be written: neither is left then. A summary that cannot be written to is a warning.
    """
    path = save_verdict(verdict, folder)
    append_to_job(verdict)
    return path


def append_to_job(verdict: Gate | str) -> None:
    """Append the verdict to the summary of a GitHub job, if this is one: it cannot be taken back."""
    if summary := os.environ.get(_SUMMARY):
        try:
            _append(Path(summary), verdict)
        except OSError as error:  # the verdict stands
            print(f"warning: {summary} (from {_SUMMARY}) cannot be written to ({error})", file=sys.stderr)


def save_verdict(verdict: Gate | str, folder: Path) -> Path:
    """Write ``gate.md`` and ``gate.json`` alone; see `publish`."""
    path = folder / _FILE
    try:
        save_gate(summarise_gate(verdict), folder)
        write_text(path, _text(verdict, _MAX_SUMMARY))
    except OSError:
        withdraw(folder)
        raise
    return path


def _text(verdict: Gate | str, most_bytes: int) -> str:
    return no_verdict_markdown(verdict) if isinstance(verdict, str) else gate_markdown(verdict, most_bytes)


def _append(summary: Path, verdict: Gate | str) -> None:
    room = _MAX_SUMMARY - (summary.stat().st_size if summary.exists() else 0)
    addition = _text(verdict, room - 1) + "\n"
    if len(addition.encode()) <= room:  # GitHub shows nothing of a file that is too large
        with summary.open("a", encoding="utf-8") as file:
            file.write(addition)


def withdraw(folder: Path) -> None:
    """Remove the verdict on results that are replaced."""
    for name in (_FILE, GATE_FILE):
        (folder / name).unlink(missing_ok=True)
