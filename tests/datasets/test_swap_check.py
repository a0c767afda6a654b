"""Images and masks that were exchanged are refused; dark, crowded or zoomed frames are not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.sources.synthetic import draw_frame
from robustbench_cells.errors import DataError
from robustbench_cells.randomness import generator
from tests.support.frame_files import IMAGES, LABELS, WRITERS

KINDS = sorted(WRITERS)
BINARY = (LABELS > 0).astype(np.uint8)


def grey_images(blur: float) -> np.ndarray:
    """Frames that have a few black pixels, so that each alone could be a mask."""
    images = np.stack([draw_frame(generator(number))[0][:90, :80] for number in range(3)])
    images = np.stack([cv2.GaussianBlur(image, None, blur) for image in images]) if blur else images
    images[:, :2, :2] = 0
    return np.rint(images).astype(np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_masks_in_the_place_of_images_are_refused(kind: str, tmp_path: Path) -> None:
    where = WRITERS[kind](tmp_path, BINARY, LABELS)
    with pytest.raises(DataError, match=r"no image has a grey level above 1 of 255.*are these masks\? Then if images"):
        open_dataset(where)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("blur", [0, 1])
def test_images_in_the_place_of_masks_are_refused(kind: str, blur: float, tmp_path: Path) -> None:
    where = WRITERS[kind](tmp_path, IMAGES, grey_images(blur))
    with pytest.raises(DataError, match=r"in the masks 100% of all pixels are of cells, .*as in images; if images and"):
        open_dataset(where)


def test_one_frame_may_be_black(tmp_path: Path) -> None:
    images = IMAGES.copy()
    images[:2] = 0
    assert len(open_dataset(WRITERS["paired"](tmp_path, images, LABELS)).frames) == 3


def test_sixteen_bits_may_be_kept_dark(tmp_path: Path) -> None:
    dark = IMAGES.astype(np.uint16) * 3  # of 65535: below 3 of 255
    where = WRITERS["npz"](tmp_path, dark, LABELS)
    assert 2 < open_dataset(where, white_level=65535).read("0").image.max() < 3


@pytest.mark.parametrize("side", [6, 10, 89])
def test_cells_may_fill_all_frames(side: int, tmp_path: Path) -> None:
    """Hundreds of small ones side by side, or one from border to border."""
    rows, columns = np.indices(LABELS.shape[1:]) // side
    crowded = np.stack([(rows * 20 + columns + 1).astype(np.uint16)] * 3)
    crowded[:, 0, 0] = 0
    selection = open_dataset(WRITERS["paired"](tmp_path, IMAGES, crowded))
    assert (selection.read("0").labels > 0).mean() > 0.99
