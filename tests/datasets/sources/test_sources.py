"""What holds for every format: the same frames from each, the same rules, and damage that is told in words."""

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
