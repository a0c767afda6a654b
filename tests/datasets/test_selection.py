"""Selections of frames: cropped, spread over the data set, and large enough."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.errors import DataError
from tests.conftest import save_mask
from tests.support.frame_files import BINARY, IMAGES, write_paired_split


def test_margin_crops_the_border_and_changes_the_key(tmp_path: Path) -> None:
    whole, inside = (open_dataset(str(write_paired_split(tmp_path)), margin=margin) for margin in (0, 10))
    np.testing.assert_array_equal(inside.read("7").image, whole.read("7").image[10:-10, 10:-10])
    np.testing.assert_array_equal(inside.read("7").labels, whole.read("7").labels[10:-10, 10:-10])
    assert inside.key != whole.key
    assert "field of interest 10 px" in inside.title


@pytest.mark.parametrize("name", ["\x1b[Ja", "a\x07", "\u202ea", "a\u2028b", "a\nb", "a\x9bb"])
def test_a_frame_with_control_characters_is_refused_by_its_name(name: str, tmp_path: Path) -> None:
    for folder, pixels in (("input", IMAGES[0]), ("output", BINARY[0])):
        save_mask(tmp_path / folder / f"{name}.tif", pixels)
    with pytest.raises(DataError, match=r"has control characters, .* rename the file") as caught:
        open_dataset(str(tmp_path))
    assert repr(name)[1:-1] in str(caught.value)


def test_a_folder_with_control_characters_is_shown_with_escapes(tmp_path: Path) -> None:
    folder = tmp_path / "\x1b[2J\u202e"
    folder.mkdir()
    selection = open_dataset(str(write_paired_split(folder)))
    assert "\x1b" not in selection.title


def test_margin_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="a margin of 300 px leaves nothing of frame 000"):
        open_dataset("synthetic", margin=300)


def test_frames_are_spread_evenly_and_counted_in_the_title() -> None:
    selection = open_dataset("synthetic", "test", frames=3)
    assert selection.frames == ("000", "004", "007")
    assert selection.title == "synthetic, split test, 3 of 8 frames"
    assert open_dataset("synthetic").title.endswith("8 frames")


def test_frame_smaller_than_a_patch_is_named(tmp_path: Path) -> None:
    selection = open_dataset(str(write_paired_split(tmp_path)))
    selection.require_side(80, "nothing", "")
    message = r"frame 7 is only 80 px on its shorter side, but a patch needs 256 px; leave it"
    with pytest.raises(DataError, match=message):
        selection.require_side(256, "a patch", "leave it out")
