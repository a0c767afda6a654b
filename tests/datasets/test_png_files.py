"""Chunks and colour types of PNG that bear on values."""

from __future__ import annotations

import contextlib
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

import robustbench_cells as rb
from robustbench_cells.datasets.image_files import read_image
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.errors import DataError
from tests.support.raw_png import GREY, GREY_ALPHA, RGB, RGB_ALPHA, Chunks, write_raw_png
from tests.support.round_cells import IMAGES, LABELS
from tests.support.tiff_frames import Pixels

FULL = np.full(IMAGES[0].shape, 255, np.uint8)


def open_frame(
    root: Path, make: tuple[int, int, Pixels, Pixels], chunks: Chunks = (), white_level: int | None = None
) -> Selection:
    bits, colour_type, image, mask = make
    write_raw_png(root / "input/t0.png", image, bits, colour_type, chunks)
    write_raw_png(root / "output/t0.png", mask, bits, colour_type, chunks)
    return rb.open_dataset(str(root), white_level=white_level)


def samples(*planes: Pixels) -> tuple[Pixels, Pixels]:
    """Make an image and a mask out of planes that are added to, or None for theirs."""
    return tuple(np.dstack([plane if shown is None else shown for shown in planes]) for plane in (IMAGES[0], LABELS[0]))  # type: ignore[return-value]


def deep(pixels: tuple[Pixels, Pixels], factor: int) -> tuple[Pixels, Pixels]:
    image, mask = pixels
    return image.astype(np.uint16) * factor, mask.astype(np.uint16) * factor


KEPT = {
    "grey": (8, GREY, IMAGES[0], LABELS[0]),
    "equal channels": (8, RGB, *samples(None, None, None)),
    "grey and opaque": (8, GREY_ALPHA, *samples(None, FULL)),
    "equal channels, opaque": (8, RGB_ALPHA, *samples(None, None, None, FULL)),
    "equal channels, half transparent": (8, RGB_ALPHA, *samples(None, None, None, FULL // 2)),
    "16 bits": (16, GREY, *deep((IMAGES[0], LABELS[0]), 257)),
    "equal channels of 16 bits": (16, RGB, *deep(samples(None, None, None), 257)),
    "grey and opaque of 16 bits": (16, GREY_ALPHA, *deep(samples(None, FULL), 257)),
    "equal channels of 16 bits, opaque": (16, RGB_ALPHA, *deep(samples(None, None, None, FULL), 257)),
}
CHUNKS = {
    "none": [],
    "gamma": [(b"gAMA", struct.pack(">I", 100_000))],
    "sRGB": [(b"sRGB", b"\0")],
    "resolution": [(b"pHYs", struct.pack(">IIB", 1000, 1000, 1))],
}


@pytest.mark.parametrize("chunk", CHUNKS)
@pytest.mark.parametrize("name", KEPT)
def test_values_are_those_that_are_stored(name: str, chunk: str, tmp_path: Path) -> None:
    sample = open_frame(tmp_path, KEPT[name], CHUNKS[chunk]).read("0")
    np.testing.assert_allclose(sample.image, IMAGES[0], rtol=1e-6)
    np.testing.assert_array_equal(sample.labels, LABELS[0])


@pytest.mark.parametrize("bits", [1, 2, 4])
@pytest.mark.filterwarnings("ignore:.*labels have many separate pieces")
def test_few_bits_span_black_to_white(bits: int, tmp_path: Path) -> None:
    white = 2**bits - 1
    few = np.round(IMAGES[0] / IMAGES[0].max() * white).astype(np.uint8)
    sample = open_frame(tmp_path, (bits, GREY, few, (LABELS[0] % (white + 1)).astype(np.uint8))).read("0")
    np.testing.assert_allclose(sample.image, few * (255 / white), rtol=1e-6)


@pytest.mark.parametrize("bits", [12, 16])
def test_significant_bits_change_nothing(bits: int, tmp_path: Path) -> None:
    """Writers scale to all 16 bits, as the format demands; one that does not is refused as without this chunk."""
    chunks = [(b"sBIT", bytes([bits]))]
    image, mask = deep((IMAGES[0], LABELS[0]), 257)
    np.testing.assert_allclose(open_frame(tmp_path / "a", (16, GREY, image, mask), chunks).read("0").image, IMAGES[0])
    dark = (16, GREY, image // 16, mask)
    with pytest.raises(DataError, match="brightest pixel of this 16-bit image"):
        open_frame(tmp_path / "b", dark, chunks)


@pytest.mark.parametrize("colour_type", [RGB, RGB_ALPHA])
def test_twelve_bits_in_colours_of_sixteen_are_refused_as_in_grey(colour_type: int, tmp_path: Path) -> None:
    planes = (None, None, None) if colour_type == RGB else (None, None, None, FULL)
    image, mask = deep(samples(*planes), 16)
    with pytest.raises(DataError, match=r"brightest pixel of this 16-bit image is 2\d+ of 65535"):
        open_frame(tmp_path, (16, colour_type, image, mask))
    sample = open_frame(tmp_path, (16, colour_type, image, mask), white_level=4080).read("0")
    np.testing.assert_allclose(sample.image, IMAGES[0], rtol=1e-6)


@pytest.mark.parametrize("bits", [8, 16])
def test_colours_are_refused(bits: int, tmp_path: Path) -> None:
    planes = np.dstack([IMAGES[0], IMAGES[0], IMAGES[0] ^ 1]).astype(f"u{bits // 8}")
    write_raw_png(tmp_path / "input/t0.png", planes * (1 if bits == 8 else 256), bits, RGB)
    write_raw_png(tmp_path / "output/t0.png", LABELS[0], 8)
    with pytest.raises(DataError, match=r"t0\.png: is a colour image: its 3 channels differ in 90000 of 90000"):
        rb.open_dataset(str(tmp_path))


def test_low_bytes_of_channels_count(tmp_path: Path) -> None:
    planes = np.dstack([IMAGES[0].astype(np.uint16) * 257 + shift for shift in (0, 1, 0)])
    write_raw_png(tmp_path / "input/t0.png", planes, 16, RGB)
    write_raw_png(tmp_path / "output/t0.png", LABELS[0], 8)
    with pytest.raises(DataError, match="is a colour image"):
        rb.open_dataset(str(tmp_path))


@pytest.mark.parametrize(("bits", "colour_type", "size"), [(8, GREY, 1), (16, GREY, 1), (8, RGB, 3), (16, RGB, 3)])
def test_a_transparent_value_is_refused_where_it_occurs(bits: int, colour_type: int, size: int, tmp_path: Path) -> None:
    factor = 1 if bits == 8 else 257
    pixels = IMAGES[0].astype(f"u{bits // 8}") * factor
    planes = pixels if size == 1 else np.dstack([pixels] * 3)
    write_raw_png(tmp_path / "output/t0.png", LABELS[0], 8)
    for value in (int(IMAGES[0, 5, 5]), 255):
        chunk = (b"tRNS", struct.pack(">H", value * factor) * size)
        write_raw_png(tmp_path / "input/t0.png", planes, bits, colour_type, [chunk])
        if value == 255:
            np.testing.assert_array_equal(rb.open_dataset(str(tmp_path)).read("0").image, IMAGES[0])
        else:
            with pytest.raises(DataError, match=r"t0\.png: has transparency that differs from pixel to pixel"):
                rb.open_dataset(str(tmp_path))


def test_transparency_of_pixels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"input/t0\.png: has transparency that differs"):
        open_frame(tmp_path, (8, GREY_ALPHA, *samples(FULL, None)))


def test_rotation_on_display_and_animation_are_refused(tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    write_raw_png(tmp_path / "output/t0.png", LABELS[0], 8)
    exif = Pillow.Exif()
    exif[274] = 6
    Pillow.fromarray(IMAGES[0]).save(tmp_path / "input/t0.png", exif=exif)
    with pytest.raises(DataError, match="asks to be rotated or mirrored on display"):
        rb.open_dataset(str(tmp_path))
    first, second = map(Pillow.fromarray, IMAGES)
    first.save(tmp_path / "input/t0.png", save_all=True, append_images=[second])
    with pytest.raises(DataError, match="has more than one page"):
        rb.open_dataset(str(tmp_path))


def test_a_file_far_larger_than_its_pixels_is_not_read_into_memory(tmp_path: Path) -> None:
    write_raw_png(tmp_path / "a.png", np.full((2, 3, 3), 7), 16, RGB)
    with (tmp_path / "a.png").open("rb+") as file:
        file.truncate(2**40)  # takes no room on most disks
    with pytest.raises(DataError, match=r"a\.png: has 1099511627776 bytes, more than the 536870912 allowed"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("name", [b"zTXt", b"iTXt", b"iCCP"])
def test_a_text_that_expands_is_not_expanded(name: bytes, tmp_path: Path) -> None:
    begin = {b"zTXt": b"a\0\0", b"iTXt": b"a\0\1\0\0\0", b"iCCP": b"a\0\0"}[name]
    write_raw_png(tmp_path / "a.png", np.full((2, 3), 7), 8, GREY, [(name, begin + zlib.compress(bytes(2**26)))])
    tracemalloc.start()
    with contextlib.suppress(DataError):
        read_image(tmp_path / "a.png")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**24
