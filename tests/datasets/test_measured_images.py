"""Images of measured axes: paired with the frames, checked, and read like frames."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.errors import DataError, DataWarning
from tests.conftest import save_mask
from tests.support.measured_set import clean, defocused, shift, write_measured_set


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_measured_set(tmp_path / "set")


def test_images_come_with_the_labels_of_the_frame(root: Path) -> None:
    data = open_dataset(root)
    assert data.measured == {"measured:focus": (3.0, 6.0)}
    for number, frame in enumerate(data.frames):
        sample = data.read_measured(frame, "measured:focus", 6.0)
        np.testing.assert_array_equal(sample.image, defocused(number, 6))
        np.testing.assert_array_equal(sample.labels, data.read(frame).labels)
        np.testing.assert_array_equal(data.read(frame).image, clean(number))
        assert (sample.dataset, sample.frame, sample.image.flags.writeable) == (data.key, frame, False)


def test_frames_are_what_they_are_without_the_axis(root: Path) -> None:
    with_axis = open_dataset(root)
    (root / "measured.toml").unlink()
    without = open_dataset(root)
    assert with_axis.digests == without.digests
    assert (with_axis.fingerprint, with_axis.title) == (without.fingerprint, without.title)
    assert without.measured == {}
    with pytest.raises(DataError, match="has no measured images"):
        without.read_measured(without.frames[0], "measured:focus", 3.0)


def test_a_margin_is_cropped_alike(root: Path) -> None:
    data = open_dataset(root, margin=20)
    sample = data.read_measured(data.frames[0], "measured:focus", 3.0)
    np.testing.assert_array_equal(sample.image, defocused(0, 3)[20:-20, 20:-20])
    assert sample.labels.shape == sample.image.shape


def test_a_digest_is_that_of_the_image_and_its_frame(root: Path) -> None:
    before = open_dataset(root)
    levels = defocused(1, 6).astype(np.uint8)
    levels[0, 0] ^= 1
    save_mask(root / "focus_6/f1.png", levels)
    after = open_dataset(root)
    for value, changed in ((3.0, []), (6.0, ["1"])):
        old, new = (data.digests_under("measured:focus", value) for data in (before, after))
        assert [frame for frame in old if old[frame] != new[frame]] == changed
    assert before.digests_under("noise", 3.0) == before.digests == after.digests
    assert before.measured_version("measured:focus") != after.measured_version("measured:focus")
    one, other = (before.digests_under("measured:focus", value) for value in (3.0, 6.0))
    assert not set(one.values()) & set(other.values())


def remove(folder: Path) -> None:
    (folder / "f1.png").unlink()


def add(folder: Path) -> None:
    shutil.copy(folder / "f1.png", folder / "f2.png")


def name_alike(folder: Path) -> None:
    shutil.copy(folder / "f1.png", folder / "f1.tif")


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def save_as_others(folder: Path) -> None:
    for path in folder.iterdir():
        path.rename(path.with_suffix(".nd2"))


def crop(folder: Path) -> None:
    save_mask(folder / "f1.png", defocused(1, 6).astype(np.uint8)[:, 4:])


def put_clean(folder: Path) -> None:
    save_mask(folder / "f1.png", clean(1).astype(np.uint8))


def make_16_bit(folder: Path) -> None:
    tifffile.imwrite(folder / "f1.tif", (defocused(1, 6) * 16).astype(np.uint16), photometric="minisblack")
    (folder / "f1.png").unlink()


def move(folder: Path) -> None:
    shift(folder / "f1.png", 5, -12)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (remove, "measured:focus-6: .*focus_6 has no image of the name f1, as the clean one has; give the image"),
        (add, r"measured:focus-6: .*f2.png: no clean image has that name; give it the name of the clean image"),
        (name_alike, r"f1.* and f1.* are both images of one frame; remove one"),
        (empty, "focus_6 has no TIFF or PNG files; put the images there"),
        (save_as_others, r"it has f0.nd2 and the like; save them as TIFF or PNG"),
        (crop, r"f1.png: is 296×280 px, but the clean image of frame 1 is 300×280 px; export both at the same size"),
        (put_clean, r"f1.png: is the clean image itself; put the image there that was taken at this value"),
        (make_16_bit, r"f1.tif: the brightest pixel of this 16-bit image is \d+ of 65535; give the white level"),
        (move, r"f1.png: is shifted by 1[23].\d px \([45].\d px down, 1[12].\d px left\) from the clean image"),
    ],
)
def test_what_does_not_fit_the_frames_is_refused(root: Path, spoil: Callable[[Path], None], message: str) -> None:
    spoil(root / "focus_6")
    with pytest.raises(DataError, match=message):
        open_dataset(root)


def test_a_white_level_is_that_of_the_frames(root: Path) -> None:
    make_16_bit(root / "focus_6")
    data = open_dataset(root, white_level=4080)
    sample = data.read_measured("1", "measured:focus", 6.0)
    np.testing.assert_allclose(sample.image, defocused(1, 6), atol=1e-4)


def test_masks_beside_the_measured_images_are_no_images(root: Path) -> None:
    for number in range(2):
        shutil.copy(root / f"output/f{number}.png", root / f"focus_6/f{number}_masks.png")
    assert open_dataset(root).measured["measured:focus"] == (3.0, 6.0)


def test_an_image_that_shows_nothing_is_remarked_on(root: Path) -> None:
    save_mask(root / "focus_6/f0.png", np.full((280, 300), 90, np.uint8))
    with pytest.warns(
        DataWarning, match=r"measured:focus-6: in 1 of 2 frames \(first: 0\), the measured image has too"
    ):
        open_dataset(root)


def test_a_data_set_without_image_files_has_no_axes(root: Path) -> None:
    images = np.stack([clean(number) for number in range(2)]).astype(np.uint8)
    np.savez(root / "frames.npz", images=images, labels=(images > 150).astype(np.uint8))
    with pytest.raises(
        DataError, match=r"measured axes need a data set of image files, and .* is none; save each frame"
    ):
        open_dataset(root / "frames.npz")
