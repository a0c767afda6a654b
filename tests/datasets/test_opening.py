"""Opening a data set by name or path: what is refused before any frame is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.errors import DataError


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"margin": -1}, "margin in px: -1 is too small; the minimum is 0"),
        ({"frames": 0}, "frames: 0 is too small; the minimum is 1"),
        ({"white_level": 0}, "white level: 0 is too small; the minimum is 1"),
    ],
)
def test_invalid_option_is_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(DataError, match=message):
        open_dataset("synthetic", **options)  # type: ignore[arg-type]


def test_missing_data_set_is_reported() -> None:
    message = r"no such folder or file, and no embedded data set of that name \(synthetic, synthetic_touching\)"
    with pytest.raises(DataError, match=message):
        open_dataset("nowhere")


def test_unknown_layout_is_reported_with_the_supported_ones(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has none of the supported layouts.*paired: ROOT/SPLIT/input"):
        open_dataset(str(tmp_path))
