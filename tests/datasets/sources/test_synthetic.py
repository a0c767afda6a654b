"""The synthetic data set: statistics of the reference set, and the same pixels every time."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from robustbench_cells.datasets.description import describe
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.synthetic_frames import draw_frame
from robustbench_cells.errors import DataError
from robustbench_cells.randomness import generator


def test_cells_have_the_sizes_and_counts_of_the_reference_set() -> None:
    selection = open_dataset("synthetic", "train", frames=4)
    samples = [selection.read(frame) for frame in selection.frames]
    table = describe(samples)
    assert 120 <= table["cells per frame: 25%"] <= table["cells per frame: 75%"] <= 320
    assert 125 <= table["cell area, px: 50%"] <= 165
    assert 8 <= table["cell short side, px: 25%"] <= table["cell short side, px: 75%"] <= 22
    assert 6 <= table["foreground share, %"] <= 10
    for sample in samples:
        assert sample.image.shape == (576, 720)
        np.testing.assert_array_equal(sample.image, np.rint(sample.image))
        assert sample.image[sample.labels > 0].mean() > sample.image[sample.labels == 0].mean() + 30


def test_a_frame_depends_on_its_key_alone() -> None:
    first, again = draw_frame(generator(3)), draw_frame(generator(3))
    np.testing.assert_array_equal(first[0], again[0])
    assert (first[0] != draw_frame(generator(4))[0]).any()


def test_statistics_are_close_to_those_of_real_training_frames(real_frames: Path) -> None:
    synthetic, real = (
        describe(map(selection.read, selection.frames))
        for selection in (
            open_dataset("synthetic", "train", frames=6),
            open_dataset(str(real_frames), "train", frames=6),
        )
    )
    for name, value in real.items():
        tolerance = {"power": 4.0, "grey": 16.0, "cells": 60.0}.get(name.split()[0], 0.2 * value)
        assert synthetic[name] == pytest.approx(value, abs=tolerance), name


def test_touching_cells_are_those_of_the_same_images_before_they_are_parted() -> None:
    parted, touching = (open_dataset(name, "train", frames=1) for name in ("synthetic", "synthetic_touching"))
    one, other = parted.read("000"), touching.read("000")
    np.testing.assert_array_equal(one.image, other.image)
    assert other.labels[one.labels > 0].all()  # and what lies between them
    between = (other.labels > 0) & (one.labels == 0)
    assert 0 < between.mean() < 0.02
    assert (parted.cells.instances, parted.cells.touching) == (touching.cells.instances, 0) == ("ids", 0)
    assert 0.2 < touching.cells.touching_share < 0.5
    _, components = cv2.connectedComponents((other.labels > 0).astype(np.uint8), connectivity=8)
    assert components.max() < 0.9 * other.labels.max()  # a model that merges what touches
    assert np.bincount(other.labels.ravel()).min() >= 30


def test_missing_split_is_reported() -> None:
    with pytest.raises(DataError, match=r"has no split 'holdout'; available: train, validation, test"):
        open_dataset("synthetic", "holdout")
