"""What must hold of the scores of instances, whatever the cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from robustbench_cells.instances.matching import THRESHOLDS
from robustbench_cells.metrics import METRICS, Comparison, metrics_of
from tests.support.random_cells import SIDE, draw_cells, random_pairs, renumber

SCORES = [metric.name for metric in metrics_of(["ap50"]) if metric.group]
BEST = {"ap50": 1, "ap75": 1, "ap": 1, "f1_50": 1, "pq": 1, "sq": 1, "rq": 1, "seg": 1, "boundary_f1": 1, "hd95": 0}
SWAPPED = {"missed": "invented", "merged": "split", "ap": "ap", "f1_50": "f1_50", "pq": "pq", "hd95": "hd95"}
seeds = st.integers(0, 10_000)


def scores(truth: np.ndarray, prediction: np.ndarray) -> dict[str, float]:
    comparison = Comparison((prediction > 0)[None], (truth > 0)[None], None, prediction[None], truth[None])
    return {name: float(METRICS.get(name).score(comparison)[0]) for name in SCORES}


def pair(seed: int) -> tuple[np.ndarray, np.ndarray]:
    ((truth, prediction),) = random_pairs(1, seed)
    return truth, prediction


@given(seeds, seeds)
def test_permuting_ids_changes_nothing(seed: int, other: int) -> None:
    rng = np.random.default_rng(other)
    truth, prediction = pair(seed)
    found = scores(renumber(rng, truth), renumber(rng, prediction))
    assert found == pytest.approx(scores(truth, prediction), nan_ok=True, abs=1e-12)


@given(seeds)
def test_swapping_truth_and_prediction_swaps_what_was_missed_and_invented_merged_and_split(seed: int) -> None:
    truth, prediction = pair(seed)
    one, other = scores(truth, prediction), scores(prediction, truth)
    for name, swapped in SWAPPED.items():
        assert one[name] == pytest.approx(other[swapped], nan_ok=True), name
        assert one[swapped] == pytest.approx(other[name], nan_ok=True), name


@given(seeds)
def test_a_perfect_prediction_is_best(seed: int) -> None:
    truth, _ = pair(seed)
    assume(truth.any())
    found = scores(truth, truth)
    assert {name: found[name] for name in BEST} == BEST
    assert not any(found[name] for name in ("merged", "split", "missed", "invented", "count_error"))


@given(seeds)
def test_matches_fall_with_the_threshold(seed: int) -> None:
    found = scores(*pair(seed))
    matched = [found[f"matched_{threshold * 100:.0f}"] for threshold in THRESHOLDS]
    assert matched == sorted(matched, reverse=True)
    assert np.isnan(found["ap"]) or found["ap75"] <= found["ap50"]
    assert np.isnan(found["ap"]) or found["ap"] <= found["ap50"] + 1e-12


@given(seeds, st.data())
def test_merging_two_cells_never_raises_ap50_and_loses_one_cell(seed: int, data: st.DataObject) -> None:
    """Of a prediction that is right; and of any, two predicted cells that each hold one, and share no third."""
    rng = np.random.default_rng(seed)
    truth = draw_cells(rng, 12)
    ids = np.unique(truth)[1:].tolist()
    assume(len(ids) > 2)
    prediction = truth
    for lost in (1, 2):
        before = scores(truth, prediction)
        one, other = data.draw(st.permutations(np.unique(prediction)[1:].tolist()))[:2]
        prediction = np.where(prediction == other, one, prediction)
        after = scores(truth, prediction)
        assert after["merged"] == lost
        assert after["ap50"] <= before["ap50"]
        assert after["missed"] == after["invented"] == after["split"] == 0


@given(seeds, st.data())
def test_merging_any_two_predicted_cells_never_raises_ap50_by_more_than_a_whole_cell(
    seed: int, data: st.DataObject
) -> None:
    """Two halves of a split cell are better merged: nothing else is."""
    truth, prediction = pair(seed)
    ids = np.unique(prediction)[1:].tolist()
    assume(len(ids) > 1)
    one, other = data.draw(st.permutations(ids))[:2]
    before, after = scores(truth, prediction), scores(truth, np.where(prediction == other, one, prediction))
    assert after["matched_50"] <= before["matched_50"] + 1
    assert after["merged"] >= before["merged"]


def test_an_empty_prediction_of_some_truth_scores_0_and_empty_against_empty_is_undefined() -> None:
    truth, nothing = draw_cells(np.random.default_rng(0), 5), np.zeros((SIDE, SIDE), np.int32)
    found = scores(truth, nothing)
    assert [found[name] for name in ("ap50", "ap75", "ap", "f1_50", "pq", "rq", "seg", "boundary_f1")] == [0] * 8
    assert found["missed"] == found["instances_true"] == found["count_difference"] == len(np.unique(truth)) - 1
    assert np.isnan([found["sq"], found["hd95"]]).all()
    empty = scores(nothing, nothing)
    assert np.isnan([empty[name] for name in (*BEST, "count_error")]).all()
    assert not any(empty[name] for name in ("merged", "split", "missed", "invented"))
