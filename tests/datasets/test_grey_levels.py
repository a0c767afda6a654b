"""Grey levels and labels of stored pixels: bit depths, white levels, binary and instance masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

import robustbench_cells as rb
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.errors import DataError
from tests.support.frame_files import IMAGES, write_paired_split
from tests.support.round_cells import IMAGES as ROUND
from tests.support.round_cells import LABELS as CELLS

IMAGE = IMAGES[0]


def test_binary_mask_is_labelled_by_eight_connected_components(tmp_path: Path) -> None:
    mask = np.zeros((90, 80), np.uint8)
    mask[10, 10] = mask[11, 11] = 255  # touch at a corner: one cell
    mask[50:60, 50:60] = 255
    sample = open_dataset(str(write_paired_split(tmp_path, mask=mask))).read("7")
    assert sample.labels.max() == 2
    assert sample.labels[10, 10] == sample.labels[11, 11]


def test_instance_mask_keeps_touching_cells_apart(tmp_path: Path) -> None:
    mask = np.zeros((90, 80), np.uint16)
    mask[10:20, 10:20], mask[10:20, 20:30] = 300, 41
    sample = open_dataset(str(write_paired_split(tmp_path, mask=mask))).read("7")
    assert sample.labels[15, 15] == 2
    assert sample.labels[15, 25] == 1
    assert sample.labels.max() == 2


def test_sixteen_bits_are_scaled_by_the_white_level(tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, IMAGE.size).reshape(IMAGE.shape).astype(np.uint16)
    read = open_dataset(str(write_paired_split(tmp_path, deep))).read("7").image
    np.testing.assert_allclose(read, deep / 257, rtol=1e-5)
    read = open_dataset(str(write_paired_split(tmp_path, deep // 17)), white_level=4095).read("7").image
    assert read.max() == pytest.approx(255 * (65535 // 17) / 4095)


@pytest.mark.parametrize("white", [255, 9000, 15000, 50000, 60000, 65000, 65535])
def test_white_level_becomes_exactly_255(tmp_path: Path, white: int) -> None:
    deep = np.linspace(0, white, IMAGE.size).reshape(IMAGE.shape).astype(np.uint16)
    assert open_dataset(str(write_paired_split(tmp_path, deep)), white_level=white).read("7").image.max() == 255


def test_eight_bits_ignore_the_white_level(tmp_path: Path) -> None:
    assert open_dataset(str(write_paired_split(tmp_path)), white_level=4095).read("7").image.max() == 220


def test_values_above_the_white_level_are_refused(tmp_path: Path) -> None:
    deep = IMAGE.astype(np.uint16) * 200
    with pytest.raises(
        DataError, match=r"7200 of 7200 pixels are above the white level 4095, up to 44000; give a higher"
    ):
        open_dataset(str(write_paired_split(tmp_path, deep)), white_level=4095)


def test_negative_values_are_refused(tmp_path: Path) -> None:
    path = write_paired_split(tmp_path) / "test/input/t007.tif"
    Pillow.fromarray(IMAGE.astype(np.int32) * 100 - 10000).save(path)
    with pytest.raises(DataError, match=r"t007\.tif: has negative grey levels, down to -1000; save it"):
        open_dataset(str(tmp_path), white_level=20000)


def test_mask_without_background_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"man_seg007\.tif: has no background .*an image instead of a mask"):
        open_dataset(str(write_paired_split(tmp_path, mask=IMAGE)))


@pytest.mark.parametrize("white", [0.5, 1, 1.02, 1.6, 3.3, 9.9])
def test_scaled_floating_point_images_are_refused(white: float) -> None:
    """Scaled to percentiles they end above 1, and would be nearly black."""
    with pytest.raises(DataError, match=r"floating-point grey levels span .* to .*; scale them to \[0, 255\]"):
        rb.from_arrays(ROUND / np.float32(ROUND.max()) * np.float32(white), CELLS)


def test_dark_whole_grey_levels_are_not_taken_for_scaled_ones() -> None:
    dark = np.minimum(ROUND // 20, 8)
    np.testing.assert_array_equal(rb.from_arrays(dark.astype(float), CELLS).read("0").image, dark[0])
