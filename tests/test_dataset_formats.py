"""Stacks, arrays and tables: the same frames from each, and each way in which they can be wrong."""

from __future__ import annotations

import pickle
import struct
import tempfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from robustbench_cells.datasets import open_dataset
from robustbench_cells.errors import DataError
from tests.conftest import draw_labels, save_mask
from tests.made_up_frames import WRITERS

LABELS = np.stack([draw_labels((90, 80), seed) for seed in (2, 3, 4)]).astype(np.uint16)
IMAGES = np.where(LABELS > 0, 220, 90).astype(np.uint8) + np.arange(3, dtype=np.uint8)[:, None, None]
FREE = sorted(set(WRITERS) - {"cell_tracking_challenge"})


@pytest.mark.parametrize("kind", FREE)
def test_the_same_frames_are_the_same_to_the_benchmark_whatever_holds_them(kind: str, tmp_path: Path) -> None:
    """Same key, names, pixels and labels: so the same random numbers, the same records in the store."""
    folders = open_dataset(WRITERS["paired"](tmp_path / "folders", IMAGES, LABELS))
    selection = open_dataset(WRITERS[kind](tmp_path / kind, IMAGES, LABELS))
    assert selection.key == "paired/all"
    assert selection.frames == ("0", "1", "2")
    assert selection.digests == folders.digests
    assert selection.fingerprint == folders.fingerprint
    assert selection.sequence
    np.testing.assert_array_equal(selection.read("1").image, IMAGES[1])


@pytest.mark.parametrize("kind", FREE)
def test_every_format_has_the_rules_for_bits_and_masks(kind: str, tmp_path: Path) -> None:
    deep = np.linspace(0, 4095, IMAGES.size).reshape(IMAGES.shape).astype(np.uint16)
    where = WRITERS[kind](tmp_path / "deep", deep, (LABELS > 0).astype(np.uint8) * 255)
    with pytest.raises(DataError, match=r"a 16-bit file whose brightest pixel is .*white level 4095"):
        open_dataset(where)
    selection = open_dataset(where, white_level=4095)
    np.testing.assert_allclose(selection.read("2").image, deep[2] * (255 / 4095), rtol=1e-5)
    assert selection.read("2").labels.max() > 1
    swapped = WRITERS[kind](tmp_path / "swapped", IMAGES, IMAGES)
    with pytest.raises(DataError, match=r"has no background .*an image in the place of a mask"):
        open_dataset(swapped)


@pytest.mark.parametrize("kind", FREE)
def test_frames_without_splits_have_no_other(kind: str, tmp_path: Path) -> None:
    where = WRITERS[kind](tmp_path, IMAGES, LABELS)
    assert open_dataset(where, "all").frames == ("0", "1", "2")
    with pytest.raises(DataError, match="has no splits, so none is called 'train'"):
        open_dataset(where, "train")


# Stacks

write = partial(tifffile.imwrite, photometric="minisblack")  # else three frames are taken for red, green and blue


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


def with_tile(side: tuple[Any, Any]) -> Callable[[Path, np.ndarray], None]:
    """What the file declares its tiles to be."""

    def save(path: Path, stack: np.ndarray) -> None:
        write(path, stack, metadata=None, tile=(96, 96), compression="zlib")
        with tifffile.TiffFile(path, mode="r+b") as file:
            for number, value in zip((322, 323), side, strict=True):
                dtype = 2 if isinstance(value, str) else 4  # a text, a number
                file.pages[0].tags[number].overwrite(value, dtype=dtype)  # type: ignore[union-attr]

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
        (a_preview, r"page 3 is 8×9 px, page 0 80×90 px; save frames of one size"),
        (in_one_block, "declares T 3 and has 1 pages; save it again as one file"),
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
    from robustbench_cells.datasets.stack import Pages

    write(tmp_path / "long.tif", np.ones((200, 128, 128), np.uint8))
    pages = Pages(tmp_path / "long.tif")
    pages.pixels(0)
    tracemalloc.start()
    for index in range(200):
        assert pages.pixels(index).all()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30 * 128 * 128


# Arrays


def saved(path: Path, **arrays: object) -> str:
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return str(path)


def test_arrays_may_name_their_frames(tmp_path: Path) -> None:
    where = saved(tmp_path / "a.npz", images=IMAGES, labels=LABELS, frames=["a", "b", "c"], other=np.zeros(3))
    assert open_dataset(where).frames == ("a", "b", "c")
    where = saved(tmp_path / "a.npz", images=IMAGES, labels=LABELS, frames=np.array([7, 9, 11]))
    assert open_dataset(where).frames == ("7", "9", "11")


@pytest.mark.parametrize(
    ("images", "white_level"),
    [
        (IMAGES, None),
        (IMAGES.astype(np.float32), None),
        (IMAGES.astype(np.float64), 4095),
        (IMAGES.astype(">u2") * 257, None),
        (IMAGES.astype(np.int64), 255),
        (IMAGES.astype(np.uint64) * 16, 255 * 16),
    ],
    ids=lambda value: str(getattr(value, "dtype", value)),
)
def test_grey_levels_of_every_dtype(images: np.ndarray, white_level: int | None, tmp_path: Path) -> None:
    where = saved(tmp_path / "a.npz", images=images, labels=LABELS.astype(np.int64))
    np.testing.assert_allclose(open_dataset(where, white_level=white_level).read("2").image, IMAGES[2], rtol=1e-6)


def test_two_levels_are_black_and_white(tmp_path: Path) -> None:
    where = saved(tmp_path / "a.npz", images=LABELS > 0, labels=LABELS > 0)
    sample = open_dataset(where).read("0")
    np.testing.assert_array_equal(sample.image, np.where(LABELS[0] > 0, 255, 0))
    np.testing.assert_array_equal(sample.labels > 0, LABELS[0] > 0)


class Trap:
    """Unpickling it would end the tests."""

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return exec, ("raise SystemExit('executed')",)


def nan(images: np.ndarray) -> np.ndarray:
    images = images.astype(np.float32)
    images[0, 0, 0] = np.nan
    return images


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"images": IMAGES}, r"a\.npz: has no array labels; there are: images"),
        ({"a": IMAGES}, "has no array images and no array labels; there are: a"),
        ({"images": IMAGES[0], "labels": LABELS}, r"array images: has the shape \(90, 80\); \(frames, height, width\)"),
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, r"array images: has the shape \(0, 90, 80\)"),
        ({"images": IMAGES[..., None], "labels": LABELS}, r"has the shape \(3, 90, 80, 1\)"),
        ({"images": IMAGES[:2], "labels": LABELS}, r"array labels: has 3 masks for the 2 images"),
        ({"images": IMAGES[:, :50], "labels": LABELS}, r"array labels: is 80×90 px, but .*array images is 80×50 px"),
        (
            {"images": IMAGES / 255, "labels": LABELS},
            r"frame 0: floating-point grey levels span .* scale them to 0 to 255",
        ),
        ({"images": IMAGES * 2.0, "labels": LABELS}, "span 180 to 440; scale them"),
        ({"images": nan(IMAGES), "labels": LABELS}, "span nan to nan; scale them"),
        (
            {"images": IMAGES.astype(complex), "labels": LABELS},
            "array images: is of dtype complex128, which is not read",
        ),
        ({"images": IMAGES, "labels": LABELS * 1.0}, "array labels: is of dtype float64, which is not read"),
        ({"images": IMAGES, "labels": -LABELS.astype(int)}, "frame 0: label -8 is negative"),
        ({"images": np.array([Trap()]), "labels": LABELS}, r"array images: is of dtype object, .*could execute code"),
        ({"images": IMAGES, "labels": LABELS, "frames": np.array([Trap()])}, "array frames: is of dtype object"),
        ({"images": IMAGES, "labels": LABELS, "frames": ["a", "b"]}, r"has \(2,\) names in frames for 3 images"),
        ({"images": IMAGES, "labels": LABELS, "frames": ["a", "b", "a"]}, "has a name twice in frames"),
        ({"images": IMAGES, "labels": LABELS, "frames": ["a", "b\n", "c"]}, r"'b\\n' is no name of a frame"),
        ({"images": IMAGES, "labels": LABELS, "frames": ["a", "b" * 999, "c"]}, "is no name of a frame"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_with_arrays(arrays: dict[str, object], words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words):
        open_dataset(saved(tmp_path / "a.npz", **arrays))


def array_file(shape: tuple[int, ...], dtype: str, content: bytes = b"", version: bytes = b"\1\0") -> bytes:
    head = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY" + version + struct.pack("<H", len(head)) + head + content


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (array_file((10**6, 10**5, 10**5), "|u1"), "declares .*more than the 1073741824 bytes allowed; .*TIFF"),
        (array_file((-3, 90, 80), "|u1"), "more than the"),
        (array_file((3, 90, 80), "|u1", b"\0" * 100), r"declares \(3, 90, 80\) of uint8 and has 100 bytes; save it"),
        (array_file((2, 2), "|u1", b"\0\0\0\0", b"\3\0"), r"is of version \(3, 0\) of numpy's format"),
        (array_file((1, 2**14, 2**13), "|u1", b"\0" * 2**27), "is declared as 8192×16384 px, more than"),
        (array_file((1, 1, 1), "|V8", b"\0" * 8), "is of dtype .*, which is not read here"),
        (b"\x93NUMPY\1\0\xff\xff{'descr'", "cannot be read as an .npz file"),
        (b"hello", "cannot be read as an .npz file"),
        (pickle.dumps(Trap()), "cannot be read as an .npz file"),
    ],
    ids=["huge", "negative", "short", "other version", "large frame", "structured", "cut header", "text", "pickle"],
)
def test_a_header_that_lies_is_found_before_its_array_is_made(content: bytes, words: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", content)
        archive.writestr("labels.npy", array_file((1, 1, 1), "|u1", b"\0"))
    with pytest.raises(DataError, match=words):
        open_dataset(str(tmp_path / "a.npz"))


def test_an_archive_that_declares_too_much_is_a_data_error(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        for number in range(101):
            archive.writestr(f"{number}.npy", b"")
    with pytest.raises(DataError, match=r"a\.npz: holds 101 files, more than the 100 allowed"):
        open_dataset(str(tmp_path / "a.npz"))


# Tables


def table(root: Path, text: str | bytes) -> str:
    WRITERS["csv"](root, IMAGES, LABELS)
    (root / "frames.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return str(root / "frames.csv")


def test_a_table_with_splits_and_names_of_its_own(tmp_path: Path) -> None:
    where = table(
        tmp_path,
        "\ufeffsplit, mask,image,remark\r\n"
        'test,masks/0.png,images/0.png,"one, two"\r\n'
        "train,masks/1.png,images/1.png,\r\ntest,masks/2.png,images/2.png\r\n",
    )
    selection = open_dataset(where)
    assert selection.key == "paired/test"
    assert selection.frames == ("0", "2")
    assert open_dataset(where, "train").frames == ("1",)
    with pytest.raises(DataError, match="has no split 'validation'; there are: test, train"):
        open_dataset(where, "validation")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"frames\.csv, line 1: has no column 'image'; the first line is"),
        ("image,split\n", r"frames\.csv, line 1: has no column 'mask'; the first line is image,mask"),
        ("image;mask\n", "has no column 'image'; .* with commas between"),
        ("image,mask,mask\n", "has two of the column 'mask'"),
        ("image,mask\n", "has no split 'all'; there are: no lines"),
        ("image,mask\nimages/0.png,masks/0.png\nimages/1.png\n", r"frames\.csv, line 3: has no mask"),
        ("image,mask\nimages/9.png,masks/0.png\n", r"line 2: .*images/9\.png is no file; correct the path"),
        ("image,mask\nimages,masks/0.png\n", r"line 2: .*images is no file"),
        ("image,mask\n/dev/zero,masks/0.png\n", "line 2: '/dev/zero' is no path relative to the table"),
        ("image,mask\nhttp://example.org/0.png,masks/0.png\n", "line 2: .* is no file"),
        (f"image,mask\n{'a' * 9000},masks/0.png\n", "line 2: .* is no file"),
        (
            "image,mask,frame\nimages/0.png,masks/0.png,a\nimages/1.png,masks/1.png,a\n",
            r"frames\.csv, line 3: the frame 'a' is there twice; give each its own name in a column frame",
        ),
        ("image,mask\nimages/0.png,masks/0.png\nimages/0.png,masks/1.png\n", "line 3: the frame '0' is there twice"),
        (b"image,mask\nimages/0.png,masks/0.png\n\xff\xff\n", "cannot be read as a CSV table in UTF-8"),
        (b"image,mask\n" + b"a" * 200_000 + b",b\n", "cannot be read as a CSV table in UTF-8"),
        (b" " * (2**24 + 1), "is larger than the 16777216 bytes allowed for a table"),
    ],
    ids=range(16),
)
def test_what_is_wrong_with_a_table_is_said_with_its_line(text: str | bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words):
        open_dataset(table(tmp_path, text))


# Single files


def absurd_png(path: Path, width: int, height: int) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    )


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [8193, 9000, 11_000, 60_000, 2**31 - 1])
def test_a_declared_size_beyond_all_bounds_is_refused_before_it_is_decoded(side: int, tmp_path: Path) -> None:
    where = WRITERS["paired"](tmp_path, IMAGES, LABELS)
    (tmp_path / "input/t000.tif").unlink()
    absurd_png(tmp_path / "input/t000.png", side, side)
    with pytest.raises(DataError, match=r"t000\.png: is declared .* than the 67108864 px allowed; cut the frame"):
        open_dataset(where)


@pytest.mark.parametrize("side", [(36_000, 36_000), (2**24, 96), ("64", 2**31), (0, 96)])
def test_tiles_beyond_all_bounds_are_refused_before_they_are_decoded(side: tuple[Any, Any], tmp_path: Path) -> None:
    where = WRITERS["paired"](tmp_path, IMAGES, LABELS)
    with_tile(side)(tmp_path / "input/t000.tif", IMAGES[:1])
    with pytest.raises(DataError, match=r"t000\.tif: has tiles of .* px, and 16777216 px are allowed; save it"):
        open_dataset(where)


def test_only_tiff_and_png_are_decoded_whatever_a_file_is_called(tmp_path: Path) -> None:
    where = WRITERS["paired"](tmp_path, IMAGES, LABELS)
    Pillow.fromarray(IMAGES[0]).save(tmp_path / "input/t000.tif", format="EPS")  # Pillow would run Ghostscript
    with pytest.raises(DataError, match=r"t000\.tif: cannot be read as an image"):
        open_dataset(where)


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    import os

    where = WRITERS["paired"](tmp_path, IMAGES, LABELS)
    (tmp_path / "input/t000.tif").unlink()
    os.mkfifo(tmp_path / "input/t000.tif")  # opening it would wait for ever
    with pytest.raises(DataError, match=r"t000\.tif: no such file"):
        open_dataset(where)


@pytest.mark.parametrize("kind", FREE)
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_a_damaged_file_is_read_or_refused_in_words(kind: str) -> None:
    """Anything but a `DataError` would be a traceback for the user."""
    with tempfile.TemporaryDirectory() as folder:
        where = WRITERS[kind](Path(folder), IMAGES, LABELS)
        path = sorted(path for path in Path(folder).rglob("*") if path.is_file())[0]
        sound = path.read_bytes()

        @settings(max_examples=100)
        @given(
            changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
            head=st.booleans(),
            cut=st.floats(0, 1),
        )
        def check(changes: list[tuple[float, int]], head: bool, cut: float) -> None:
            content = bytearray(sound)
            for place, value in changes:
                content[int(place * (min(len(content), 600) - 1)) * (1 if head else -1)] = value
            path.write_bytes(bytes(content[: round(cut * len(content))] if cut < 0.3 else content))
            try:
                open_dataset(where)
            except DataError as error:
                assert Path(folder).name in str(error)  # noqa: PT017

        check()
