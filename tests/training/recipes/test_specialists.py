"""Recipes for a single condition."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.training.recipes import RECIPES


def test_specialist_is_trained_on_its_condition_alone() -> None:
    sample = open_dataset("synthetic", "train", frames=1).read("000")
    specialist, noise = RECIPES.get("noise_150"), ARTEFACTS.get("noise")
    drawn = [specialist.draw(sample, np.random.default_rng(seed))[0] for seed in range(4)]
    correlations = [np.corrcoef(image[:, 1:].ravel(), image[:, :-1].ravel())[0, 1] for image in drawn]
    noisy = noise.distort(sample.image, sample.labels, 150.0, np.random.default_rng(0))[0]
    expected = np.corrcoef(noisy[:, 1:].ravel(), noisy[:, :-1].ravel())[0, 1]
    np.testing.assert_allclose(correlations, expected, atol=0.05)
