"""What is written is read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

import robustbench_cells as rb
from robustbench_cells.datasets.paired_writer import IGNORE_LABEL, WHITE_LEVEL, file_names, write_pair
from robustbench_cells.errors import DataError
from robustbench_cells.types import VOID

LEVELS = np.linspace(0, 255, 12 * 11, dtype=np.float32).reshape(12, 11)
CELLS = np.zeros((12, 11), np.int32)
CELLS[1:4, 1:4], CELLS[6:9, 6:9] = 1, 2


def test_levels_come_back_to_within_rounding_and_whole_ones_exactly(tmp_path: Path) -> None:
    write_pair(tmp_path, "fine", LEVELS, CELLS)
    write_pair(tmp_path, "whole", np.rint(LEVELS), CELLS)
    with pytest.warns(match="labels are those of an earlier frame"):
        data = rb.open_dataset(tmp_path)
    assert np.abs(data.read("fine").image - LEVELS).max() <= 0.5 / 257 + 1e-5
    np.testing.assert_array_equal(data.read("whole").image, np.rint(LEVELS))
    np.testing.assert_array_equal(data.read("fine").labels, CELLS)


def test_other_programs_see_16_bits(tmp_path: Path) -> None:
    write_pair(tmp_path, "t", LEVELS, CELLS)
    with Pillow.open(tmp_path / "input" / "t.png") as image:
        assert image.mode == "I;16"
        assert np.asarray(image).max() == WHITE_LEVEL


def test_pixels_that_are_not_scored_come_back_so(tmp_path: Path) -> None:
    labels = CELLS.copy()
    labels[:, 0], labels[0, :] = VOID, -2
    write_pair(tmp_path, "t", LEVELS, labels)
    read = rb.open_dataset(tmp_path, white_level=WHITE_LEVEL, ignore_label=IGNORE_LABEL).read("t").labels
    np.testing.assert_array_equal(read, np.maximum(labels, VOID))


@pytest.mark.parametrize(
    ("labels", "words"),
    [(CELLS + 1, "t: is all cells and has no background"), (CELLS * 40000, "t: the cell id 80000 does not fit")],
)
def test_what_a_mask_cannot_hold_is_refused(labels: np.ndarray, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words):
        write_pair(tmp_path, "t", LEVELS, labels)


@given(st.lists(st.text(min_size=1, max_size=100), min_size=1, max_size=5, unique=True))
@settings(max_examples=200)
def test_every_frame_has_a_file_of_its_own_within_the_folder(frames: list[str]) -> None:
    names = file_names(frames)
    assert list(names) == frames
    assert len({name.casefold() for name in names.values()}) == len(frames)
    for name in names.values():
        assert Path(name).name == name
        assert not name.startswith(".")


def test_names_of_frames_are_kept_where_they_can_be() -> None:
    assert file_names(["t007", "Zelle 3"]) == {"t007": "t007", "Zelle 3": "Zelle_3"}
    assert file_names(["a/b", "a:b"]) == {"a/b": "frame-0000", "a:b": "frame-0001"}
