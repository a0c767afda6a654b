"""Batches of an epoch: different between epochs, the same in every run."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the extra 'keras'")

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.training.epochs import Epoch
from robustbench_cells.training.recipes import RECIPES
from robustbench_cells.types import PATCH_SIDE


def test_epochs_differ_and_are_reproducible() -> None:
    selection = open_dataset("synthetic", "train", frames=2)
    samples = [selection.read(frame) for frame in selection.frames]
    recipe = RECIPES.get("original")
    first, again, following = (Epoch(samples, recipe, 0, epoch) for epoch in (0, 0, 1))
    assert len(first) == 6
    images, masks = first[3]
    assert images.shape == masks.shape == (2, PATCH_SIDE, PATCH_SIDE, 1)
    assert images.dtype == masks.dtype == np.float32
    assert set(np.unique(masks)) == {0, 1}
    np.testing.assert_array_equal(images, again[3][0])
    assert (images != following[3][0]).any()
