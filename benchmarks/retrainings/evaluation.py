"""A network over the grid, by the library's own engine: a stored run of each network and data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from robustbench_cells.api.request import default_block
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.evaluate import GridCell
from robustbench_cells.engine.grid import make_conditions, resolve_grid
from robustbench_cells.engine.run import BenchmarkRun
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.callables import renamed
from robustbench_cells.models.loading import open_segmenter
from robustbench_cells.results.manifest import RunSettings
from robustbench_cells.results.record_cache import RecordCache
from robustbench_cells.results.storage import save
from robustbench_cells.types import REFERENCE, Segmenter

MODEL = "cells"  # name of every network in its run: the gate compares runs of one name
GRID: Mapping[str, Sequence[float] | None] = {
    "cell_size": (0.5, 0.7, 1, 2),
    "illumination": (0, 500, 1000, 2000, 4000),
    "noise": (0, 50, 100, 200),
}
COMMAND = "python -m benchmarks.retrainings run"


@dataclass(frozen=True)
class Frames:
    """Frames to measure on.

    Attributes
    ----------
    name
        Name of their folder and of their rows in tables.
    selection
        The frames.
    patches
        Number of patches per frame.
    """

    name: str
    selection: Selection
    patches: int


def open_frames(dataset: str, frames: int | None = None) -> Sequence[Frames]:
    """Open the test frames of a data set, and the embedded ones; at most so many of each."""
    return [
        Frames("real", open_dataset(dataset, "test", frames=frames), patches=2),
        Frames("synthetic", open_dataset("synthetic", "test", frames=frames), patches=4),
    ]


def evaluate(model: Path, frames: Frames, cache: Path, out: Path, grid: Mapping[str, Sequence[float] | None]) -> None:
    """Run a model over a grid and store the run in the folder ``out``; a killed evaluation resumes from the cache."""
    segmenters: dict[str, Segmenter] = {
        REFERENCE: BASELINES.get(REFERENCE),
        MODEL: renamed(open_segmenter(str(model)), MODEL),
    }
    levels = resolve_grid("default", grid)
    conditions = make_conditions("default", levels)
    selection = frames.selection
    settings = RunSettings(
        profile="default",
        seed=0,
        most_patches=frames.patches,
        block=default_block(selection),
        dataset=selection.title,
        frames=len(selection.frames),
        models=tuple(segmenters),
        grids=levels,
    )
    run = BenchmarkRun(
        selection=selection,
        segmenters=segmenters,
        grid=conditions,
        wanted={condition.name: list(segmenters) for condition in conditions},
        settings=settings,
        grid_size=len(conditions) * len(segmenters),
        cache=RecordCache(cache),
    )
    try:
        run.load_models()
        cells = []
        for condition in conditions:
            for name in segmenters:
                outcome = run.outcome(condition.name, name)
                if outcome.error:
                    raise outcome.error
                cells.append(GridCell(name, condition.name, outcome.valid, outcome.failure))
        results = run.results(cells, run.timing, COMMAND)
    finally:
        run.close()
    assert results is not None  # no condition failed
    out.mkdir(parents=True, exist_ok=True)
    save(results, out)
