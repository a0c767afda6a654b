"""Frames that were given twice, or that are their own mask, are named when a data set is opened."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import robustbench_cells as rb
from robustbench_cells.datasets.remarks import COPY, OWN_MASK, SAME_IMAGE, SAME_LABELS
from robustbench_cells.errors import DataWarning
from robustbench_cells.types import Remark
from tests.support.round_cells import IMAGES, LABELS

BINARY = np.where(LABELS > 0, 255, 0).astype(np.uint8)
EMPTY = np.zeros_like(LABELS[0])


def said_of(images: list[np.ndarray], labels: list[np.ndarray]) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rb.from_arrays(images, labels)
    assert all(one.category is DataWarning for one in caught)
    return [str(one.message) for one in caught]


@pytest.mark.parametrize(
    ("images", "labels", "remark"),
    [
        ([IMAGES[0], IMAGES[0]], [LABELS[0], LABELS[0]], COPY),
        ([IMAGES[0], IMAGES[0]], [LABELS[0], LABELS[1]], SAME_IMAGE),
        ([IMAGES[0], IMAGES[1]], [LABELS[0], LABELS[0]], SAME_LABELS),
        ([IMAGES[0], LABELS[1]], [LABELS[0], LABELS[1]], OWN_MASK),
        ([IMAGES[0], BINARY[1]], [BINARY[0], BINARY[1]], OWN_MASK),
    ],
)
def test_odd_frames_are_named(images: list[np.ndarray], labels: list[np.ndarray], remark: Remark) -> None:
    assert said_of(images, labels) == [f"arrays, 2 frames: in 1 of 2 frames (first: 1), {remark.text}"]


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (list(IMAGES), list(LABELS)),
        ([*IMAGES, IMAGES[0] // 2, IMAGES[1] // 2], [*LABELS, EMPTY, EMPTY]),  # frames without cells
        ([*IMAGES, EMPTY, EMPTY], [*LABELS, EMPTY, EMPTY]),  # and without light
    ],
)
def test_empty_frames_may_be_alike(images: list[np.ndarray], labels: list[np.ndarray]) -> None:
    assert said_of(images, labels) == []
