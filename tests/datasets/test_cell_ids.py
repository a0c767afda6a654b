"""Ids of cells from the mask to the run: kept as they are, and what is said where there are none."""

from __future__ import annotations

import warnings

import cv2
import numpy as np
import pytest

import robustbench_cells as rb
from robustbench_cells.datasets.selection import FieldOfInterest, Selection
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.patches import cut_patches
from robustbench_cells.errors import DataWarning
from robustbench_cells.types import Labels

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(0, 255, (300, 300)).astype(np.float32)


def draw(**boxes: tuple[int, int, int, int]) -> Labels:
    """Boxes of rows and columns (top, bottom, left, right), numbered in order."""
    labels = np.zeros((300, 300), np.int32)
    for number, (top, bottom, left, right) in enumerate(boxes.values(), start=1):
        labels[top:bottom, left:right] = number
    return labels


TOUCHING = draw(left=(10, 20, 10, 20), right=(10, 20, 20, 30), corner=(20, 30, 30, 40), alone=(100, 110, 100, 110))


def opened(*labels: Labels) -> Selection:
    images = np.stack([np.roll(IMAGE, 7 * number, axis=0) for number in range(len(labels))])
    return rb.from_arrays(images, np.stack(labels))


def test_cells_that_touch_keep_their_ids_and_are_counted() -> None:
    data = opened(TOUCHING)
    np.testing.assert_array_equal(data.read("0").labels, TOUCHING)
    assert (data.cells.instances, data.cells.cells, data.cells.touching) == ("ids", 4, 3)
    assert data.cells.touching_share == 0.75


@pytest.mark.parametrize("value", [1, 255])
def test_masks_without_ids_are_components_and_say_so(value: int) -> None:
    data = opened((TOUCHING > 0).astype(np.int32) * value)
    _, components = cv2.connectedComponents((TOUCHING > 0).astype(np.uint8), connectivity=8)
    np.testing.assert_array_equal(data.read("0").labels, components)
    assert (data.cells.instances, data.cells.cells, data.cells.touching) == ("components", 2, 0)
    assert data.read("0").by_components


def test_one_id_in_two_pieces_is_one_cell() -> None:
    split = draw(one=(10, 20, 10, 20), other=(50, 60, 50, 60))
    split[150:160, 150:160] = 1
    data = opened(split)
    np.testing.assert_array_equal(data.read("0").labels, split)
    assert data.cells.cells == 2


def test_masks_with_and_without_ids_are_mixed_and_a_warning_says_so() -> None:
    with pytest.warns(
        DataWarning, match=r"arrays, 3 frames: 1 masks \(first: frame 1\) have a single value in several"
    ):
        data = opened(TOUCHING, np.roll(TOUCHING > 0, 3, axis=1).astype(np.int32), draw(one=(5, 15, 5, 15)))
    assert data.cells.instances == "mixed"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert opened(TOUCHING, draw(one=(5, 15, 5, 15))).cells.instances == "ids"  # a frame of one cell


def test_a_crop_has_the_part_of_each_cell_that_is_seen() -> None:
    """By components too: what the crop cuts into two stays the cell that it was in the frame."""
    arch = np.zeros((300, 300), np.int32)
    arch[20:60, 40:50] = arch[20:60, 80:90] = arch[20:25, 40:90] = 255
    data = opened(arch)
    sample = FieldOfInterest(data, 25).read("0")
    assert cv2.connectedComponents((sample.labels > 0).astype(np.uint8))[0] - 1 == 2
    assert np.unique(sample.labels).tolist() == [0, 1]
    for patch in cut_patches(data.read("0"), 256, 6, seed=0):
        assert set(np.unique(patch.labels)) <= {0, 1}


def test_ids_reach_a_zoomed_and_a_turned_patch_as_they_are() -> None:
    labels = np.add.outer(np.arange(600) // 20 * 30, np.arange(600) // 20).astype(np.int32)  # squares that touch
    labels[::100] = 0
    data = rb.from_arrays(RNG.uniform(0, 255, (1, 600, 600)).astype(np.float32), labels[None])
    ids = set(np.unique(data.read("0").labels))
    for name, intensity in (("magnification", 0.5), ("cell_size", 2.0), ("rotation", 30.0), ("anisotropy", 2.0)):
        condition = Condition(rb.ARTEFACTS.get(name), intensity)
        (view,) = cut_patches(data.read("0"), condition.view_side(), 1, 0)
        _, moved = condition.distort(view, 0)
        assert set(np.unique(moved)) <= ids
        assert len(np.unique(moved)) > 20
