"""Palettes: labels where index 0 alone is black, grey levels where all colours in use are grey, else a refusal."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

import robustbench_cells as rb
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.errors import DataError
from tests.support.raw_png import PALETTE, write_raw_png
from tests.support.round_cells import CELLS, IMAGES, LABELS
from tests.support.tiff_frames import IMAGE_PAGE, MASK_PAGE, Pixels, grey_page, open_pages, palette_tag

Colours = list[tuple[int, int, int]]
GREYS: Colours = [(level, level, level) for level in range(256)]
ANNOTATED: Colours = [(0, 0, 0), *((10 * label, 255 - label, 7) for label in range(1, CELLS + 1))]


def open_with(root: Path, kind: str, role: str, pixels: Pixels, colours: Colours, opacity: bytes = b"") -> Selection:
    """Open a data set of one frame whose image or mask has a palette."""
    if kind == "TIFF":
        page = grey_page(pixels, 8, tags={262: (3,), 320: palette_tag(*colours)})
        return open_pages(root, *((page, MASK_PAGE) if role == "image" else (IMAGE_PAGE, page)))
    write_raw_png(root / "input/t0.png", IMAGES[0], 8)
    write_raw_png(root / "output/t0.png", LABELS[0], 8)
    chunks = [(b"PLTE", bytes(np.array(colours, np.uint8).ravel())), *([(b"tRNS", opacity)] if opacity else [])]
    write_raw_png(root / f"{'input' if role == 'image' else 'output'}/t0.png", pixels, 8, PALETTE, chunks)
    return rb.open_dataset(str(root))


@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
@pytest.mark.parametrize("colours", [ANNOTATED, GREYS], ids=["annotated", "grey"])
def test_indexes_are_labels_where_index_0_alone_is_black(kind: str, colours: Colours, tmp_path: Path) -> None:
    sample = open_with(tmp_path, kind, "mask", LABELS[0], colours).read("0")
    np.testing.assert_array_equal(sample.labels, LABELS[0])


@pytest.mark.parametrize("bits", [1, 4])
def test_palettes_of_few_bits(bits: int, tmp_path: Path) -> None:
    mask = (LABELS[0] > 0).astype(np.uint8)
    tags = {262: (3,), 320: (np.array([(0, 0, 0), (255, 255, 255)] * 2 ** (bits - 1)) * 257).T.ravel().tolist()}
    page = grey_page(mask, bits, tags=tags)
    np.testing.assert_array_equal(open_pages(tmp_path / "a", IMAGE_PAGE, page).read("0").labels > 0, mask > 0)
    sample = open_pages(tmp_path / "b", page, grey_page(mask, 8)).read("0")
    np.testing.assert_array_equal(sample.image, mask * 255)


def test_transparent_background_of_a_mask_is_background(tmp_path: Path) -> None:
    sample = open_with(tmp_path, "PNG", "mask", LABELS[0], ANNOTATED, b"\0").read("0")
    np.testing.assert_array_equal(sample.labels, LABELS[0])


@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
def test_grey_colours_are_grey_levels_in_whatever_order(kind: str, tmp_path: Path) -> None:
    """As programs sort a palette when they save grey with few levels."""
    order = np.random.default_rng(0).permutation(256)
    indexes = np.argsort(order).astype(np.uint8)[IMAGES[0]]
    sample = open_with(tmp_path, kind, "image", indexes, [GREYS[level] for level in order]).read("0")
    np.testing.assert_array_equal(sample.image, IMAGES[0])


@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
@pytest.mark.parametrize(
    ("role", "colours", "message"),
    [
        ("image", [(level, level, 0) for level in range(256)], r"t0\.\w+: is a colour image \(with a palette\)"),
        ("image", GREYS[::-1], "has an inverting palette .ImageJ's inverting look-up table."),
        (
            "mask",
            GREYS[::-1],
            r"index 0 of its palette is the colour \(255, 255, 255\), not black, so it is not certain",
        ),
        ("mask", [(255, 0, 0), *ANNOTATED[1:]], r"index 0 of its palette is the colour \(255, 0, 0\), not black"),
        ("mask", [*ANNOTATED[:5], (0, 0, 0), *ANNOTATED[6:]], "several of its palette's indexes are black"),
    ],
)
def test_uncertain_palettes_are_refused(kind: str, role: str, colours: Colours, message: str, tmp_path: Path) -> None:
    pixels = IMAGES[0] if role == "image" else LABELS[0]
    with pytest.raises(DataError, match=message):
        open_with(tmp_path, kind, role, pixels, colours)


def test_transparent_labels_and_missing_colours_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="some of its palette's colours are transparent"):
        open_with(tmp_path / "a", "PNG", "mask", LABELS[0], ANNOTATED, b"\xff\xff\0")
    with pytest.raises(DataError, match="has transparent colours in its palette"):
        open_with(tmp_path / "b", "PNG", "image", IMAGES[0], GREYS, bytes(100))
    with pytest.raises(DataError, match=f"has index {CELLS}, but a palette of 20 colours"):
        open_with(tmp_path / "c", "PNG", "mask", LABELS[0], ANNOTATED[:20])


@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
def test_the_void_of_pascal_voc_is_no_cell(kind: str, tmp_path: Path) -> None:
    mask = np.where(cv2.dilate((LABELS[0] > 0).astype(np.uint8), None) > 0, 255, 0).astype(np.uint8)
    mask[LABELS[0] > 0] = LABELS[0][LABELS[0] > 0]
    colours = [*ANNOTATED, *GREYS[len(ANNOTATED) : 255], (224, 224, 192)]
    with pytest.raises(DataError, match=r"index 255 of PASCAL VOC's palette, .* --rb-ignore-label=255"):
        open_with(tmp_path, kind, "mask", mask, colours)
    sample = rb.open_dataset(str(tmp_path), ignore_label=255).read("0")
    np.testing.assert_array_equal(np.maximum(sample.labels, 0), LABELS[0])
