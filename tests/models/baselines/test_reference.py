"""The classical baselines compared with the authors' results, on the 60 shared test frames × 6 patches."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.batches import iter_patches, make_batches
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.evaluate import evaluate_batches
from robustbench_cells.metrics import METRICS
from robustbench_cells.models.baselines import BASELINES

ACCURACY, JACCARD, CELLS = 0.01, 0.03, 0.08  # tolerances


@pytest.fixture(scope="module")
def frames(real_frames: Path) -> Selection:
    return open_dataset(str(real_frames), "test")


def scores(frames: Selection, segmenter: str, condition: Condition) -> Mapping[str, float]:
    batches = make_batches(iter_patches(frames, condition, 0, 6), condition, 0)
    return evaluate_batches(batches, condition, [BASELINES.get(segmenter)], METRICS)[segmenter].scores()


def test_ground_truth_has_the_published_counts(frames: Selection) -> None:
    found = scores(frames, "background", Condition())
    assert len(frames.frames) == 60
    assert found["cells_true"] == pytest.approx(9988, rel=CELLS)
    assert found["accuracy"] == pytest.approx(0.9380, abs=ACCURACY)


@pytest.mark.parametrize(
    ("segmenter", "artefact", "intensity", "accuracy", "jaccard", "cells", "count"),  # fewer where it varies little
    [
        ("dog_otsu", "illumination", 0, 0.9731, 0.5987, 10574, 60),
        ("dog_otsu", "illumination", 1000, 0.9677, 0.5728, 10559, 60),
        ("dog_otsu", "illumination", 2000, 0.9053, 0.3372, 9892, 60),
        ("dog_otsu", "illumination", 3000, 0.8815, 0.2847, 9468, 60),
        ("dog_otsu", "illumination", 4000, 0.8409, 0.2485, 8851, 60),
        ("nlm_otsu", "noise", 0, 0.9699, 0.5368, 10791, 10),
        ("nlm_otsu", "noise", 50, 0.8641, 0.3974, 57770, 60),
        ("nlm_otsu", "noise", 100, 0.6163, 0.1240, 521475, 20),
        ("nlm_otsu", "noise", 150, 0.5714, 0.1067, 495857, 10),
        ("nlm_otsu", "noise", 200, 0.5505, 0.0976, 459538, 10),
    ],
)
def test_baselines_match_the_authors(
    frames: Selection,
    real_frames: Path,
    segmenter: str,
    artefact: str,
    intensity: float,
    accuracy: float,
    jaccard: float,
    cells: int,
    count: int,
) -> None:
    these = frames if count == 60 else open_dataset(str(real_frames), "test", frames=count)
    found = scores(these, segmenter, Condition(ARTEFACTS.get(artefact), intensity))
    assert found["accuracy"] == pytest.approx(accuracy, abs=ACCURACY)
    assert found["jaccard"] == pytest.approx(jaccard, abs=JACCARD)
    assert found["cells_predicted"] == pytest.approx(cells * count / 60, rel=CELLS)
