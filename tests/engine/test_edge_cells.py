"""True cells that a patch cuts: whichever part is seen counts, or those alone whose larger part is inside."""

from __future__ import annotations

import numpy as np
import pytest

import robustbench_cells as rb
from robustbench_cells.engine.batches import iter_patches, make_batches
from robustbench_cells.engine.evaluate import evaluate_batches
from robustbench_cells.errors import RobustbenchError
from robustbench_cells.metrics import metrics_of
from robustbench_cells.types import EdgeCells, Patch

SIDE = 256


class Truth:
    """The true cells of the patches that it was made of."""

    name, digest, instances = "truth", "1", "labels"

    def __init__(self, views: list[Patch], also: slice = slice(0, 0)) -> None:
        self.labels = {view.image.tobytes(): view.labels.copy() for view in views}
        for labels in self.labels.values():
            labels[100:104, also] = 99  # a cell that is none

    def predict(self, images: np.ndarray) -> np.ndarray:
        return np.stack([self.labels[image.tobytes()] for image in images])


def frame(cut: int) -> rb.Selection:
    """A frame one column wider than its patch; of a cell of 10 × 10 px so many columns are in the patch."""
    labels = np.zeros((1, SIDE, 2 * SIDE), np.int32)
    labels[0, 50:60, 30:40] = 1
    labels[0, 150:160, SIDE - cut : SIDE - cut + 10] = 2
    images = np.random.default_rng(0).integers(0, 255, labels.shape).astype(np.float32)
    return rb.from_arrays(images, labels)


def left_patch(data: rb.Selection) -> Patch:
    sample = data.read(data.frames[0])
    return Patch(sample.dataset, sample.frame, 0, sample.image[:, :SIDE], sample.labels[:, :SIDE], sample.labels)


def scores(data: rb.Selection, rule: EdgeCells, also: slice = slice(0, 0)) -> dict[str, float]:
    views = [left_patch(data)]
    batches = make_batches(views, rb.Condition(), 0)
    metrics = metrics_of(["ap50"])
    return evaluate_batches(batches, rb.Condition(), [Truth(views, also)], metrics, edge_cells=rule)["truth"].scores()


@pytest.mark.parametrize(("cut", "counted"), [(1, 1), (5, 1), (6, 2), (9, 2)])
def test_a_cell_counts_where_its_larger_part_is(cut: int, counted: int) -> None:
    data = frame(cut)
    found = {rule: scores(data, rule) for rule in ("keep", "drop")}  # type: ignore[arg-type]
    assert found["keep"]["instances_true"] == found["keep"]["instances_predicted"] == 2
    assert found["drop"]["instances_true"] == found["drop"]["instances_predicted"] == counted
    assert found["drop"]["ap50"] == found["drop"]["boundary_f1"] == 1
    assert not any(found["drop"][name] for name in ("missed", "invented", "merged", "split", "hd95"))


def test_scores_of_pixels_are_the_same() -> None:
    one, other = (scores(frame(3), rule) for rule in ("keep", "drop"))  # type: ignore[arg-type]
    for name in ("jaccard", "accuracy", "precision", "recall", "cells_true", "cells_predicted"):
        assert one[name] == other[name]


def test_an_invented_cell_at_the_edge_is_still_invented() -> None:
    found = scores(frame(3), "drop", also=slice(SIDE - 4, SIDE))
    assert found["invented"] == 1
    assert found["instances_predicted"] == 2


def test_patches_of_a_frame_know_its_labels() -> None:
    data = rb.open_dataset("synthetic_touching", frames=1)
    for view in iter_patches(data, rb.Condition(), 0, 2):
        assert view.frame_labels is not None
        assert view.frame_labels.shape == data.read(data.frames[0]).labels.shape


def test_a_word_that_is_no_rule_is_refused() -> None:
    from pathlib import Path

    from robustbench_cells.api.request import Request, open_request
    from robustbench_cells.errors import DataError

    with pytest.raises(DataError, match="edge cells 'loose': keep or drop is needed"):
        open_request(Request(edge_cells="loose"), {}, Path("none.sqlite"))  # type: ignore[arg-type]


def test_a_rule_that_changes_none_of_the_scores_is_refused() -> None:
    data = rb.open_dataset("synthetic_touching", frames=1)
    runs = {
        rule: rb.benchmark("dog_otsu", data, {"blur": [2]}, metrics=["ap50"], edge_cells=rule, progress=False)
        for rule in ("keep", "drop")
    }
    cells = {rule: run.results.records["instances_true"].sum() for rule, run in runs.items()}
    assert cells["drop"] < cells["keep"]
    assert runs["drop"].results.run.settings.edge_cells == "drop"
    with pytest.raises(RobustbenchError, match="edge cells 'drop': changes the scores of cells alone, and none is"):
        rb.benchmark("dog_otsu", data, {"blur": [2]}, edge_cells="drop", progress=False)


def test_a_predicted_cell_goes_with_the_true_cell_that_it_lies_on() -> None:
    """However wide it is: what reaches beyond a cell that is left out was not invented."""
    data = frame(3)
    views = [left_patch(data)]
    model = Truth(views)
    (labels,) = model.labels.values()
    labels[140:170, SIDE - 40 :] = 2
    metrics = metrics_of(["ap50"])
    outcomes = evaluate_batches(
        make_batches(views, rb.Condition(), 0), rb.Condition(), [model], metrics, edge_cells="drop"
    )
    found = outcomes["truth"].scores()
    assert found["instances_true"] == found["instances_predicted"] == 1
    assert found["invented"] == 0
    assert found["ap50"] == 1
