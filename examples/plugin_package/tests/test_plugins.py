"""The contract suite of robustbench_cells, and what only this package promises."""

from __future__ import annotations

import numpy as np
from robustbench_fading.dice import Dice
from robustbench_fading.fading import Fading

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.metrics import METRICS, Comparison
from robustbench_cells.testing import ArtefactContract, MetricContract


class TestFading(ArtefactContract):
    """A test for each rule."""

    artefact = Fading()


class TestDice(MetricContract):
    """A test for each rule."""

    metric = Dice()


def test_half_the_light_is_half_the_grey_level() -> None:
    """The intensity is the factor."""
    image, labels = np.full((4, 4), 200, np.float32), np.zeros((4, 4), np.int32)
    faded, _ = Fading().distort(image, labels, 0.5, np.random.default_rng(0))
    assert (faded == 100).all()


def test_dice_by_hand() -> None:
    """One of two predicted pixels is one of three true ones."""
    masks, truth = np.array([[[1, 1, 0, 0]]], bool), np.array([[[0, 1, 1, 1]]], bool)
    assert Dice().score(Comparison(masks, truth))[0] == 2 / 5


def test_the_installed_package_is_found() -> None:
    """By its entry points; None is the origin of what comes with robustbench_cells."""
    assert str(ARTEFACTS.origin("fading")).startswith("robustbench-fading ")
    assert str(METRICS.origin("dice")).startswith("robustbench-fading ")
