"""Tags of TIFF that bear on values, in folders and stacks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.errors import DataError, DataWarning
from tests.support.raw_tiff import Tags
from tests.support.round_cells import IMAGES, LABELS, jaccard
from tests.support.tiff_frames import (
    IMAGE_PAGE,
    MASK_PAGE,
    Page,
    Pixels,
    colour_page,
    grey_page,
    open_pages,
    palette_tag,
)

CLEAN = jaccard(IMAGES[0].astype(np.float32), LABELS[0])
GREYS = palette_tag(*((value,) * 3 for value in range(256)))
COLOURS = palette_tag(*((value, 255 - value, 7) for value in range(256)))
ANNOTATED = palette_tag((0, 0, 0), *((9 * value, 255 - value, 7) for value in range(1, 29)))
OPAQUE = np.full(IMAGES[0].shape, 255, np.uint8)
REVERSED = np.packbits(np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)[:, ::-1], axis=1)[:, 0]


def tagged(plane: Pixels, tags: Tags) -> Page:
    return grey_page(plane, 8, tags=tags)


def separate(plane: Pixels) -> Page:
    """Three planes, one after another, in three strips."""
    _, tags = colour_page(np.dstack([plane] * 3))
    places: Tags = {273: [8 + plane.nbytes * number for number in range(3)], 279: [plane.nbytes] * 3, 284: (2,)}
    return plane.tobytes() * 3, tags | places


PAGES: dict[str, Callable[[Pixels], Page]] = {
    "order of bits": lambda plane: tagged(REVERSED[plane], {266: (2,)}),
    "orientation 1": lambda plane: tagged(plane, {274: (1,)}),
    "range": lambda plane: tagged(plane, {280: (60,), 281: (170,)}),
    "equal channels": lambda plane: colour_page(np.dstack([plane] * 3)),
    "equal channels, 16 bits": lambda plane: colour_page(np.dstack([plane.astype(np.uint16) * 257] * 3)),
    "equal channels, opaque": lambda plane: colour_page(np.dstack([plane] * 3 + [OPAQUE]), 2, {338: (2,)}),
    "equal channels, premultiplied": lambda plane: colour_page(np.dstack([plane] * 3 + [OPAQUE]), 2, {338: (1,)}),
    "equal channels, one empty": lambda plane: colour_page(np.dstack([plane] * 3 + [0 * OPAQUE]), 2, {338: (0,)}),
    "grey and opaque": lambda plane: colour_page(np.dstack([plane, OPAQUE]), 1, {338: (2,)}),
    "grey, half transparent": lambda plane: colour_page(np.dstack([plane, OPAQUE // 2]), 1, {338: (2,)}),
    "palette of all greys": lambda plane: tagged(plane, {262: (3,), 320: GREYS}),
    "ImageJ's look-up table": lambda plane: tagged(plane, {262: (3,), 320: COLOURS, 270: b"ImageJ=1.54f\nmin=0\n"}),
    "ImageJ, not calibrated": lambda plane: tagged(plane, {270: b"ImageJ=1.54f\ncf=0\nc0=0.0\nc1=1.0\n"}),
}


@pytest.mark.parametrize("reader", ["folder", "stack"])
@pytest.mark.parametrize("name", PAGES)
def test_tags_that_keep_the_values(name: str, reader: str, tmp_path: Path) -> None:
    sample = open_pages(tmp_path, PAGES[name](IMAGES[0]), PAGES[name](LABELS[0]), reader).read("0")
    np.testing.assert_allclose(sample.image, IMAGES[0], rtol=1e-6)
    np.testing.assert_array_equal(sample.labels, LABELS[0])
    assert jaccard(sample.image, sample.labels) == CLEAN


@pytest.mark.parametrize("reader", ["folder", "stack"])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("bits", [1, 4, 8, 16, 32])
def test_white_as_zero_keeps_stored_values_at_every_depth(bits: int, order: str, reader: str, tmp_path: Path) -> None:
    """As tifffile and ImageJ give them."""
    dtype = {16: np.uint16, 32: np.float32}.get(bits, np.uint8)
    factor = {1: 1 / 255, 4: 1 / 17, 16: 257.0}.get(bits, 1)
    image = np.round(IMAGES[0] * factor).astype(dtype)
    mask, mask_bits = (
        (LABELS[0].astype(np.uint8), 8) if bits == 32 else (LABELS[0].astype(dtype) & (2 ** min(bits, 8) - 1), bits)
    )
    stored = grey_page(image, bits, order, 0), grey_page(mask, mask_bits, order, 0)
    with pytest.warns(DataWarning, match="images declare 0 as white"):
        sample = open_pages(tmp_path, *stored, reader, order).read("0")
    np.testing.assert_allclose(sample.image, image / factor, rtol=1e-6)
    np.testing.assert_array_equal(sample.labels > 0, mask > 0)


REFUSED_PAGES: dict[str, tuple[Callable[[Pixels], Page], str]] = {
    "colours": (lambda plane: colour_page(np.dstack([plane, plane, 255 - plane])), "is a colour image: its 3 chan"),
    "transparency": (lambda plane: colour_page(np.dstack([plane, plane]), 1, {338: (2,)}), "transparency that differs"),
    "premultiplied": (lambda plane: colour_page(np.dstack([plane, OPAQUE // 2]), 1, {338: (1,)}), "multiplied by"),
    "three samples": (lambda plane: colour_page(np.dstack([plane] * 3), 1), "3 samples per pixel, which are neither"),
    "subtractive colours": (lambda plane: colour_page(np.dstack([plane] * 4), 5), "Interpretation SEPARATED"),
    "sensor mosaic": (lambda plane: tagged(plane, {262: (32803,)}), "PhotometricInterpretation CFA"),
    "rotated": (lambda plane: tagged(plane, {274: (6,)}), "asks to be rotated or mirrored on display"),
    "differences": (lambda plane: tagged(plane, {317: (2,)}), "declares Predictor 2 without compression"),
    "signed 16 bits of ImageJ": (
        lambda plane: tagged(plane, {270: b"ImageJ=1.54f\ncf=0\nc0=-32768.0\nc1=1.0\n"}),
        "has a calibration of ImageJ .function 0, offset -32768.0",
    ),
    "complex": (lambda plane: tagged(plane, {339: (6,)}), "values of a type that is not read .8 bits"),
    "24 bits": (lambda plane: tagged(plane, {258: (24,)}), "has values of 1 × 24 bits .uint32., which are not read"),
    "JPEG 2000": (lambda plane: tagged(plane, {259: (34712,)}), "compressed by JPEG_?2000, which is not read; save it"),
    "JPEG XL": (lambda plane: tagged(plane, {259: (50002,)}), "compressed by JPEGXL, which is not read; save it"),
    "unknown": (lambda plane: tagged(plane, {259: (50777,)}), "compressed by 50777, which is not read; save it"),
}  # fmt: skip


@pytest.mark.parametrize("reader", ["folder", "stack"])
@pytest.mark.parametrize("role", ["image", "mask"])
@pytest.mark.parametrize("name", REFUSED_PAGES)
def test_tags_that_change_the_values_are_refused(name: str, role: str, reader: str, tmp_path: Path) -> None:
    make, message = REFUSED_PAGES[name]
    pages = (make(IMAGES[0]), MASK_PAGE) if role == "image" else (IMAGE_PAGE, make(LABELS[0]))
    with pytest.raises(DataError, match=message):
        open_pages(tmp_path, *pages, reader)


@pytest.mark.parametrize("reader", ["folder", "stack"])
def test_separate_planes_may_be_frames_and_are_refused(reader: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"S 3 .* took (the )?frames for colours, pass photometric"):
        open_pages(tmp_path, separate(IMAGES[0]), MASK_PAGE, reader)


@pytest.mark.parametrize("compression", [1, 32773])
def test_predictors_that_programs_ignore_are_refused(compression: int, tmp_path: Path) -> None:
    """libtiff, and so Pillow and OpenCV, gives the differences as they are; tifffile and ImageJ add them up."""
    literal = b"".join(bytes([99]) + part.tobytes() for part in np.diff(IMAGES[0], prepend=0).reshape(-1, 100))
    content = IMAGES[0].tobytes() if compression == 1 else literal
    _, tags = IMAGE_PAGE
    page = content, tags | {259: (compression,), 279: (len(content),), 317: (2,)}
    with pytest.raises(
        DataError, match=r"declares Predictor 2 with.* compression.*; save it again without a predictor"
    ):
        open_pages(tmp_path, page, MASK_PAGE)
