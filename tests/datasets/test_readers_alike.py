"""What a pixel value means does not depend on the container: the same values, or the same refusal, everywhere."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import robustbench_cells as rb
from robustbench_cells.errors import DataError, DataWarning
from tests.support.raw_png import write_raw_png
from tests.support.raw_tiff import write_raw_tiff
from tests.support.round_cells import IMAGES, LABELS
from tests.support.tiff_frames import Pixels, grey_page


def depth(plane: Pixels, bits: int | None) -> int:
    return bits or (1 if plane.dtype == bool else 8 * plane.dtype.itemsize)


def write_tiff(path: Path, plane: Pixels, bits: int | None = None) -> None:
    write_raw_tiff(path, [grey_page(plane, depth(plane, bits))])


def write_png(path: Path, plane: Pixels, bits: int | None = None) -> None:
    write_raw_png(path, plane, depth(plane, bits))


def in_folders(save: Callable[..., None], suffix: str) -> Callable[..., str]:
    def write(root: Path, images: Pixels, masks: Pixels, bits: int | None = None, mask_bits: int | None = None) -> str:
        for number, (image, mask) in enumerate(zip(images, masks, strict=True)):
            save(root / f"input/t{number}{suffix}", image, bits)
            save(root / f"output/t{number}{suffix}", mask, mask_bits)
        return str(root)

    return write


def in_list(root: Path, *given: Any) -> str:
    in_folders(write_tiff, ".tif")(root, *given)
    lines = ["image,mask,frame", *(f"input/t{number}.tif,output/t{number}.tif,{number}" for number in range(2))]
    (root / "frames.csv").write_text("\n".join(lines))
    return str(root / "frames.csv")


def in_stacks(root: Path, images: Pixels, masks: Pixels, bits: int | None = None, mask_bits: int | None = None) -> str:
    for name, stack, some in (("images", images, bits), ("masks", masks, mask_bits)):
        write_raw_tiff(root / f"{name}.tif", [grey_page(plane, depth(plane, some)) for plane in stack])
    return f"{root}/images.tif:{root}/masks.tif"


def in_arrays(root: Path, images: Pixels, masks: Pixels, *_: Any) -> str:
    root.mkdir()
    np.savez(root / "frames.npz", images=images, labels=masks)
    return str(root / "frames.npz")


READERS: dict[str, Callable[..., str]] = {
    "TIFF": in_folders(write_tiff, ".tif"),
    "PNG": in_folders(write_png, ".png"),
    "CSV": in_list,
    "stack": in_stacks,
    "NPZ": in_arrays,
}
PNG_TYPES = ("bool", "uint8", "uint16")
SIXTEEN = IMAGES.astype(np.uint16)


def hot(images: Pixels) -> Pixels:
    images = images.copy()
    images[:, 7, 9] = 65535
    return images


REFUSED: dict[str, tuple[Pixels, int | None, str]] = {
    "12 in 16 bits": (SIXTEEN * 16, None, "brightest pixel of this 16-bit image is 2[0-9]{3} of 65535; give the white"),
    "12 in 16 bits with a hot pixel": (
        hot(SIXTEEN * 16),
        None,
        "all but 1 pixels of this 16-bit image are at most 2[0-9]{3} of 65535; give the white level: 4095",
    ),
    "above the white level": (SIXTEEN * 16, 2000, "pixels are above the white level 2000"),
    "int8": (IMAGES.astype(np.int8), None, "values of int8 .* no white level"),
    "int8, white level": (-(IMAGES // 2).astype(np.int8), 127, "negative grey levels, down to -"),
    "int16, dark": (SIXTEEN.astype(np.int16), None, "of this signed 16-bit image is 1[0-9]{2} of 32767"),
    "int16, negative": (IMAGES.astype(np.int16) - 100, 255, "negative grey levels, down to -"),
    "int32": (IMAGES.astype(np.int32) * 257, None, "values of int32 .* no white level"),
    "uint32": (IMAGES.astype(np.uint32) * 257, None, "values of uint32 .* no white level"),
    "int64": (IMAGES.astype(np.int64) * 257, None, "values of int64 .* no white level"),
    "float, to 1": (IMAGES.astype(np.float32) / 255, None, "floating-point grey levels span .* scale them"),
}  # fmt: skip
READ: dict[str, tuple[Pixels, int | None, float]] = {
    "8 bits": (IMAGES, None, 1),
    "12 in 16 bits": (SIXTEEN * 16, 4080, 16),
    "12 in 16 bits with a hot pixel": (hot(SIXTEEN * 16), 4080, 16),
    "16 bits": (SIXTEEN * 257, None, 257),
    "int8": ((IMAGES // 2).astype(np.int8), 127, 127 / 255),
    "int16": (IMAGES.astype(np.int16) * 128, None, 32767 / 255),
    "int16, white level": (IMAGES.astype(np.int16) * 10, 2550, 10),
    "int32": (IMAGES.astype(np.int32) * 1000, 255_000, 1000),
    "uint32": (IMAGES.astype(np.uint32) * 16_000_000, 4_080_000_000, 16_000_000),
    "int64": (IMAGES.astype(np.int64) * 257, 65535, 257),
    "uint64": (IMAGES.astype(np.uint64) * 257, 65535, 257),
    "float16": (IMAGES.astype(np.float16), None, 1),
    "float": (IMAGES.astype(np.float32), None, 1),
    "double": (IMAGES.astype(np.float64), None, 1),
}


def readers_of(pixels: Pixels) -> list[str]:
    return [reader for reader in READERS if reader != "PNG" or pixels.dtype.name in PNG_TYPES]


IMAGE_CASES = [(name, reader) for name, (pixels, *_) in READ.items() for reader in readers_of(pixels)]
REFUSED_CASES = [(name, reader) for name, (pixels, *_) in REFUSED.items() for reader in readers_of(pixels)]


@pytest.mark.parametrize(("name", "reader"), IMAGE_CASES)
@pytest.mark.filterwarnings("ignore:.*clipped:robustbench_cells.errors.DataWarning")
def test_grey_levels_of_each_type_are_the_same_in_each_reader(name: str, reader: str, tmp_path: Path) -> None:
    pixels, white_level, factor = READ[name]
    selection = rb.open_dataset(READERS[reader](tmp_path / "set", pixels, LABELS), white_level=white_level)
    expected = np.minimum(pixels.astype(np.float64) / factor, 255)
    for index, frame in enumerate(selection.frames):
        np.testing.assert_allclose(selection.read(frame).image, expected[index], rtol=1e-6)


@pytest.mark.parametrize(("name", "reader"), REFUSED_CASES)
def test_images_whose_white_is_not_known_are_refused_in_each_reader(name: str, reader: str, tmp_path: Path) -> None:
    pixels, white_level, message = REFUSED[name]
    where = READERS[reader](tmp_path / "set", pixels, LABELS)
    with pytest.raises(DataError, match=message):
        rb.open_dataset(where, white_level=white_level)
    with pytest.raises(DataError, match=message):
        rb.from_arrays(pixels, LABELS, white_level=white_level)


@pytest.mark.parametrize("bits", [1, 4])
@pytest.mark.parametrize("reader", ["TIFF", "PNG", "CSV", "stack"])
def test_few_bits_span_black_to_white(reader: str, bits: int, tmp_path: Path) -> None:
    white = 2**bits - 1
    few = np.round(IMAGES.astype(float) / IMAGES.max() * white).astype(np.uint8)
    selection = rb.open_dataset(READERS[reader](tmp_path / "set", few, LABELS % 16, bits, 4))
    for index, frame in enumerate(selection.frames):
        np.testing.assert_allclose(selection.read(frame).image, few[index] * (255 / white), rtol=1e-6)


@pytest.mark.parametrize("reader", [reader for reader in READERS if reader != "PNG"])
def test_a_few_clipped_pixels_are_counted_in_one_warning(reader: str, tmp_path: Path) -> None:
    where = READERS[reader](tmp_path / "set", hot(SIXTEEN * 16), LABELS)
    words = r"in 2 of 2 frames \(first: 0\), 2 pixels above the white level 4080 are clipped"
    with pytest.warns(DataWarning, match=words) as caught:
        selection = rb.open_dataset(where, white_level=4080)
    assert len(caught) == 1
    assert selection.read("0").image[7, 9] == 255


MASKS: dict[str, Pixels] = {
    "bool": LABELS > 0,
    "0 and 255": (LABELS > 0).astype(np.uint8) * np.uint8(255),
    "8 bits": LABELS,
    "16 bits": LABELS.astype(np.uint16) * 900,
    "int8": LABELS.astype(np.int8),
    "int16": LABELS.astype(np.int16) * 900,
    "int32": LABELS.astype(np.int32) * 90_000,
    "uint32": LABELS.astype(np.uint32) * 190_000_000,
    "int64": LABELS.astype(np.int64) * 10**12,
    "uint64": LABELS.astype(np.uint64) * np.uint64(8 * 10**17),
}
VOID = LABELS.astype(np.int16)
VOID[:, :9] = -1
NO_MASKS: dict[str, tuple[Pixels, str]] = {
    "int8 with -1": (VOID.astype(np.int8), "label -1 is negative; use 0 for background .*to leave out"),
    "int16 with -1": (VOID, "label -1 is negative"),
    "int32 with -1": (VOID.astype(np.int32), "label -1 is negative"),
    "int64 with -1": (VOID.astype(np.int64), "label -1 is negative"),
    "1 and 2": (
        (LABELS > 0) + np.uint8(1),
        r"no background \(0\), but the values 1, 2, as segmentations of ilastik .*",
    ),
    "7 and 9": ((LABELS > 0) * np.uint8(2) + np.uint8(7), "has no background .0.; is it an image instead"),
}
MASK_CASES = [(name, reader) for name, masks in MASKS.items() for reader in readers_of(masks)]
NO_MASK_CASES = [(name, reader) for name, (masks, _) in NO_MASKS.items() for reader in readers_of(masks)]


@pytest.mark.parametrize(("name", "reader"), MASK_CASES)
def test_labels_of_each_type_are_the_same_in_each_reader(name: str, reader: str, tmp_path: Path) -> None:
    selection = rb.open_dataset(READERS[reader](tmp_path / "set", IMAGES, MASKS[name]))
    for index, frame in enumerate(selection.frames):
        labels = selection.read(frame).labels
        np.testing.assert_array_equal(labels > 0, LABELS[index] > 0)
        pairs = np.unique(np.stack([labels.ravel(), LABELS[index].ravel()]), axis=1)
        assert pairs.shape[1] == labels.max() + 1 == LABELS[index].max() + 1  # one label for each


@pytest.mark.parametrize(("name", "reader"), NO_MASK_CASES)
def test_what_is_no_mask_is_refused_in_each_reader(name: str, reader: str, tmp_path: Path) -> None:
    masks, message = NO_MASKS[name]
    where = READERS[reader](tmp_path / "set", IMAGES, masks)
    with pytest.raises(DataError, match=message):
        rb.open_dataset(where)
    with pytest.raises(DataError, match=message):
        rb.from_arrays(IMAGES, masks)


@pytest.mark.parametrize("reader", READERS)
def test_a_background_that_is_labelled_as_a_cell_is_a_warning(reader: str, tmp_path: Path) -> None:
    where = READERS[reader](tmp_path / "set", IMAGES, np.where(LABELS > 0, 0, 255).astype(np.uint8))
    with pytest.warns(DataWarning, match=r"in 2 of 2 frames \(first: 0\), one cell covers more than half"):
        rb.open_dataset(where)


def smoothed(labels: Pixels) -> Pixels:
    """A binary mask that was resized with interpolation."""
    return cv2.GaussianBlur((labels > 0).astype(np.uint8) * 255, None, 2)


NO_CELLS: dict[str, Callable[[Pixels], Pixels]] = {
    "classes": lambda labels: np.where(labels % 2, 1, 2).astype(np.uint8) * (labels > 0),
    "cells and borders": lambda labels: 2 * (labels > 0) - cv2.erode((labels > 0).astype(np.uint8), None),
    "smoothed": smoothed,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", NO_CELLS)
def test_labels_that_are_no_cells_are_a_warning(name: str, reader: str, tmp_path: Path) -> None:
    masks = np.stack([NO_CELLS[name](labels) for labels in LABELS]).astype(np.uint8)
    with pytest.warns(DataWarning, match=r"in 2 of 2 frames .* labels have many separate pieces each"):
        rb.open_dataset(READERS[reader](tmp_path / "set", IMAGES, masks))


def test_cells_that_touch_are_no_warning() -> None:
    rows, columns = np.indices((300, 300)) // 20
    with warnings.catch_warnings(action="error"):
        rb.from_arrays(IMAGES[:1], ((rows * 15 + columns) * (rows > 0))[None])


@pytest.mark.parametrize("order", "<>")
def test_arrays_of_either_byte_order(order: str) -> None:
    data = rb.from_arrays((SIXTEEN * 257).astype(f"{order}u2"), LABELS.astype(f"{order}i4"))
    np.testing.assert_allclose(data.read("1").image, IMAGES[1], rtol=1e-6)
    np.testing.assert_array_equal(data.read("1").labels, LABELS[1])


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_arrays_with_equal_channels_are_grey(channels: int, tmp_path: Path) -> None:
    """Of four the last is opacity."""
    images, masks = (np.stack([stack] * channels, axis=-1) for stack in (IMAGES, LABELS))
    for stack in (images, masks):
        stack[..., 3:] = 255
    for selection in (rb.open_dataset(in_arrays(tmp_path / "set", images, masks)), rb.from_arrays(images, masks)):
        np.testing.assert_array_equal(selection.read("1").image, IMAGES[1])
        np.testing.assert_array_equal(selection.read("1").labels, LABELS[1])
    if channels > 1:
        images[0, 0, 0, 0] += 1
        with pytest.raises(DataError, match=r"images\[0\]: is a colour image: its 3 channels differ in 1 of 90000"):
            rb.from_arrays(images, masks)
        with pytest.raises(DataError, match=r"frame 0: is a colour image: its 3 channels differ in 1 of 90000"):
            rb.open_dataset(in_arrays(tmp_path / "other", images, masks))
