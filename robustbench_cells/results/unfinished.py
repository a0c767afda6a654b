"""A mark in a folder of results: a run has begun there and has not stored its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from robustbench_cells.files.atomic import write_text
from robustbench_cells.printable import printable
from robustbench_cells.results.manifest import RunManifest

UNFINISHED_FILE = "unfinished.txt"


def mark_unfinished(folder: Path, command: str) -> None:
    """Leave the mark, until `clear_unfinished`: what is in the folder is older than this run."""
    write_text(
        folder / UNFINISHED_FILE,
        f"{printable(command)}\nstarted here and has stored no results: those in this folder are older. Run it again; "
        "or delete this file to use the older results.\n",
    )


def clear_unfinished(folder: Path) -> None:
    """Remove the mark, once results are stored."""
    (folder / UNFINISHED_FILE).unlink(missing_ok=True)


def note_unfinished(run: RunManifest, folder: Path) -> RunManifest:
    """The manifest, which a mark beside it makes incomplete."""
    mark = folder / UNFINISHED_FILE
    if not mark.exists():
        return run
    reason = f"a later run in this folder stored no results; delete {mark} to use these older ones"
    return replace(run, incomplete=(*run.incomplete, reason))
