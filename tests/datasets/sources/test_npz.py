"""Arrays in .npz files: grey levels of every dtype, and each way in which arrays can be wrong."""

from __future__ import annotations

import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.errors import DataError
from tests.support.frame_files import IMAGES, LABELS


def save(path: Path, **arrays: object) -> str:
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return str(path)


def test_optional_array_names_the_frames(tmp_path: Path) -> None:
    where = save(tmp_path / "a.npz", images=IMAGES, labels=LABELS, frames=["a", "b", "c"], other=np.zeros(3))
    assert open_dataset(where).frames == ("a", "b", "c")
    where = save(tmp_path / "a.npz", images=IMAGES, labels=LABELS, frames=np.array([7, 9, 11]))
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
    where = save(tmp_path / "a.npz", images=images, labels=LABELS.astype(np.int64))
    np.testing.assert_allclose(open_dataset(where, white_level=white_level).read("2").image, IMAGES[2], rtol=1e-6)


@pytest.mark.parametrize(("images", "labels"), [("images", "labels"), ("X", "y"), ("x", "y")])
@pytest.mark.parametrize("axes", [(False, False), (True, True), (True, False), (False, True)])
def test_names_and_last_axis_of_deep_learning_code(
    images: str, labels: str, axes: tuple[bool, bool], tmp_path: Path
) -> None:
    arrays = [values[..., None] if axis else values for values, axis in zip((IMAGES, LABELS), axes, strict=True)]
    selection = open_dataset(save(tmp_path / "a.npz", **{images: arrays[0], labels: arrays[1]}))
    plain = open_dataset(save(tmp_path / "b.npz", images=IMAGES, labels=LABELS))
    assert selection.digests == plain.digests


def test_bool_images_are_black_and_white(tmp_path: Path) -> None:
    where = save(tmp_path / "a.npz", images=LABELS > 0, labels=LABELS > 0)
    sample = open_dataset(where).read("0")
    np.testing.assert_array_equal(sample.image, np.where(LABELS[0] > 0, 255, 0))
    np.testing.assert_array_equal(sample.labels > 0, LABELS[0] > 0)


class Trap:
    """An object whose unpickling ends the tests."""

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return exec, ("raise SystemExit('executed')",)


def with_nan(images: np.ndarray) -> np.ndarray:
    images = images.astype(np.float32)
    images[0, 0, 0] = np.nan
    return images


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": IMAGES}, r"a\.npz: has no array labels .*; available: images"),
        ({"a": IMAGES}, "has no array images and no array labels .*; available: a"),
        ({"images": IMAGES[0], "labels": LABELS}, r"array images: has shape \(90, 80\); \(frames, height, width\)"),
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, r"array images: has shape \(0, 90, 80\)"),
        (
            {"images": np.stack([IMAGES] * 2, -1), "labels": LABELS},
            r"has shape \(3, 90, 80, 2\); .*or one channel as a",
        ),
        ({"images": IMAGES[:, None], "labels": LABELS}, r"has shape \(3, 1, 90, 80\)"),
        ({"images": IMAGES, "labels": LABELS, "X": IMAGES, "y": LABELS}, "images with labels and X with y, and either"),
        ({"images": IMAGES, "y": LABELS}, r"has no array labels \(nor X with y\); available: images, y"),
        ({"images": IMAGES[:2], "labels": LABELS}, r"array labels: has 3 masks, but .*array images has 2 images"),
        ({"images": IMAGES[:, :50], "labels": LABELS}, r"array labels: is 80×90 px, but .*array images is 80×50 px"),
        (
            {"images": IMAGES / 255, "labels": LABELS},
            r"frame 0: floating-point grey levels span .* scale them to \[0, 255\]",
        ),
        ({"images": IMAGES * 2.0, "labels": LABELS}, "span 180 to 440; scale them"),
        (
            {"images": IMAGES.astype(np.int64), "labels": LABELS},
            r"frame 0: values of int64 \(up to 220\) have no white level that is agreed on; save it as uint8",
        ),
        (
            {"images": IMAGES * np.int32(16), "labels": LABELS},
            "values of int32 .up to 3520. .* give the white level: 4095 for a 12-bit camera",
        ),
        ({"images": with_nan(IMAGES), "labels": LABELS}, "floating-point grey levels are NaN or infinite; put a"),
        (
            {"images": IMAGES.astype(complex), "labels": LABELS},
            "array images: has dtype complex128, which is not read",
        ),
        ({"images": IMAGES, "labels": LABELS * 1.0}, "array labels: has dtype float64, which is not read"),
        ({"images": IMAGES, "labels": -LABELS.astype(int)}, "frame 0: label -8 is negative"),
        ({"images": np.array([Trap()]), "labels": LABELS}, r"array images: has dtype object, .*could execute code"),
        ({"images": IMAGES, "labels": LABELS, "frames": np.array([Trap()])}, "array frames: has dtype object"),
        ({"images": IMAGES, "labels": LABELS, "frames": ["a", "b"]}, r"frames has shape \(2,\) for 3 images"),
        ({"images": IMAGES, "labels": LABELS, "frames": ["a", "b", "a"]}, "frames has duplicate names"),
        ({"images": IMAGES, "labels": LABELS, "frames": ["a", "b\n", "c"]}, r"'b\\n' is not a valid frame name"),
        ({"images": IMAGES, "labels": LABELS, "frames": ["a", "b" * 999, "c"]}, "is not a valid frame name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_invalid_arrays_are_reported(arrays: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        open_dataset(save(tmp_path / "a.npz", **arrays))


def array_file(shape: tuple[int, ...], dtype: str, content: bytes = b"", version: bytes = b"\1\0") -> bytes:
    head = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY" + version + struct.pack("<H", len(head)) + head + content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (array_file((10**6, 10**5, 10**5), "|u1"), "declares .*more than the 1073741824 bytes allowed; .*TIFF"),
        (array_file((-3, 90, 80), "|u1"), "more than the"),
        (array_file((3, 90, 80), "|u1", b"\0" * 100), r"declares \(3, 90, 80\) of uint8 but has 100 bytes; save it"),
        (array_file((2, 2), "|u1", b"\0\0\0\0", b"\3\0"), r"has version \(3, 0\) of NumPy's format"),
        (array_file((1, 2**14, 2**13), "|u1", b"\0" * 2**27), "declares 8192×16384 px, more than"),
        (array_file((1, 1, 1), "|V8", b"\0" * 8), "has dtype .*, which is not read"),
        (b"\x93NUMPY\1\0\xff\xff{'descr'", "cannot be read as an .npz file"),
        (b"hello", "cannot be read as an .npz file"),
        (pickle.dumps(Trap()), "cannot be read as an .npz file"),
    ],
    ids=["huge", "negative", "short", "other version", "large frame", "structured", "cut header", "text", "pickle"],
)
def test_misdeclared_array_is_refused_before_it_is_allocated(content: bytes, message: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", content)
        archive.writestr("labels.npy", array_file((1, 1, 1), "|u1", b"\0"))
    with pytest.raises(DataError, match=message):
        open_dataset(str(tmp_path / "a.npz"))


def test_archive_with_too_many_files_is_a_data_error(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        for number in range(101):
            archive.writestr(f"{number}.npy", b"")
    with pytest.raises(DataError, match=r"a\.npz: has 101 files, more than the 100 allowed"):
        open_dataset(str(tmp_path / "a.npz"))
