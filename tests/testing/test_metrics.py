"""Each rule for a metric finds one that breaks it."""

from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.metrics import Metric
from robustbench_cells.testing import check_metric
from robustbench_cells.types import Ratio, ScoreRange


class Dice(Metric):
    """Overlap of predicted and true cell pixels, twice over their sum."""

    name, version, pooled, best = "dice", 1, "mean", "highest"

    def score(self, comparison):
        total = comparison.predicted + comparison.actual
        return np.where(total > 0, 2 * comparison.true_positives / np.maximum(total, 1), 1.0)


def of_the_batch(self, comparison):
    return Dice.score(self, comparison) / len(comparison.masks)


def endless(self, comparison):
    return np.where(comparison.actual > 0, Dice.score(self, comparison), np.inf)


def of_all_pixels(self, comparison):
    wrong = comparison.masks != comparison.truth
    return 1 - wrong.sum(axis=(1, 2)) / wrong[0].size


def clearing(self, comparison):
    scores = Dice.score(self, comparison)
    comparison.masks[:] = False
    return scores


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"name": "../dice"}, "ids of tests, columns and files"),
        ({"version": None}, "version None; a whole number"),
        ({"pooled": "median"}, "pooled 'median'; 'mean', 'sum' or 'ratio'"),
        ({"pooled": "ratio"}, "pooled as ratio, with 0 `ratios`"),
        ({"ratios": (Ratio({"cells_true": 1}, {"cells_true": 1}),)}, "pooled as mean, with 1 `ratios`"),
        ({"pooled": "ratio", "ratios": (Ratio({"jaccard": 1}, {"jaccard": 1}),)}, "a ratio of 'jaccard', which is no"),
        ({"best": "nearest", "target": "nothing"}, "best 'nearest'; 'highest', 'lowest', or 'nearest' with the name"),
        ({"best": "nearest", "target": "cells_true"}, r"truth itself scores 1, but cells_true \d"),
        ({"best": "lowest"}, "though the lowest is best"),
        ({"score": lambda self, comparison: 1 - Dice.score(self, comparison)}, "though the highest is best"),
        ({"score": lambda self, comparison: Dice.score(self, comparison).mean()}, r"of shape \(\) for 5 patches"),
        ({"score": lambda self, comparison: Dice.score(self, comparison).astype(np.float32)}, "float32 of shape"),
        ({"score": of_the_batch}, "depends on the others of its batch"),
        ({"range": ScoreRange(0, 0.5)}, r"a score of \[1\.\], but its range is finite numbers from 0 to 0.5"),
        ({"score": endless}, "a score is infinite; NaN says"),
        ({"score": of_all_pixels}, "where the right half is not scored, .*count pixels by comparison.pixels"),
        ({"score": clearing}, "the masks that were given are changed"),
    ],
)
def test_a_fault_of_a_metric_is_found(fault: dict[str, object], words: str) -> None:
    check_metric(Dice())
    with pytest.raises(AssertionError, match=words):
        check_metric(type("Faulty", (Dice,), {"__doc__": Dice.__doc__, **fault})())
