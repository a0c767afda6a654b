"""Swapped images and masks are refused; dark, crowded or magnified frames are not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.synthetic_frames import draw_frame
from robustbench_cells.errors import DataError
from robustbench_cells.randomness import generator
from tests.support.frame_files import BINARY, IMAGES, LABELS, WRITERS

KINDS = sorted(WRITERS)


def grey_images(blur: float) -> np.ndarray:
    """Frames with a few black pixels, each of which alone could be a mask."""
    images = np.stack([draw_frame(generator(number))[0][:90, :80] for number in range(3)])
    images = np.stack([cv2.GaussianBlur(image, None, blur) for image in images]) if blur else images
    images[:, :2, :2] = 0
    return np.rint(images).astype(np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_masks_given_as_images_are_refused(kind: str, tmp_path: Path) -> None:
    where = WRITERS[kind](tmp_path, BINARY, LABELS)
    with pytest.raises(DataError, match=r"no image has a grey level above 1 of 255.*as in masks; if images and"):
        open_dataset(where)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("blur", [0, 1])
def test_images_given_as_masks_are_refused(kind: str, blur: float, tmp_path: Path) -> None:
    where = WRITERS[kind](tmp_path, IMAGES, grey_images(blur))
    with pytest.raises(DataError, match=r"100% of the mask pixels are foreground, .*as in images; if images and"):
        open_dataset(where)


def test_masks_without_a_cell_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no mask has a cell; are these the masks"):
        open_dataset(WRITERS["paired"](tmp_path, IMAGES, BINARY * 0))


def test_one_black_frame_is_accepted(tmp_path: Path) -> None:
    images = IMAGES.copy()
    images[:2] = 0
    assert len(open_dataset(WRITERS["paired"](tmp_path, images, LABELS)).frames) == 3


def test_dark_sixteen_bit_frames_are_accepted(tmp_path: Path) -> None:
    dark = IMAGES.astype(np.uint16) * 3  # of 65535: below 3 of 255
    where = WRITERS["npz"](tmp_path, dark, LABELS)
    assert 2 < open_dataset(where, white_level=65535).read("0").image.max() < 3


@pytest.mark.parametrize("side", [6, 10, 89])
@pytest.mark.filterwarnings("ignore:.*one cell covers more than half")
def test_cells_that_fill_all_frames_are_accepted(side: int, tmp_path: Path) -> None:
    """Hundreds of adjacent small cells, or one from border to border."""
    rows, columns = np.indices(LABELS.shape[1:]) // side
    crowded = np.stack([(rows * 20 + columns + 1).astype(np.uint16)] * 3)
    crowded[:, 0, 0] = 0
    selection = open_dataset(WRITERS["paired"](tmp_path, IMAGES, crowded))
    assert (selection.read("0").labels > 0).mean() > 0.99
