"""Real files of each layout, and each way in which they can be wrong."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from robustbench_cells.datasets.description import describe
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.sources.synthetic import draw_frame
from robustbench_cells.errors import DataError
from robustbench_cells.randomness import generator
from tests.conftest import draw_labels, save_mask

LABELS = draw_labels((90, 80), 2)
IMAGE = np.where(LABELS > 0, 220, 90).astype(np.uint8)
BINARY = (LABELS > 0).astype(np.uint8)


def paired(root: Path, image: np.ndarray = IMAGE, mask: np.ndarray = BINARY, suffix: str = "tif") -> Path:
    for number in (7, 12):
        save_mask(root / f"test/input/t{number:03d}.{suffix}", image)
        save_mask(root / f"test/output/man_seg{number:03d}.{suffix}", mask)
    return root


@pytest.mark.parametrize("suffix", ["tif", "tiff", "png", "PNG"])
def test_paired_folders(tmp_path: Path, suffix: str) -> None:
    selection = open_dataset(str(paired(tmp_path, suffix=suffix)))
    assert selection.key == "paired/test"
    assert selection.frames == ("7", "12")
    np.testing.assert_array_equal(selection.read("7").image, IMAGE)
    np.testing.assert_array_equal(selection.read("7").labels > 0, LABELS > 0)


def test_two_folders_of_any_name(tmp_path: Path) -> None:
    root = paired(tmp_path)
    selection = open_dataset(f"{root}/test/input:{root}/test/output")
    assert selection.frames == ("7", "12")


def test_a_binary_mask_gets_its_labels_by_eight_connected_components(tmp_path: Path) -> None:
    mask = np.zeros((90, 80), np.uint8)
    mask[10, 10] = mask[11, 11] = 255  # touch at a corner: one cell
    mask[50:60, 50:60] = 255
    sample = open_dataset(str(paired(tmp_path, mask=mask))).read("7")
    assert sample.labels.max() == 2
    assert sample.labels[10, 10] == sample.labels[11, 11]


def test_an_instance_mask_keeps_its_cells_apart(tmp_path: Path) -> None:
    mask = np.zeros((90, 80), np.uint16)
    mask[10:20, 10:20], mask[10:20, 20:30] = 300, 41  # touching
    sample = open_dataset(str(paired(tmp_path, mask=mask))).read("7")
    assert sample.labels[15, 15] == 2
    assert sample.labels[15, 25] == 1
    assert sample.labels.max() == 2


def test_sixteen_bits_are_scaled_by_the_white_level(tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, IMAGE.size).reshape(IMAGE.shape).astype(np.uint16)
    read = open_dataset(str(paired(tmp_path, deep))).read("7").image
    np.testing.assert_allclose(read, deep / 257, rtol=1e-5)
    read = open_dataset(str(paired(tmp_path, deep // 17)), white_level=4095).read("7").image
    assert read.max() == pytest.approx(255 * (65535 // 17) / 4095)


def test_a_margin_leaves_the_border_out_and_changes_the_key(tmp_path: Path) -> None:
    whole, inside = (open_dataset(str(paired(tmp_path)), margin=margin) for margin in (0, 10))
    np.testing.assert_array_equal(inside.read("7").image, whole.read("7").image[10:-10, 10:-10])
    np.testing.assert_array_equal(inside.read("7").labels, whole.read("7").labels[10:-10, 10:-10])
    assert inside.key != whole.key
    assert "field of interest 10 px" in inside.title


def test_frames_are_spread_evenly_and_named_by_the_title() -> None:
    selection = open_dataset("synthetic", "test", frames=3)
    assert selection.frames == ("000", "004", "007")
    assert selection.title == "synthetic, split test, 3 of 8 frames"
    assert open_dataset("synthetic").title.endswith("8 frames")


def challenge(root: Path, digits: int = 3) -> Path:
    for number in range(4):
        save_mask(root / f"01/t{number:0{digits}d}.tif", IMAGE)
        save_mask(root / f"01_ST/SEG/man_seg{number:0{digits}d}.tif", LABELS.astype(np.uint16))
    save_mask(root / f"01_GT/SEG/man_seg{2:0{digits}d}.tif", (LABELS * 7).astype(np.uint16))
    save_mask(root / f"01_GT/TRA/man_track{1:0{digits}d}.tif", LABELS.astype(np.uint16))
    save_mask(root / f"02/t{0:0{digits}d}.tif", IMAGE)
    return root


@pytest.mark.parametrize("digits", [3, 4])
@pytest.mark.parametrize(
    ("split", "frames", "key"),
    [
        (None, ("0", "1", "2", "3"), "01/ST"),
        ("01", ("0", "1", "2", "3"), "01/ST"),
        ("01/GT", ("2",), "01/GT"),
        ("01/TRA", ("1",), "01/TRA"),
    ],
)
def test_the_challenge_s_layout(
    tmp_path: Path, digits: int, split: str | None, frames: tuple[str, ...], key: str
) -> None:
    selection = open_dataset(str(challenge(tmp_path, digits)), split)
    assert selection.frames == frames
    assert selection.key == f"cell_tracking_challenge/{key}"
    np.testing.assert_array_equal(selection.read(frames[0]).labels > 0, LABELS > 0)


def colour(root: Path) -> Path:
    Pillow.fromarray(np.dstack([IMAGE] * 3)).save(paired(root) / "test/input/t012.tif")
    return root


def pages(root: Path) -> Path:
    page = Pillow.fromarray(IMAGE)
    page.save(paired(root) / "test/input/t012.tif", save_all=True, append_images=[page])
    return root


def cut_short(root: Path) -> Path:
    path = paired(root) / "test/input/t012.tif"
    path.write_bytes(path.read_bytes()[:-3000])
    return root


def not_an_image(root: Path) -> Path:
    (paired(root) / "test/output/man_seg012.tif").write_text("hello")
    return root


def without_partner(root: Path) -> Path:
    (paired(root) / "test/output/man_seg012.tif").unlink()
    return root


def without_image(root: Path) -> Path:
    (paired(root) / "test/input/t012.tif").unlink()
    return root


def other_shape(root: Path) -> Path:
    save_mask(paired(root) / "test/output/man_seg012.tif", BINARY[:50])
    return root


def empty(root: Path) -> Path:
    for path in (paired(root) / "test/input").iterdir():
        path.unlink()
    return root


def same_number(root: Path) -> Path:
    save_mask(paired(root) / "test/input/other12.png", IMAGE)
    return root


def no_number(root: Path) -> Path:
    save_mask(paired(root) / "test/input/frame.png", IMAGE)
    return root


def twelve_bits(root: Path) -> Path:
    save_mask(paired(root) / "test/input/t012.tif", IMAGE.astype(np.uint16) * 16)
    return root


def no_output(root: Path) -> Path:
    paired(root)
    (root / "test/output").rename(root / "test/masks")
    return root


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (colour, r"t012\.tif: is RGB .*save it as 8- or 16-bit grey"),
        (pages, r"t012\.tif: has more than one page; save each"),
        (cut_short, r"t012\.tif: cannot be read as an image .*replace"),
        (not_an_image, r"man_seg012\.tif: cannot be read as an image .*replace"),
        (without_partner, r"t012\.tif: no file numbered 12 in .*output; add its partner or remove it"),
        (without_image, r"man_seg012\.tif: no file numbered 12 in .*input; add its partner"),
        (other_shape, r"man_seg012\.tif: is 80×50 px, but its image t012\.tif is 80×90 px; export"),
        (empty, r"input: holds no TIFF or PNG file; put"),
        (same_number, r"have the same number 12; rename"),
        (no_number, r"frame\.png: no number in the name; .*rename"),
        (twelve_bits, r"t012\.tif: a 16-bit file whose brightest pixel is 3520 .*white level 4095 for a 12-bit camera"),
        (no_output, r"output: no such folder; it should hold"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said_when_it_is_opened(spoil, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words):
        open_dataset(str(spoil(tmp_path)))


def test_a_frame_smaller_than_a_patch_is_named(tmp_path: Path) -> None:
    selection = open_dataset(str(paired(tmp_path)))
    selection.require_side(80, "nothing", "")
    with pytest.raises(
        DataError, match=r"frame 7 is only 80 px on its shorter side and a patch needs 256 px; leave it"
    ):
        selection.require_side(256, "a patch", "leave it out")


@pytest.mark.parametrize("white", [255, 9000, 15000, 50000, 60000, 65000, 65535])
def test_white_is_white_and_no_brighter(tmp_path: Path, white: int) -> None:
    deep = np.linspace(0, white, IMAGE.size).reshape(IMAGE.shape).astype(np.uint16)
    assert open_dataset(str(paired(tmp_path, deep)), white_level=white).read("7").image.max() == 255


def test_eight_bits_need_no_white_level(tmp_path: Path) -> None:
    assert open_dataset(str(paired(tmp_path)), white_level=4095).read("7").image.max() == 220


def test_too_bright_for_the_white_level(tmp_path: Path) -> None:
    deep = IMAGE.astype(np.uint16) * 200
    with pytest.raises(DataError, match=r"span 18000 to 44000, outside 0 to the white level 4095; give a white level"):
        open_dataset(str(paired(tmp_path, deep)), white_level=4095)


def test_negative_values_are_refused(tmp_path: Path) -> None:
    path = paired(tmp_path) / "test/input/t007.tif"
    Pillow.fromarray(IMAGE.astype(np.int32) * 100 - 10000).save(path)
    with pytest.raises(DataError, match=r"t007\.tif: grey levels span -1000 to 12000"):
        open_dataset(str(tmp_path), white_level=20000)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"margin": -1}, "margin in px: -1 is too small; it is at least 0"),
        ({"frames": 0}, "frames: 0 is too small; it is at least 1"),
        ({"white_level": 0}, "white level: 0 is too small; it is at least 1"),
        ({"margin": 300}, "a margin of 300 px leaves nothing of frame 000"),
    ],
)
def test_options_without_meaning(options: dict[str, int], words: str) -> None:
    with pytest.raises(DataError, match=words):
        open_dataset("synthetic", **options)  # type: ignore[arg-type]


def test_a_folder_without_splits_has_no_other(tmp_path: Path) -> None:
    """Else one could train and validate on the same frames under two names."""
    flat = paired(tmp_path) / "test"
    for where in (str(flat), f"{flat}/input:{flat}/output"):
        assert open_dataset(where).key == "paired/all"
        with pytest.raises(DataError, match="has no splits, so none is called 'train'; leave the split out"):
            open_dataset(where, "train")


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_file_is_read_or_refused_in_words(tmp_path: Path, seed: int) -> None:
    path = paired(tmp_path) / "test/input/t012.tif"
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    for place in rng.integers(0, len(content), 6):
        content[place] = rng.integers(256)
    for place in rng.integers(len(content) - 200, len(content), 4):  # the directory is at the end
        content[place] = rng.integers(256)
    path.write_bytes(bytes(content))
    with contextlib.suppress(DataError):  # anything else would be a traceback for the user
        open_dataset(str(tmp_path))


@pytest.mark.parametrize(
    ("where", "split", "words"),
    [
        ("nowhere", None, r"nowhere: no such folder or file, and no embedded data set of that name \(synthetic\)"),
        ("synthetic", "holdout", r"has no split 'holdout'; there are: train, validation, test"),
    ],
)
def test_a_name_that_is_not_there(where: str, split: str | None, words: str) -> None:
    with pytest.raises(DataError, match=words):
        open_dataset(where, split)


def test_a_split_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no split 'train'; there are: test"):
        open_dataset(str(paired(tmp_path)), "train")
    with pytest.raises(DataError, match=r"has no split '02/GT'; sequences: 01; truths of 02: none"):
        open_dataset(str(challenge(tmp_path / "challenge")), "02/GT")


def test_synthetic_frames_are_what_the_issue_of_them_says() -> None:
    """Sizes and counts of the reference set's cells; whole grey levels; no two cells connected."""
    selection = open_dataset("synthetic", "train", frames=4)
    samples = [selection.read(frame) for frame in selection.frames]
    table = describe(samples)
    assert 120 <= table["cells a frame: 25%"] <= table["cells a frame: 75%"] <= 320
    assert 125 <= table["cell area, px: 50%"] <= 165
    assert 8 <= table["cell short side, px: 25%"] <= table["cell short side, px: 75%"] <= 22
    assert 6 <= table["foreground share, %"] <= 10
    for sample in samples:
        assert sample.image.shape == (576, 720)
        np.testing.assert_array_equal(sample.image, np.rint(sample.image))
        assert sample.image[sample.labels > 0].mean() > sample.image[sample.labels == 0].mean() + 30
    first, again = draw_frame(generator(3)), draw_frame(generator(3))
    np.testing.assert_array_equal(first[0], again[0])
    assert (first[0] != draw_frame(generator(4))[0]).any()


def test_synthetic_is_close_to_the_real_training_frames(real_frames: Path) -> None:
    made, real = (
        describe(map(selection.read, selection.frames))
        for selection in (
            open_dataset("synthetic", "train", frames=6),
            open_dataset(str(real_frames), "train", frames=6),
        )
    )
    for name, value in real.items():
        tolerance = {"power": 4.0, "grey": 16.0, "cells": 60.0}.get(name.split()[0], 0.2 * value)
        assert made[name] == pytest.approx(value, abs=tolerance), name


def test_a_folder_of_no_known_layout_is_told_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no data set of a known layout .*paired: ROOT/SPLIT/input"):
        open_dataset(str(tmp_path))


def test_masks_without_a_cell_or_without_background_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no mask has a cell; are these the masks"):
        open_dataset(str(paired(tmp_path / "empty", mask=BINARY * 0)))
    with pytest.raises(DataError, match=r"man_seg007\.tif: has no background .*an image in the place of a mask"):
        open_dataset(str(paired(tmp_path / "swapped", mask=IMAGE)))
