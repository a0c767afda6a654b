"""Pairs of files by their names: how people name them, and names that do not tell."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.pair_names import pair_by_name
from robustbench_cells.errors import DataError
from tests.conftest import save_mask
from tests.support.frame_files import BINARY, IMAGES


def pair(images: str, masks: str) -> dict[str, tuple[str, str]]:
    """Pair names given with blanks between; the answer likewise, without suffix."""
    files = [
        [Path("images", f"{name}.tif") for name in images.split()],
        [Path("m", f"{name}.png") for name in masks.split()],
    ]
    return {frame: (image.stem, mask.stem) for frame, (image, mask) in pair_by_name(*files).items()}


@pytest.mark.parametrize(
    ("images", "masks", "pairs"),
    [
        ("beta alpha", "alpha beta", {"alpha": ("alpha", "alpha"), "beta": ("beta", "beta")}),
        ("a_img b_img", "a_masks b_masks", {"a": ("a_img", "a_masks"), "b": ("b_img", "b_masks")}),
        ("a b", "b_cp_masks a_cp_masks", {"a": ("a", "a_cp_masks"), "b": ("b", "b_cp_masks")}),
        ("a.ome b.ome", "a b", {"a": ("a.ome", "a"), "b": ("b.ome", "b")}),
        ("a.ome b.ome", "a_masks.ome b_masks.ome", {"a": ("a.ome", "a_masks.ome"), "b": ("b.ome", "b_masks.ome")}),
        (
            "a b",
            "a_Simple_Segmentation b_Object-Identities",
            {"a": ("a", "a_Simple_Segmentation"), "b": ("b", "b_Object-Identities")},
        ),
        ("000_img 001_img", "000_masks 001_masks", {"0": ("000_img", "000_masks"), "1": ("001_img", "001_masks")}),
        ("a_ch00 b_ch00", "a b", {"a": ("a_ch00", "a"), "b": ("b_ch00", "b")}),
        (
            "a_ch00 b_ch00",
            "a_ch00_mask b_ch00_mask",
            {"a_ch00": ("a_ch00", "a_ch00_mask"), "b_ch00": ("b_ch00", "b_ch00_mask")},
        ),
        ("s2_ch00 s10_ch00", "seg2 seg10", {"2": ("s2_ch00", "seg2"), "10": ("s10_ch00", "seg10")}),
        ("c_3_0000 c_1_0000", "c_1 c_3", {"1": ("c_1_0000", "c_1"), "3": ("c_3_0000", "c_3")}),
        ("a_0000 b_0000", "a b", {"a": ("a_0000", "a"), "b": ("b_0000", "b")}),
        ("x_0000 x_0001", "y_0000 y_0001", {"0": ("x_0000", "y_0000"), "1": ("x_0001", "y_0001")}),
        ("w1_t1 w2_t1", "w2_t1 w1_t1", {"w1_t1": ("w1_t1", "w1_t1"), "w2_t1": ("w2_t1", "w2_t1")}),
        ("p9q1 p10q1", "p9q1 p10q1", {"p9q1": ("p9q1", "p9q1"), "p10q1": ("p10q1", "p10q1")}),
        ("t007 t012", "man_seg007 man_seg012", {"7": ("t007", "man_seg007"), "12": ("t012", "man_seg012")}),
        ("2024_1 2024_2", "2025_1 2025_2", {"1": ("2024_1", "2025_1"), "2": ("2024_2", "2025_2")}),
        ("1015_1 1020_2", "m1 m2", {"1": ("1015_1", "m1"), "2": ("1020_2", "m2")}),
    ],
)
def test_names_of_a_pair(images: str, masks: str, pairs: dict[str, tuple[str, str]]) -> None:
    assert list(pair(images, masks).items()) == list(pairs.items())


@pytest.mark.parametrize(
    ("images", "masks", "message"),
    [
        ("a b", "a", r"images/b\.tif: no file named b in m; add it, or remove this one"),
        ("a", "a_masks b_masks", r"m/b_masks\.png: no file named b in images; add it"),
        ("a b_ch00 b_ch01", "a b", r"b_ch00\.tif and b_ch01\.tif have the same name but for suffix or channel"),
        ("x_003_0000 x_003_0001", "x_003", r"x_003_0000\.tif and x_003_0001\.tif have the same name but for"),
        ("w1_t1 w2_t2", "w2_t1 w1_t2", r"w1_t1\.tif and w2_t1\.png have the same last number, but the rest"),
        ("a_1 b_2", "b_1 a_2", r"a_1\.tif and b_1\.png have the same last number, but the rest"),
        ("1 2", "frame3_1 frame4_2", r"1\.tif and frame3_1\.png have the same last number, but the rest"),
        ("alpha", "beta", r"alpha\.tif: no number in the name; .*by equal names or by number"),
        ("a1 b1", "m1 m2", r"b1\.tif and a1\.tif have the same number 1; rename"),
        ("a1", "m2", r"a1\.tif: no file numbered 1 in m; add it"),
    ],
)
def test_names_that_do_not_tell_are_refused_with_the_csv_list_as_the_way_out(
    images: str, masks: str, message: str
) -> None:
    with pytest.raises(DataError, match=f"{message}.*or list the pairs in a CSV table with the columns image,mask"):
        pair(images, masks)


name = st.from_regex(r"[a-c]?[0-9]{0,2}(_[a-c]?[0-9]{1,2})?(_ch0[01]|_img|_0000)?", fullmatch=True).filter(bool)
names = st.lists(name, min_size=1, max_size=5, unique=True)


@given(images=names, masks=names)
def test_every_file_is_used_once_or_the_folders_are_refused(images: list[str], masks: list[str]) -> None:
    try:  # equal names always pair
        pairs = pair(" ".join(images), " ".join(masks))
    except DataError:
        assert sorted(images) != sorted(masks)
        return
    assert sorted(image for image, _ in pairs.values()) == sorted(images)
    assert sorted(mask for _, mask in pairs.values()) == sorted(masks)
    if sorted(images) == sorted(masks):
        assert all(image == mask for image, mask in pairs.values())


@pytest.mark.parametrize("folder", ["", "test"])
def test_images_and_masks_of_one_folder(folder: str, tmp_path: Path) -> None:
    """As Cellpose keeps them."""
    for number, name in enumerate(("a", "b")):
        save_mask(tmp_path / folder / f"{name}_img.png", IMAGES[number])
        save_mask(tmp_path / folder / f"{name}_masks.png", BINARY[number])
    selection = open_dataset(str(tmp_path))
    assert selection.frames == ("a", "b")
    assert selection.key == ("paired/test" if folder else "paired/all")
    assert (selection.read("b").labels > 0).sum() == BINARY[1].sum()
    assert open_dataset(f"{tmp_path}/{folder}:{tmp_path}/{folder}").frames == ("a", "b")


def test_one_folder_without_names_of_masks_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_mask(tmp_path / f"{name}.png", IMAGES[0])
    with pytest.raises(DataError, match="told apart by the names of the masks, which end in _masks"):
        open_dataset(f"{tmp_path}:{tmp_path}")


def test_accented_letters_are_equal_however_they_are_written() -> None:
    """macOS writes a letter and its accent, other systems one character."""
    names = ["Zellen_ä", "Zellen_é"]
    images = [Path("images", f"{unicodedata.normalize('NFD', name)}.tif") for name in names]
    masks = [Path("masks", f"{name}.png") for name in names]
    assert pair_by_name(images, masks) == dict(zip(names, zip(images, masks, strict=True), strict=True))
