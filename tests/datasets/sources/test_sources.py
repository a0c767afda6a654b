"""Rules that hold for every layout: the same frames, the same limits, and damage that is reported."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.errors import DataError
from tests.support.frame_files import IMAGES, LABELS, WRITERS

WITHOUT_SPLITS = sorted(set(WRITERS) - {"cell_tracking_challenge"})


@pytest.mark.parametrize("kind", WITHOUT_SPLITS)
def test_frames_do_not_depend_on_their_container(kind: str, tmp_path: Path) -> None:
    """Same key, names, pixels and labels, hence the same random numbers and cached records."""
    folders = open_dataset(WRITERS["paired"](tmp_path / "folders", IMAGES, LABELS))
    selection = open_dataset(WRITERS[kind](tmp_path / kind, IMAGES, LABELS))
    assert selection.key == "paired/all"
    assert selection.frames == ("0", "1", "2")
    assert selection.digests == folders.digests
    assert selection.fingerprint == folders.fingerprint
    assert selection.sequence
    np.testing.assert_array_equal(selection.read("1").image, IMAGES[1])


@pytest.mark.parametrize("kind", WITHOUT_SPLITS)
def test_bit_depths_and_masks_follow_the_same_rules(kind: str, tmp_path: Path) -> None:
    deep = np.linspace(0, 4095, IMAGES.size).reshape(IMAGES.shape).astype(np.uint16)
    where = WRITERS[kind](tmp_path / "deep", deep, (LABELS > 0).astype(np.uint8) * 255)
    with pytest.raises(DataError, match=r"brightest pixel of this 16-bit image is .*white level: 4095"):
        open_dataset(where)
    selection = open_dataset(where, white_level=4095)
    np.testing.assert_allclose(selection.read("2").image, deep[2] * (255 / 4095), rtol=1e-5)
    assert selection.read("2").labels.max() > 1
    swapped = WRITERS[kind](tmp_path / "swapped", IMAGES, IMAGES)
    with pytest.raises(DataError, match=r"has no background .*an image instead of a mask"):
        open_dataset(swapped)


@pytest.mark.parametrize("kind", WITHOUT_SPLITS)
def test_other_split_is_refused_where_there_are_none(kind: str, tmp_path: Path) -> None:
    where = WRITERS[kind](tmp_path, IMAGES, LABELS)
    assert open_dataset(where, "all").frames == ("0", "1", "2")
    with pytest.raises(DataError, match="has no splits, but split 'train' was given"):
        open_dataset(where, "train")


@pytest.mark.parametrize("kind", WITHOUT_SPLITS)
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_damaged_file_is_read_or_reported(kind: str) -> None:
    """Anything but a `DataError` would be a traceback for the user."""
    with tempfile.TemporaryDirectory() as folder:
        where = WRITERS[kind](Path(folder), IMAGES, LABELS)
        path = sorted(path for path in Path(folder).rglob("*") if path.is_file())[0]
        valid = path.read_bytes()

        @settings(max_examples=100)
        @given(
            changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
            head=st.booleans(),
            cut=st.floats(0, 1),
        )
        def check(changes: list[tuple[float, int]], head: bool, cut: float) -> None:
            content = bytearray(valid)
            for place, value in changes:
                content[int(place * (min(len(content), 600) - 1)) * (1 if head else -1)] = value
            path.write_bytes(bytes(content[: round(cut * len(content))] if cut < 0.3 else content))
            try:
                open_dataset(where)
            except DataError as error:
                assert Path(folder).name in str(error)  # noqa: PT017

        check()
