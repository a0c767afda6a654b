"""The scores of instances, compared with those of other libraries on 600 random pairs (`record_references`)."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.instances.matching import THRESHOLDS
from robustbench_cells.metrics import METRICS, Comparison
from tests.support.random_cells import digest, random_pairs


@cache
def recorded() -> dict[str, np.ndarray]:
    with Path(__file__).with_name("references.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@cache
def comparison() -> Comparison:
    truth, prediction = map(np.stack, zip(*random_pairs(len(recorded()["pair"])), strict=True))
    return Comparison(prediction > 0, truth > 0, None, prediction, truth)


def score(name: str) -> np.ndarray:
    return METRICS.get(name).score(comparison())


def test_the_pairs_are_those_that_were_recorded_and_have_every_fault() -> None:
    pairs = random_pairs(len(recorded()["pair"]))
    assert [digest(*pair) for pair in pairs] == recorded()["pair"].tolist()
    assert len(recorded()["pair"]) >= 500
    for fault in ("merged", "split", "missed", "invented"):
        assert (score(fault) > 0).sum() > 50, fault
    true, predicted = score("instances_true"), score("instances_predicted")
    for empty in ((true == 0) & (predicted == 0), (true > 0) & (predicted == 0), (true == 0) & (predicted > 0)):
        assert empty.any()


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("instances_true", "true"),
        ("instances_predicted", "predicted"),
        ("ap50", "stardist_50"),
        ("ap75", "stardist_75"),
        ("f1_50", "stardist_f1"),
        ("rq", "stardist_f1"),
        ("matched_iou", "stardist_iou"),
        *((f"matched_{threshold * 100:.0f}", f"cellpose_{threshold * 100:.0f}") for threshold in THRESHOLDS),
        ("seg", "ctc_seg"),
        ("boundary_f1", "surface_dice"),
        ("hd95", "hd95"),
    ],
)
def test_scores_are_those_of_other_libraries(name: str, column: str) -> None:
    """But for StarDist's zero where both sides are empty, which is undefined here."""
    expected = recorded()[column].copy()
    if column.startswith("stardist") and name != "matched_iou":
        expected[(score("instances_true") == 0) & (score("instances_predicted") == 0)] = np.nan
    np.testing.assert_allclose(score(name), expected, rtol=0, atol=1e-9)


def test_the_mean_precision_is_that_of_cellpose() -> None:
    sides = score("instances_true") + score("instances_predicted")
    matched = np.stack([recorded()[f"cellpose_{threshold * 100:.0f}"] for threshold in THRESHOLDS])
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(score("ap"), (matched / (sides - matched)).mean(axis=0), rtol=0, atol=1e-9)


def test_panoptic_quality_is_that_of_stardist() -> None:
    """Exactly by the pairs that it reports; its own number is a float32."""
    sides = score("instances_true") + score("instances_predicted")
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(score("pq"), 2 * recorded()["stardist_iou"] / sides, rtol=0, atol=1e-9)
    np.testing.assert_allclose(np.nan_to_num(score("pq")), recorded()["stardist_pq"], rtol=0, atol=1e-6)
