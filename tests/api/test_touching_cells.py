"""A model that merges every pair of touching cells: no score of pixels sees it, the scores of cells do."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import robustbench_cells as rb
from robustbench_cells.api.result import BenchmarkResult
from robustbench_cells.errors import UnknownNameError

FRAMES = 6


@cache
def cells_of_patches() -> dict[bytes, np.ndarray]:
    """Labels of each clean patch of the synthetic set, by its pixels."""
    views = rb.iter_patches(rb.open_dataset("synthetic_touching", frames=FRAMES), rb.Condition(), 0, 6)
    return {view.image.tobytes(): view.labels for view in views}


class Right:
    """The true cells of clean patches, as labels, and none elsewhere."""

    digest = "right"

    def predict(self, images: np.ndarray) -> np.ndarray:
        nothing = np.zeros(images.shape[1:], np.int32)
        return np.stack([cells_of_patches().get(image.tobytes(), nothing) for image in images])


class Merging(Right):
    """The true foreground, whose cells are its components."""

    digest = "merging"

    def predict(self, images: np.ndarray) -> np.ndarray:
        return super().predict(images) > 0


@cache
def run(model: type[Right]) -> BenchmarkResult:
    data = rb.open_dataset("synthetic_touching", frames=FRAMES)
    return rb.benchmark({"mine": model()}, data, {"pedestal": [40]}, metrics=["ap50"], progress=False)


def clean(model: type[Right]) -> dict[str, float]:
    table = run(model).results.summary
    return dict(table[(table["segmenter"] == "mine") & (table["artefact"] == "clean")].iloc[0])


def test_merging_touching_cells_costs_nothing_in_pixels_and_a_stated_amount_in_cells() -> None:
    """Each component of n cells has lost n - 1; of two cells at most one still matches."""
    truth, merged = clean(Right), clean(Merging)
    assert truth["jaccard"] == merged["jaccard"] == 1
    assert truth["ap50"] == truth["pq"] == truth["seg"] == 1
    assert truth["merged"] == truth["missed"] == truth["invented"] == truth["split"] == 0
    assert merged["merged"] == merged["instances_true"] - merged["instances_predicted"] > 0
    assert merged["missed"] == merged["invented"] == merged["split"] == 0
    share = merged["merged"] / merged["instances_true"]
    assert 1 - 2 * share < merged["ap50"] < 1 - share
    assert merged["ap50"] == pytest.approx(0.76, abs=0.005)  # as docs/instances.md says


def test_the_gate_on_ap50_catches_it_and_the_gate_on_jaccard_does_not() -> None:
    before, after = run(Right), run(Merging)
    assert after.gate(before, {"jaccard": 0.01}).status == "pass"
    assert after.gate(before).status == "pass"
    assert after.gate(before, {"ap50": 0.02}).status == "fail"
    assert after.gate(before, {"merged": 0.01}).status == "fail"


def test_a_curve_of_a_count_has_no_interval() -> None:
    curve = run(Merging).curve("pedestal", "merged")
    assert set(curve["metric"]) == {"merged"}
    assert curve["low"].isna().all()


def test_an_unknown_metric_is_refused_before_anything_runs() -> None:
    with pytest.raises(UnknownNameError, match=r"no metric is called 'ap5' \(did you mean ap"):
        rb.benchmark({"mine": Right()}, rb.open_dataset("synthetic", frames=1), metrics=["ap5"], progress=False)


def test_a_model_that_gives_labels_is_scored_by_its_cells_unasked() -> None:
    data = rb.open_dataset("synthetic_touching", frames=1)
    for model, is_scored in ((Right(), True), (Merging(), False)):
        result = rb.benchmark({"mine": model}, data, {"pedestal": [40]}, progress=False)
        assert ("ap50" in result.results.run.metrics) == is_scored
