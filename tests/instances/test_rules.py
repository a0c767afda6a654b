"""Cells of a mask, against other libraries and drawn discs."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label
from skimage.measure import label as skimage_label

from robustbench_cells.instances.components import label_components
from robustbench_cells.instances.rules import INSTANCE_RULES, watershed
from robustbench_cells.types import Masks


def _discs(*discs: tuple[float, float, float]) -> Masks:
    rows, columns = np.mgrid[:64, :64]
    return np.any([(rows - y) ** 2 + (columns - x) ** 2 < radius**2 for y, x, radius in discs], axis=0)


masks = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).random((2, 17, 23)) < 0.4)


@given(masks)
@settings(max_examples=30)
def test_components_are_those_of_scikit_image(masks: Masks) -> None:
    found = label_components(masks)
    assert found.dtype == np.int32
    for mask, labels in zip(masks, found, strict=True):
        expected = skimage_label(mask, connectivity=2)
        pairs = {(int(one), int(other)) for one, other in zip(labels.ravel(), expected.ravel(), strict=True)}
        assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})


@given(masks)
@settings(max_examples=30)
def test_every_rule_keeps_the_foreground_and_joins_no_components(masks: Masks) -> None:
    for rule in INSTANCE_RULES.values():
        found = rule(masks)
        assert found.dtype == np.int32
        assert np.array_equal(found > 0, masks)
        for mask, labels in zip(masks, found, strict=True):
            pieces, count = label(mask, np.ones((3, 3)))
            whole = [set(np.unique(labels[pieces == piece])) for piece in range(1, count + 1)]
            assert sum(map(len, whole)) == len(set().union(*whole)) == labels.max(initial=0)


def test_a_neck_is_cut_and_one_cell_is_not() -> None:
    pair, single = _discs((30, 20, 10), (30, 38, 10)), _discs((30, 30, 12))
    assert label_components(np.stack([pair, single])).max(axis=(1, 2)).tolist() == [1, 1]
    left, _ = found = watershed(np.stack([pair, single]))
    assert found.max(axis=(1, 2)).tolist() == [2, 1]
    assert left[30, 20] != left[30, 38]
    assert set(np.unique(left[:, :28])) == {0, left[30, 20]}  # the neck is at column 29


def test_masks_without_background_or_without_cells() -> None:
    for rule in INSTANCE_RULES.values():
        assert rule(np.ones((1, 9, 9), bool)).tolist() == np.ones((1, 9, 9), int).tolist()
        assert not rule(np.zeros((1, 9, 9), bool)).any()
        assert rule(np.zeros((0, 9, 9), bool)).shape == (0, 9, 9)
