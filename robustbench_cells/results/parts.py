"""Where the results of a run go: a part never replaces a whole."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.errors import ResultsError
from robustbench_cells.files.atomic import PREVIOUS
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.storage import RUN_FILE, load_manifest
from robustbench_cells.types import CLEAN, condition_name

_PART = "part"
_SAME = ("profile", "seed", "most_patches", "margin", "white_level", "channel", "split")


def folder_of_results(run: RunManifest, folder: Path) -> Path:
    """The folder itself, or ``part`` in it where it holds a whole run of which this one would leave less.

    Parameters
    ----------
    run
        Manifest of the run.
    folder
        Folder of the reports that was asked for.
    """
    if not (folder / RUN_FILE).is_file():
        return folder
    try:
        stored = load_manifest(folder)
    except ResultsError:  # damaged, or of another version: it is kept in `previous`
        return folder
    return folder / _PART if _is_whole(stored) and (not _is_whole(run) or _is_less(run, stored)) else folder


def written_folders(folder: Path) -> list[Path]:
    """Every folder of results that a run with this folder of reports may replace, be it whole or end early."""
    return [one / of for one in (folder, folder / _PART) for of in ("", PREVIOUS)]


def _is_whole(run: RunManifest) -> bool:
    return run.tests.ran >= run.tests.grid


def _is_less(run: RunManifest, stored: RunManifest) -> bool:
    """Whether a run repeats a stored one with fewer models, conditions or frames, and adds nothing."""
    if run.dataset.key != stored.dataset.key or any(
        getattr(run.settings, name) != getattr(stored.settings, name) for name in _SAME
    ):
        return False
    pairs = [
        (run.segmenters.items(), stored.segmenters.items()),
        (_conditions(run), _conditions(stored)),
        (set(run.dataset.frames), set(stored.dataset.frames)),
    ]
    return all(ours <= theirs for ours, theirs in pairs) and any(ours < theirs for ours, theirs in pairs)


def _conditions(run: RunManifest) -> set[str]:
    return {CLEAN, *(condition_name(name, level) for name, levels in run.settings.grids.items() for level in levels)}
