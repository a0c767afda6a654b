"""Paired folders: the layout, and each way in which a folder can be wrong."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.errors import DataError, DataWarning
from tests.conftest import save_mask
from tests.support.frame_files import BINARY, IMAGES, write_paired_split

IMAGE, MASK = IMAGES[0], BINARY[0]


@pytest.mark.parametrize("suffix", ["tif", "tiff", "png", "PNG"])
def test_folders_of_a_split(tmp_path: Path, suffix: str) -> None:
    selection = open_dataset(str(write_paired_split(tmp_path, suffix=suffix)))
    assert selection.key == "paired/test"
    assert selection.frames == ("7", "12")
    np.testing.assert_array_equal(selection.read("7").image, IMAGE)
    np.testing.assert_array_equal(selection.read("7").labels > 0, MASK > 0)


def test_two_folders_of_any_name(tmp_path: Path) -> None:
    root = write_paired_split(tmp_path)
    assert open_dataset(f"{root}/test/input:{root}/test/output").frames == ("7", "12")


def test_missing_split_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no split 'train'; available: test"):
        open_dataset(str(write_paired_split(tmp_path)), "train")


def test_folders_without_splits_have_no_other_split(tmp_path: Path) -> None:
    """Else one could train and validate on the same frames under two names."""
    flat = write_paired_split(tmp_path) / "test"
    for where in (str(flat), f"{flat}/input:{flat}/output"):
        assert open_dataset(where).key == "paired/all"
        with pytest.raises(DataError, match="has no splits, but split 'train' was given; omit it"):
            open_dataset(where, "train")


def colour(image: Path, mask: Path) -> None:
    Pillow.fromarray(np.dstack([IMAGE, IMAGE, IMAGE // 2])).save(image)


def two_pages(image: Path, mask: Path) -> None:
    page = Pillow.fromarray(IMAGE)
    page.save(image, save_all=True, append_images=[page])


def truncated(image: Path, mask: Path) -> None:
    image.write_bytes(image.read_bytes()[:-3000])


def text_as_mask(image: Path, mask: Path) -> None:
    mask.write_text("hello")


def missing_mask(image: Path, mask: Path) -> None:
    mask.unlink()


def missing_image(image: Path, mask: Path) -> None:
    image.unlink()


def smaller_mask(image: Path, mask: Path) -> None:
    save_mask(mask, MASK[:50])


def empty_folder(image: Path, mask: Path) -> None:
    for path in image.parent.iterdir():
        path.unlink()


def same_number(image: Path, mask: Path) -> None:
    save_mask(image.with_name("other12.png"), IMAGE)


def no_number(image: Path, mask: Path) -> None:
    save_mask(image.with_name("frame.png"), IMAGE)


def twelve_bits(image: Path, mask: Path) -> None:
    save_mask(image, IMAGE.astype(np.uint16) * 16)


def missing_folder(image: Path, mask: Path) -> None:
    mask.parent.rename(mask.parent.with_name("masks"))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (colour, r"t012\.tif: is a colour image: its 3 channels differ in .* pixels; save it as grey"),
        (two_pages, r"t012\.tif: has more than one page; save one file per frame"),
        (truncated, r"t012\.tif: cannot be read as an image .*replace"),
        (text_as_mask, r"man_seg012\.tif: cannot be read as an image .*replace"),
        (missing_mask, r"t012\.tif: no file numbered 12 in .*output; add it, or remove this one"),
        (missing_image, r"man_seg012\.tif: no file numbered 12 in .*input; add it"),
        (smaller_mask, r"man_seg012\.tif: is 80×50 px, but its image t012\.tif is 80×90 px; export"),
        (empty_folder, r"input: has no TIFF or PNG files; put"),
        (same_number, r"have the same number 12; rename"),
        (no_number, r"frame\.png: no number in the name; .*rename"),
        (twelve_bits, r"t012\.tif: the brightest pixel of this 16-bit image is 3520 .*level: 4095 for a 12-bit camera"),
        (missing_folder, r"output: no such folder; one with TIFF or PNG"),
    ],
)
def test_invalid_folder_is_reported_on_opening(
    damage: Callable[[Path, Path], None], message: str, tmp_path: Path
) -> None:
    write_paired_split(tmp_path)
    damage(tmp_path / "test/input/t012.tif", tmp_path / "test/output/man_seg012.tif")
    with pytest.raises(DataError, match=message):
        open_dataset(str(tmp_path))


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("seed", range(60))
def test_damaged_image_is_read_or_reported(tmp_path: Path, seed: int) -> None:
    path = write_paired_split(tmp_path) / "test/input/t012.tif"
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    for place in rng.integers(0, len(content), 6):
        content[place] = rng.integers(256)
    for place in rng.integers(len(content) - 200, len(content), 4):  # the directory is at the end
        content[place] = rng.integers(256)
    path.write_bytes(bytes(content))
    with contextlib.suppress(DataError):  # anything else would be a traceback for the user
        open_dataset(str(tmp_path))


def test_images_in_formats_that_are_not_read_are_named(tmp_path: Path) -> None:
    root = write_paired_split(tmp_path) / "test"
    for name in ("Thumbs.db", ".hidden.jpg", "7_seg.npy"):
        (root / "input" / name).write_bytes(b"")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        open_dataset(root)
    assert not [one for one in caught if "is left out" in str(one.message)]
    for folder in ("input", "output"):
        Pillow.fromarray(IMAGE).save(root / folder / "13.JPG")
    with pytest.warns(
        DataWarning, match=r"/input: 13\.JPG \(of 1 like it\) is left out, since only TIFF and PNG are read"
    ):
        assert open_dataset(root).frames == ("7", "12")
    for path in (root / "output").glob("*.tif"):
        path.unlink()
    with pytest.raises(DataError, match=r"/output: has 13\.JPG and the like, .* export masks again from their source"):
        open_dataset(root)


def test_image_that_is_not_read_is_named_once_for_one_folder(tmp_path: Path) -> None:
    Pillow.fromarray(IMAGE).save(tmp_path / "3_img.png")
    save_mask(tmp_path / "3_masks.png", MASK)
    Pillow.fromarray(IMAGE).save(tmp_path / "3.jpg")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        open_dataset(tmp_path)
    assert len([one for one in caught if "is left out" in str(one.message)]) == 1
