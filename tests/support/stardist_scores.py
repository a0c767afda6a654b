"""Scores of cells as StarDist computes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

NAMES = {
    0.5: {"ap50": "accuracy", "f1_50": "f1", "rq": "f1", "pq": "panoptic_quality"},
    0.75: {"ap75": "accuracy"},
}


def require_scores_of_stardist(scores: pd.Series, truth: Sequence[np.ndarray], found: Sequence[np.ndarray]) -> None:
    """Compare the pooled scores of a condition with StarDist's of the same labels."""
    from stardist.matching import matching_dataset

    for threshold, names in NAMES.items():
        theirs = matching_dataset(truth, found, threshold, show_progress=False)
        for ours, name in names.items():
            exact = 1e-6 if name == "panoptic_quality" else 1e-9  # a 32-bit number
            assert scores[ours] == pytest.approx(getattr(theirs, name), abs=exact), ours
