"""Stacks of every kind that TIFF has, and each way in which they can be wrong."""

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


def stacks(root: Path, save: Callable[[Path, np.ndarray], None]) -> str:
    """Images as ``save`` leaves them, beside sound masks."""
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
def test_stacks_of_every_kind(save: Callable[[Path, np.ndarray], None], tmp_path: Path) -> None:
    selection = open_dataset(stacks(tmp_path, save))
    for number, frame in enumerate(selection.frames):
        np.testing.assert_array_equal(selection.read(frame).image, IMAGES[number])
        np.testing.assert_array_equal(selection.read(frame).labels > 0, LABELS[number] > 0)


def test_sixteen_bits_of_either_byte_order(tmp_path: Path) -> None:
    deep = IMAGES.astype(np.uint16) * 257
    for order in "<>":
        where = stacks(tmp_path, lambda path, _, order=order: write(path, deep, byteorder=order))  # type: ignore[misc]
        np.testing.assert_allclose(open_dataset(where).read("1").image, IMAGES[1])


def test_one_page_is_one_frame(tmp_path: Path) -> None:
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


def a_preview(path: Path, stack: np.ndarray) -> None:
    page_by_page(path, stack)
    tifffile.imwrite(path, np.zeros((9, 8), np.uint8), append=True)


def in_one_block(path: Path, stack: np.ndarray) -> None:
    """As ImageJ writes what is larger than 4 GB."""
    text = f"ImageJ=1.11a\nimages={len(stack)}\nframes={len(stack)}\n"
    tifffile.imwrite(path, stack[0], description=text, metadata=None)


def part_of_a_set(path: Path, stack: np.ndarray) -> None:
    text = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        '<BinaryOnly MetadataFile="other.companion.ome" UUID="urn:uuid:1"/></OME>'
    )
    write(path, stack, description=text, metadata=None)


def endless_entities(path: Path, stack: np.ndarray) -> None:
    text = (
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">&c;</OME>'
    )
    write(path, stack, description=text, metadata=None)


def told_absurdities(path: Path, stack: np.ndarray) -> None:
    ome("T", (3,))(path, stack)
    path.write_bytes(path.read_bytes().replace(b'SizeT="3"', b'SizeT="9"'))


def colours(path: Path, stack: np.ndarray) -> None:
    tifffile.imwrite(path, np.zeros((3, 90, 80, 3), np.uint8), photometric="rgb")


def floating(path: Path, stack: np.ndarray) -> None:
    write(path, stack.astype(np.float32))


def too_few(path: Path, stack: np.ndarray) -> None:
    write(path, stack[:2])


def smaller(path: Path, stack: np.ndarray) -> None:
    write(path, stack[:, :50])


def cut_short(path: Path, stack: np.ndarray) -> None:
    page_by_page(path, stack)
    path.write_bytes(path.read_bytes()[:-3000])


def cut_in_its_pixels(path: Path, stack: np.ndarray) -> None:
    """Only the first page is told before the pixels of all."""
    write(path, stack)
    path.write_bytes(path.read_bytes()[: 2 * stack[0].nbytes])


def taken_for_colours(path: Path, stack: np.ndarray) -> None:
    with warnings.catch_warnings(action="ignore"):  # tifffile says so itself, in some versions
        tifffile.imwrite(path, stack)


def no_tiff(path: Path, stack: np.ndarray) -> None:
    path.write_text("hello")


def missing(path: Path, stack: np.ndarray) -> None:
    path.unlink(missing_ok=True)


def with_tag(number: int, value: int) -> Callable[[Path, np.ndarray], None]:
    def save(path: Path, stack: np.ndarray) -> None:
        write(path, stack[0], metadata=None, dtype=np.uint8)
        with tifffile.TiffFile(path, mode="r+b") as file:
            file.pages[0].tags[number].overwrite(value)  # type: ignore[union-attr]

    return save


def in_a_circle(pages: int) -> Callable[[Path, np.ndarray], None]:
    """Each directory names the next, and the last one the first."""

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
    ("save", "words"),
    [
        (ome("TC", (2, 3)), r"images\.tif: has the axes T 2, C 3 .*save one grey channel"),
        (ome("C", (3,)), "has the axes C 3 besides"),
        (ome("TZ", (3, 2)), "has the axes T 3, Z 2 besides"),
        (imagej("TC", (2, 3)), "has the axes T 2, C 3 besides"),
        (imagej("TZ", (2, 3)), "has the axes T 2, Z 3 besides"),
        (lambda path, _: write(path, np.zeros((2, 3, 90, 80), np.uint8)), "has the axes Q 2, Q 3 besides"),
        (two_series, "has the axes T 3, image 2 besides|has the axes Z 3, image 2 besides|image 2 besides"),
        (colours, "S 3 besides height and width"),
        (taken_for_colours, "has the axes S 3 besides .* took for colours need its photometric='minisblack'"),
        (a_preview, r"page 3 is 8×9 px, page 0 80×90 px; save frames of one size"),
        (in_one_block, "declares T 3 and has 1 page; .*; else save it again as one file"),
        (cut_in_its_pixels, r"images\.tif: declares Q 3 and has 1 page; is it cut off\? Then get it again"),
        (told_absurdities, "declares T 9 and has 3 pages"),
        (part_of_a_set, "describes no pixels; is it a part of a set of files"),
        (endless_entities, "declares a document type"),
        (floating, r"images\.tif, page 0: is F .*save it as 8- or 16-bit grey"),
        (too_few, r"masks\.tif: has 3 masks for the 2 images of .*images\.tif; leave out"),
        (smaller, r"masks\.tif: is 80×90 px, but .*images\.tif is 80×50 px; export"),
        (cut_short, r"images\.tif: "),
        (no_tiff, r"images\.tif: cannot be read as an image .*replace"),
        (missing, r"images\.tif: no such file; name the stacks"),
        (with_tag(256, 2**20), r"images\.tif: is declared as 1048576×90 px, more than the 67108864 px allowed"),
        (with_tile((36_000, 36_000)), r"images\.tif, page 0: has tiles of 36000×36000 px, and 16777216 px are allowed"),
        (with_tag(259, 50002), r"images\.tif: cannot be read as an image .*cannot identify"),
        (in_a_circle(1), "pages without end"),
        (in_a_circle(150), "pages without end"),
    ],
)
def test_what_is_wrong_with_a_stack_is_said_when_it_is_opened(save, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words):
        open_dataset(stacks(tmp_path, save))


def test_a_small_file_of_very_many_large_pages_is_not_read(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "images.tif") as file:
        for _ in range(300):
            file.write(np.zeros((1, 1), np.uint8), contiguous=False, metadata=None, photometric="minisblack")
    with tifffile.TiffFile(tmp_path / "images.tif", mode="r+b") as file:
        for page in file.pages:
            for tag in (256, 257):
                page.tags[tag].overwrite(8192)
    with pytest.raises(DataError, match="more than the 32768 pages or 17179869184 px allowed"):
        open_dataset(f"{tmp_path}/images.tif:{tmp_path}/images.tif")


def test_memory_does_not_grow_with_a_stack(tmp_path: Path) -> None:
    from robustbench_cells.datasets.sources.stack import Pages

    write(tmp_path / "long.tif", np.ones((200, 128, 128), np.uint8))
    pages = Pages(tmp_path / "long.tif")
    pages.pixels(0)
    tracemalloc.start()
    for index in range(200):
        assert pages.pixels(index).all()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30 * 128 * 128
