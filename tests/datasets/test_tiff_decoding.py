"""Decoding of TIFF: compressions, layouts and what is incomplete."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

import robustbench_cells as rb
from robustbench_cells.errors import DataError
from tests.support.raw_tiff import write_raw_tiff
from tests.support.round_cells import IMAGES, LABELS
from tests.support.tiff_frames import IMAGE_PAGE, MASK_PAGE, Page, grey_page, open_pages

COMPRESSIONS = {
    "deflate": {"compression": "zlib"},
    "deflate, differences": {"compression": "zlib", "predictor": 2},
    "deflate, tiles": {"compression": "zlib", "tile": (64, 48)},
    "tiles, other order": {"tile": (64, 48), "byteorder": ">"},
    "strips": {"rowsperstrip": 7},
    "BigTIFF": {"bigtiff": True},
}


def by_packbits(page: Page) -> Page:
    """Compress a page, as literal runs of 100 bytes."""
    data, tags = page
    runs = [bytes([99]) + data[start : start + 100] for start in range(0, len(data), 100)]
    return b"".join(runs), tags | {259: (32773,)}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.uint32, np.int64, np.float32])
@pytest.mark.parametrize("name", COMPRESSIONS)
def test_compression_and_layout_keep_values_of_every_type(name: str, dtype: type, tmp_path: Path) -> None:
    options: dict[str, Any] = COMPRESSIONS[name]
    if dtype is np.float32 and "predictor" in options:
        options = options | {"predictor": 3}
        pytest.importorskip("imagecodecs")  # writes them
    pages = (
        ("input", dtype, options),
        ("output", dtype, options) if dtype is not np.float32 else ("output", np.int8, {}),
    )
    for folder, stored, how in pages:
        (tmp_path / folder).mkdir()
        plane = (IMAGES if folder == "input" else LABELS)[0].astype(stored)
        tifffile.imwrite(tmp_path / folder / "t0.tif", plane, photometric="minisblack", **how)
    white_level = None if dtype in (np.uint8, np.float32) else 255
    sample = rb.open_dataset(str(tmp_path), white_level=white_level).read("0")
    np.testing.assert_allclose(sample.image, IMAGES[0], rtol=1e-6)
    np.testing.assert_array_equal(sample.labels, LABELS[0])


BY_LIBTIFF = [("group4", np.bool_)] + [
    (compression, dtype)
    for compression in ("tiff_lzw", "packbits", "zstd", "tiff_deflate")
    for dtype in (np.uint8, np.uint16, np.int32, np.float32)
]


@pytest.mark.parametrize(("compression", "dtype"), BY_LIBTIFF)
def test_what_libtiff_alone_decompresses(compression: str, dtype: type, tmp_path: Path) -> None:
    image = IMAGES[0] > 110 if dtype is np.bool_ else IMAGES[0].astype(dtype)
    mask = LABELS[0] if dtype is np.float32 else (LABELS[0] > 0).astype(dtype)
    for folder, plane in (("input", image), ("output", mask)):
        (tmp_path / folder).mkdir()
        try:
            Pillow.fromarray(plane).save(tmp_path / folder / "t0.tif", compression=compression)
        except OSError:
            pytest.skip(f"this libtiff has no {compression}")
    white_level = 255 if dtype in (np.uint16, np.int32) else None
    sample = rb.open_dataset(str(tmp_path), white_level=white_level).read("0")
    expected = image * 255.0 if dtype is np.bool_ else IMAGES[0]
    np.testing.assert_allclose(sample.image, expected, rtol=1e-6)
    np.testing.assert_array_equal(sample.labels > 0, LABELS[0] > 0)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.float32])
def test_compressed_values_of_either_byte_order(dtype: type, order: str, tmp_path: Path) -> None:
    """As Bio-Formats and ImageJ write them: most significant byte first."""
    image = grey_page(IMAGES[0].astype(dtype), 8 * np.dtype(dtype).itemsize, order)
    whole = np.uint8 if dtype is np.float32 else dtype
    mask = grey_page(LABELS[0].astype(whole) * whole(5), 8 * np.dtype(whole).itemsize, order)
    white_level = None if dtype in (np.uint8, np.float32) else 255
    for folder, page in (("input", image), ("output", mask)):
        write_raw_tiff(tmp_path / folder / "t0.tif", [by_packbits(page)], order)
    sample = rb.open_dataset(tmp_path, white_level=white_level).read("0")
    np.testing.assert_array_equal(sample.image, IMAGES[0])
    np.testing.assert_array_equal(sample.labels, LABELS[0])


def test_masks_with_lossy_compression_are_refused_and_images_read(tmp_path: Path) -> None:
    for folder in ("input", "output"):
        (tmp_path / folder).mkdir()
    Pillow.fromarray(IMAGES[0]).save(tmp_path / "input/t0.tif", compression="jpeg", quality=95)
    Pillow.fromarray(LABELS[0]).save(tmp_path / "output/t0.tif")
    image = rb.open_dataset(str(tmp_path)).read("0").image
    assert np.abs(image - IMAGES[0]).max() < 12
    Pillow.fromarray((LABELS[0] > 0).astype(np.uint8) * 255).save(tmp_path / "output/t0.tif", compression="jpeg")
    with pytest.raises(DataError, match=r"output/t0\.tif: a mask compressed by JPEG, which blurs the edges"):
        rb.open_dataset(str(tmp_path))


def test_a_missing_part_of_the_pixels_is_refused(tmp_path: Path) -> None:
    data, tags = IMAGE_PAGE
    for name, change in {"cut": {279: len(data) + 99999}, "absent": {273: 0}, "short": {279: len(data) - 400}}.items():
        (tmp_path / name).mkdir()
        with pytest.raises(DataError, match=r"t0\.tif: (a part of its pixels is missing|cannot be read as an image)"):
            open_pages(tmp_path / name, (data, {**tags, **change}), MASK_PAGE)


@pytest.mark.parametrize("number", [5, 50000])
def test_what_cannot_be_decompressed_is_named(number: int, tmp_path: Path) -> None:
    data, tags = IMAGE_PAGE
    with pytest.raises(DataError, match=r"t0\.tif: cannot be decompressed \((LZW|ZSTD): .*; replace .*, else save it"):
        open_pages(tmp_path, (data, {**tags, 259: (number,)}), MASK_PAGE)


def test_a_segment_that_expands_beyond_its_size_is_refused(tmp_path: Path) -> None:
    data = zlib.compress(bytes(50_000_000))
    tags = {**IMAGE_PAGE[1], 259: (8,)}
    with pytest.raises(DataError, match=r"t0\.tif: expands to more than the size it declares"):
        open_pages(tmp_path, (data, tags), MASK_PAGE)
