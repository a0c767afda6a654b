"""Each metric on masks whose scores can be computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.metrics import METRICS
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
