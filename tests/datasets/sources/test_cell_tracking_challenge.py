"""The Cell Tracking Challenge's layout: sequences, and silver, gold and tracking truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.errors import DataError
from tests.conftest import save_mask
from tests.support.frame_files import IMAGES, LABELS

IMAGE, MASK = IMAGES[0], LABELS[0]


def write_sequences(root: Path, digits: int = 3) -> Path:
    for number in range(4):
        save_mask(root / f"01/t{number:0{digits}d}.tif", IMAGE)
        save_mask(root / f"01_ST/SEG/man_seg{number:0{digits}d}.tif", MASK)
    save_mask(root / f"01_GT/SEG/man_seg{2:0{digits}d}.tif", MASK * 7)
    save_mask(root / f"01_GT/TRA/man_track{1:0{digits}d}.tif", MASK)
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
def test_frames_of_a_split_are_those_with_a_mask(
    tmp_path: Path, digits: int, split: str | None, frames: tuple[str, ...], key: str
) -> None:
    selection = open_dataset(str(write_sequences(tmp_path, digits)), split)
    assert selection.frames == frames
    assert selection.key == f"cell_tracking_challenge/{key}"
    np.testing.assert_array_equal(selection.read(frames[0]).labels > 0, MASK > 0)


def test_missing_split_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no split '02/GT'; sequences: 01; truths of 02: none"):
        open_dataset(str(write_sequences(tmp_path)), "02/GT")


def test_markers_are_scored_only_when_asked_for(tmp_path: Path) -> None:
    for number in range(2):
        save_mask(tmp_path / f"01/t{number:03d}.tif", IMAGE)
        save_mask(tmp_path / f"01_GT/TRA/man_track{number:03d}.tif", MASK)
    for split in (None, "01"):
        with pytest.raises(DataError, match=r"01_GT/TRA: has tracking markers, .*asking for the split 01/TRA"):
            open_dataset(str(tmp_path), split)
    selection = open_dataset(str(tmp_path), "01/TRA")
    assert selection.frames == ("0", "1")
    assert "tracking markers instead of outlines" in selection.title


def test_slice_of_a_volume_is_no_mask_of_the_frame_with_its_number(tmp_path: Path) -> None:
    save_mask(tmp_path / "01/t001.tif", IMAGE)
    save_mask(tmp_path / "01_GT/SEG/man_seg_003_001.tif", MASK)
    for where in (str(tmp_path), f"{tmp_path}/01:{tmp_path}/01_GT/SEG"):
        with pytest.raises(DataError, match=r"man_seg_003_001\.tif: is slice 1 of frame 3 .*3-D sets are not read"):
            open_dataset(where)
