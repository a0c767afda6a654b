"""TIFF stacks of every variant, and each way in which a stack can be wrong."""

from __future__ import annotations

import struct
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.errors import DataError
from tests.conftest import save_mask
from tests.support.frame_files import IMAGES, LABELS
from tests.support.tiff_files import with_tile, write


def write_stacks(root: Path, save: Callable[[Path, np.ndarray], None]) -> str:
    """Write images by ``save``, and valid masks."""
    save(root / "images.tif", IMAGES)
    write(root / "masks.tif", LABELS)
    return f"{root}/images.tif:{root}/masks.tif"


def by_pillow(compression: str) -> Callable[[Path, np.ndarray], None]:
    def save(path: Path, stack: np.ndarray) -> None:
        first, *others = map(Pillow.fromarray, stack)
        first.save(path, save_all=True, append_images=others, compression=compression)

    return save


def page_by_page(path: Path, stack: np.ndarray) -> None:
    with tifffile.TiffWriter(path) as file:
        for page in stack:
            file.write(page, contiguous=False, photometric="minisblack")


SAVERS = {
    "plain": write,
    "big": lambda path, stack: write(path, stack, bigtiff=True),
    "tiled": lambda path, stack: write(path, stack, tile=(16, 16)),
    "deflate": lambda path, stack: write(path, stack, compression="zlib", predictor=2),
    "LZW": by_pillow("tiff_lzw"),
    "PackBits": by_pillow("packbits"),
    "page by page": page_by_page,
    "ImageJ": lambda path, stack: tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "TYX"}),
    "ImageJ, depth": lambda path, stack: tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "ZYX"}),
    "OME": lambda path, stack: tifffile.imwrite(path, stack, ome=True, metadata={"axes": "TYX"}),
    "OME, depth": lambda path, stack: tifffile.imwrite(path, stack, ome=True, metadata={"axes": "ZYX"}),
    "OME, size 1": lambda path, stack: tifffile.imwrite(
        path, stack[:, None, None], ome=True, metadata={"axes": "TCZYX"}
    ),
    "size 1": lambda path, stack: tifffile.imwrite(path, stack[None, :, None], metadata={"axes": "QTZYX"}),
}


@pytest.mark.parametrize("save", SAVERS.values(), ids=SAVERS)
def test_every_variant_is_read(save: Callable[[Path, np.ndarray], None], tmp_path: Path) -> None:
    selection = open_dataset(write_stacks(tmp_path, save))
    for number, frame in enumerate(selection.frames):
        np.testing.assert_array_equal(selection.read(frame).image, IMAGES[number])
        np.testing.assert_array_equal(selection.read(frame).labels > 0, LABELS[number] > 0)


def test_either_byte_order_is_read(tmp_path: Path) -> None:
    deep = IMAGES.astype(np.uint16) * 257
    for order in "<>":
        where = write_stacks(tmp_path, lambda path, _, order=order: write(path, deep, byteorder=order))  # type: ignore[misc]
        np.testing.assert_allclose(open_dataset(where).read("1").image, IMAGES[1])


def test_single_page_is_one_frame(tmp_path: Path) -> None:
    for name, stack in (("a.tif", IMAGES), ("b.tif", LABELS)):
        save_mask(tmp_path / name, stack[0])
    assert open_dataset(f"{tmp_path}/a.tif:{tmp_path}/b.tif").frames == ("0",)


def ome(axes: str, shape: tuple[int, ...]) -> Callable[[Path, np.ndarray], None]:
    def save(path: Path, stack: np.ndarray) -> None:
        content = np.zeros((*shape, 90, 80), np.uint8)
        write(path, content, ome=True, metadata={"axes": f"{axes}YX"})

    return save


def imagej(axes: str, shape: tuple[int, ...]) -> Callable[[Path, np.ndarray], None]:
    def save(path: Path, stack: np.ndarray) -> None:
        tifffile.imwrite(path, np.zeros((*shape, 90, 80), np.uint8), imagej=True, metadata={"axes": f"{axes}YX"})

    return save


def two_series(path: Path, stack: np.ndarray) -> None:
    with tifffile.TiffWriter(path, ome=True) as file:
        for pixels in (stack, stack):
            file.write(pixels, photometric="minisblack")


def with_preview(path: Path, stack: np.ndarray) -> None:
    page_by_page(path, stack)
    tifffile.imwrite(path, np.zeros((9, 8), np.uint8), append=True)


def in_one_block(path: Path, stack: np.ndarray) -> None:
    """As ImageJ writes files above 4 GB."""
    text = f"ImageJ=1.11a\nimages={len(stack)}\nframes={len(stack)}\n"
    tifffile.imwrite(path, stack[0], description=text, metadata=None)


def part_of_a_set(path: Path, stack: np.ndarray) -> None:
    text = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        '<BinaryOnly MetadataFile="other.companion.ome" UUID="urn:uuid:1"/></OME>'
    )
    write(path, stack, description=text, metadata=None)


def entity_expansion(path: Path, stack: np.ndarray) -> None:
    text = (
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">&c;</OME>'
    )
    write(path, stack, description=text, metadata=None)


def misdeclared(path: Path, stack: np.ndarray) -> None:
    ome("T", (3,))(path, stack)
    path.write_bytes(path.read_bytes().replace(b'SizeT="3"', b'SizeT="9"'))


def colours(path: Path, stack: np.ndarray) -> None:
    tifffile.imwrite(path, np.arange(3 * 90 * 80 * 3, dtype=np.uint8).reshape(3, 90, 80, 3), photometric="rgb")


def too_few(path: Path, stack: np.ndarray) -> None:
    write(path, stack[:2])


def smaller(path: Path, stack: np.ndarray) -> None:
    write(path, stack[:, :50])


def truncated(path: Path, stack: np.ndarray) -> None:
    page_by_page(path, stack)
    path.write_bytes(path.read_bytes()[:-3000])


def truncated_pixels(path: Path, stack: np.ndarray) -> None:
    """Cut off after the directory of the first page, which precedes the pixels."""
    write(path, stack)
    path.write_bytes(path.read_bytes()[: 2 * stack[0].nbytes])


def taken_for_colours(path: Path, stack: np.ndarray) -> None:
    with warnings.catch_warnings(action="ignore"):  # some versions of tifffile warn
        tifffile.imwrite(path, stack)


def text_file(path: Path, stack: np.ndarray) -> None:
    path.write_text("hello")


def missing(path: Path, stack: np.ndarray) -> None:
    path.unlink(missing_ok=True)


def with_tag(number: int, value: int) -> Callable[[Path, np.ndarray], None]:
    def save(path: Path, stack: np.ndarray) -> None:
        write(path, stack[0], metadata=None, dtype=np.uint8)
        with tifffile.TiffFile(path, mode="r+b") as file:
            file.pages[0].tags[number].overwrite(value)  # type: ignore[union-attr]

    return save


def cyclic(pages: int) -> Callable[[Path, np.ndarray], None]:
    """Link each directory to the next, and the last one to the first."""

    def save(path: Path, stack: np.ndarray) -> None:
        entries = [(256, 80), (257, 90), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 90), (279, 7200)]
        body = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
        size = 2 + len(body) + 4
        content = b"II*\0" + struct.pack("<I", 8)
        for number in range(pages):
            follows = 8 + (number + 1) % pages * size
            content += struct.pack("<H", len(entries)) + body + struct.pack("<I", follows)
        path.write_bytes(content + bytes(8000))

    return save


@pytest.mark.parametrize(
    ("save", "message"),
    [
        (ome("TC", (2, 3)), r"images\.tif: has axes T 2, C 3 .*save a stack of one grey channel"),
        (ome("C", (3,)), "has axes C 3 besides"),
        (ome("TZ", (3, 2)), "has axes T 3, Z 2 besides"),
        (imagej("TC", (2, 3)), "has axes T 2, C 3 besides"),
        (imagej("TZ", (2, 3)), "has axes T 2, Z 3 besides"),
        (lambda path, _: write(path, np.zeros((2, 3, 90, 80), np.uint8)), "has axes Q 2, Q 3 besides"),
        (two_series, "has axes T 3, image 2 besides|has axes Z 3, image 2 besides|image 2 besides"),
        (colours, r"images\.tif, frame 0: is a colour image: its 3 channels differ in 7200 of 7200 pixels"),
        (taken_for_colours, "has axes S 3 besides .* took the frames for colours, pass photometric='minisblack'"),
        (with_preview, r"page 3 is 8×9 px, but page 0 is 80×90 px; save frames of one size"),
        (in_one_block, "declares T 3 but has 1 page; .*; else save it again as one file"),
        (truncated_pixels, r"images\.tif: declares Q 3 but has 1 page; if it is truncated, get a fresh copy"),
        (misdeclared, "declares T 9 but has 3 pages"),
        (part_of_a_set, "describes no pixels; is it one of a set of files"),
        (entity_expansion, "has a DOCTYPE"),
        (too_few, r"masks\.tif: has 3 masks, but .*images\.tif has 2 images; give each"),
        (smaller, r"masks\.tif: is 80×90 px, but .*images\.tif is 80×50 px; export"),
        (
            truncated,
            r"images\.tif, page 2: a part of its pixels is missing; if the file is truncated, get a fresh copy",
        ),
        (text_file, r"images\.tif: cannot be read as an image .*replace"),
        (missing, r"images\.tif: no such file; give the stacks"),
        (with_tag(256, 2**20), r"images\.tif: declares 1048576×90 px, more than the 67108864 px allowed"),
        (
            with_tile((36_000, 36_000)),
            r"images\.tif, page 0: has tiles of 36000×36000 px, and 1 to 16777216 px",
        ),
        (with_tag(259, 50002), r"images\.tif, page 0: is compressed by JPEGXL, which is not read; save it without"),
        (cyclic(1), "a cyclic list of pages"),
        (cyclic(150), "a cyclic list of pages"),
    ],
)
def test_invalid_stack_is_reported_on_opening(save, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        open_dataset(write_stacks(tmp_path, save))


def test_small_file_that_declares_many_large_pages_is_not_read(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "images.tif") as file:
        for _ in range(300):
            file.write(np.zeros((1, 1), np.uint8), contiguous=False, metadata=None, photometric="minisblack")
    with tifffile.TiffFile(tmp_path / "images.tif", mode="r+b") as file:
        for page in file.pages:
            for tag in (256, 257):
                page.tags[tag].overwrite(8192)
    with pytest.raises(DataError, match="more than the 32768 pages or 17179869184 px allowed"):
        open_dataset(f"{tmp_path}/images.tif:{tmp_path}/images.tif")


def test_memory_does_not_grow_with_the_stack(tmp_path: Path) -> None:
    from robustbench_cells.datasets.sources.stack import Pages

    write(tmp_path / "long.tif", np.ones((200, 128, 128), np.uint8))
    pages = Pages(tmp_path / "long.tif")
    pages.plane(0)
    tracemalloc.start()
    for index in range(200):
        assert pages.plane(index).pixels.all()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30 * 128 * 128
