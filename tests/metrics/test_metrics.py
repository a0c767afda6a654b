"""Each metric on masks whose scores can be computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import distance
from skimage.measure import label, regionprops

from robustbench_cells.metrics import METRICS, score_patches
from robustbench_cells.metrics._base import Comparison

EMPTY = np.zeros((4, 5), bool)
TWO_CELLS = np.array([[1, 1, 0, 0, 0], [1, 1, 0, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]], bool)  # the second: diagonal
ONE_HIT = np.array([[1, 0, 0, 0, 0], [1, 0, 1, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]], bool)
NAN = float("nan")

CASES = [
    # prediction, truth, accuracy, jaccard, precision, recall, cells predicted, cells true
    (TWO_CELLS, TWO_CELLS, 1, 1, 1, 1, 2, 2),
    (ONE_HIT, TWO_CELLS, 15 / 20, 2 / 7, 2 / 3, 2 / 6, 2, 2),
    (EMPTY, TWO_CELLS, 14 / 20, 0, NAN, 0, 0, 2),
    (TWO_CELLS, EMPTY, 14 / 20, 0, 0, NAN, 2, 0),
    (EMPTY, EMPTY, 1, 1, NAN, NAN, 0, 0),
    (~EMPTY, EMPTY, 0, 0, 0, NAN, 1, 0),
]
NAMES = ("accuracy", "jaccard", "precision", "recall", "cells_predicted", "cells_true")


@pytest.mark.parametrize("case", CASES)
def test_scores_match_those_computed_by_hand(case: tuple) -> None:
    prediction, truth, *expected = case
    comparison = Comparison(prediction[None], truth[None])
    for name, value in zip(NAMES, expected, strict=True):
        assert METRICS.get(name).score(comparison)[0] == pytest.approx(value, nan_ok=True), name


def test_every_metric_checked_here_is_registered() -> None:
    assert set(NAMES) <= set(METRICS.names())


def draw(seed: int, share: float) -> np.ndarray:
    return np.random.default_rng(seed).random((1, 12, 14)) < share


shares = st.sampled_from([0, 0.1, 0.5, 0.9, 1])


@given(seed=st.integers(0, 999), share=shares, kept=shares)
def test_pixel_scores_are_those_of_the_scored_pixels(seed: int, share: float, kept: float) -> None:
    """As SciPy computes them with a weight of 0 for the others, and as the same scores of the others' absence."""
    masks, truth, scored = draw(seed, share), draw(seed + 1, share), draw(seed + 2, kept)
    found = {name: score_patches(METRICS.get(name), Comparison(masks, truth, scored))[0] for name in NAMES[:4]}
    alone = Comparison(masks[scored][None, None], truth[scored][None, None])
    for name, value in found.items():
        expected = score_patches(METRICS.get(name), alone)[0]
        np.testing.assert_equal(value, expected, name)
    if kept == 0 or not scored.any():
        assert np.isnan(list(found.values())).all()
        return
    sides = masks.ravel(), truth.ravel(), scored.ravel().astype(float)
    assert found["accuracy"] == pytest.approx(1 - distance.hamming(*sides))
    if (masks | truth)[scored].any():
        assert found["jaccard"] == pytest.approx(1 - distance.jaccard(*sides))


def count_cells(masks: np.ndarray, truth: np.ndarray, scored: np.ndarray) -> list[float]:
    comparison = Comparison(masks[None], truth[None], scored[None])
    return [score_patches(METRICS.get(name), comparison)[0] for name in ("cells_predicted", "cells_true")]


def disc(row: int, column: int, radius: float) -> np.ndarray:
    rows, columns = np.ogrid[:60, :60]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def test_a_cell_that_annotators_left_open_is_not_counted_though_the_prediction_is_wider() -> None:
    truth, void = disc(15, 15, 6), disc(45, 45, 6)
    masks = disc(15, 15, 7) | disc(45, 45, 7)
    assert count_cells(masks, truth, ~void) == [1, 1]
    assert count_cells(masks, truth | void, np.ones_like(void)) == [2, 2]


def test_a_rim_that_annotators_left_open_makes_no_cells_of_what_is_beyond() -> None:
    truth, rim = disc(30, 30, 8), disc(30, 30, 10) & ~disc(30, 30, 8)
    assert count_cells(disc(30, 30, 11), truth, ~rim) == [1, 1]


def test_a_cell_that_is_cut_by_what_is_left_open_counts_on_both_sides() -> None:
    scored = np.zeros((60, 60), bool)
    scored[:, :25] = True
    assert count_cells(disc(30, 30, 8), disc(30, 30, 8), scored) == [1, 1]
    assert count_cells(disc(30, 30, 8), EMPTY_FRAME, scored) == [0, 0]
    assert count_cells(disc(30, 20, 8), EMPTY_FRAME, scored) == [1, 0]


EMPTY_FRAME = np.zeros((60, 60), bool)


@given(seed=st.integers(0, 999), share=st.sampled_from([0.1, 0.3, 0.5]), kept=st.sampled_from([0.3, 0.7, 0.95]))
def test_counted_cells_are_those_that_skimage_finds(seed: int, share: float, kept: float) -> None:
    masks, truth, scored = draw(seed, share)[0], draw(seed + 1, share)[0], draw(seed + 2, kept)[0]
    regions = regionprops(label(masks, connectivity=2))
    predicted = 0
    for region in regions:
        rows, columns = region.coords.T
        inside = scored[rows, columns]
        hits = (truth & scored)[rows, columns].any()
        predicted += bool(inside.any() and (hits or inside.mean() >= 0.5))
    assert count_cells(masks, truth, scored) == [predicted, label(truth & scored, connectivity=2).max()]
