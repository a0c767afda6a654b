"""Frames smaller than a patch: models see them reflected, scores see them alone."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import label

import robustbench_cells as rb
from robustbench_cells.engine.patches import can_hold, pad_frame, padded_shape
from robustbench_cells.errors import DataError, DataWarning
from robustbench_cells.types import PADDING
from tests.conftest import draw_labels, sample_of, save_mask
from tests.support.pytest_runs import bench


@given(height=st.integers(64, 300), width=st.integers(64, 300), side=st.integers(20, 256))
def test_a_frame_is_reflected_around_its_middle(height: int, width: int, side: int) -> None:
    """As OpenCV reflects it, of which this is independent."""
    frame = sample_of((height, width))
    padded = pad_frame(frame, side)
    shape = (max(height, side), max(width, side))
    assert padded.image.shape == padded.labels.shape == shape == padded_shape((height, width), side)
    top, left = (shape[0] - height) // 2, (shape[1] - width) // 2
    inside = slice(top, top + height), slice(left, left + width)
    np.testing.assert_array_equal(padded.labels[inside], frame.labels)
    assert (padded.labels == PADDING).sum() == np.prod(shape) - height * width
    borders = top, shape[0] - height - top, left, shape[1] - width - left
    if max(borders[:2]) < height and max(borders[2:]) < width:  # OpenCV repeats no reflection
        expected = cv2.copyMakeBorder(frame.image, *borders, cv2.BORDER_REFLECT_101)
        np.testing.assert_array_equal(padded.image, expected)


@pytest.mark.parametrize(
    ("shape", "side", "fits"),
    [((64, 64), 256, True), ((63, 300), 256, False), ((200, 200), 257, False), ((300, 300), 257, True)],
)
def test_a_view_is_padded_to_a_patch_at_most(shape: tuple[int, int], side: int, fits: bool) -> None:
    assert can_hold(shape, side) == fits


def small(side: int = 180) -> tuple[np.ndarray, np.ndarray]:
    labels = np.stack([draw_labels((side, side + 40), seed, cells=30) for seed in (1, 2)])
    images = np.where(labels > 0, 200, 90) + np.random.default_rng(0).integers(0, 90, labels.shape)
    return images.astype(np.uint8), labels


def bright(images: np.ndarray) -> np.ndarray:
    return images > 165


def test_scores_are_those_of_the_frames_alone() -> None:
    """Of a network without surroundings, computed here by hand on the whole frames; each frame is one patch."""
    images, labels = small()
    with pytest.warns(DataWarning, match="2 of them under 256 px, .*no score counts it"):
        result = rb.benchmark({"bright": bright}, rb.from_arrays(images, labels), {"cell_size": [1]}, progress=False)
    predicted, truth = images > 165, labels > 0
    jaccard = [(one & other).sum() / (one | other).sum() for one, other in zip(predicted, truth, strict=True)]
    for _, row in result.to_pandas().query("model == 'bright'").iterrows():
        assert row["patches"] == 2
        assert row["jaccard"] == pytest.approx(np.mean(jaccard))
        assert row["accuracy"] == pytest.approx((predicted == truth).mean())
        assert row["cells_predicted"] == sum(label(mask, connectivity=2).max() for mask in predicted)
        assert row["cells_true"] == sum(label(mask, connectivity=2).max() for mask in truth)


def test_a_narrow_frame_has_different_patches() -> None:
    labels = draw_labels((100, 700), 5, cells=40)[None]
    data = rb.from_arrays(np.where(labels > 0, 200, 90).astype(np.uint8), labels)
    with pytest.warns(DataWarning):
        table = rb.benchmark({"bright": bright}, data, {"cell_size": [2]}, progress=False).to_pandas()
    assert (table.query("artefact == 'clean'")["patches"] == 6).all()
    assert (table.query("model == 'bright' and artefact == 'clean'")["jaccard"] == 1).all()


def test_what_cannot_be_right_is_refused() -> None:
    data = rb.from_arrays(*small())
    with pytest.raises(DataError, match=r"only 180 px on its shorter side, but cell_size-0\.5 needs 512 px"):
        rb.benchmark("background", data, {"cell_size": [0.5, 1, 2]}, progress=False)
    with pytest.raises(DataError, match=r"only 60 px .*, but clean or .*; frames of 64 px or more are padded"):
        rb.benchmark("background", rb.from_arrays(*small(60)), "noise", progress=False)


def test_it_is_said_in_the_run_and_in_its_files(tmp_path: Path) -> None:
    images, labels = small()
    for number in (0, 1):
        save_mask(tmp_path / f"data/input/{number}.png", images[number])
        save_mask(tmp_path / f"data/output/{number}.png", labels[number].astype(np.uint8))
    output = bench(tmp_path, "--rb-dataset=data", "--rb-model=dog_otsu", "--rb-artefact=noise=0")
    assert "2 of them under 256 px" in output
    assert json.loads((tmp_path / "reports/run.json").read_text())["dataset"]["padded"] == 2
    assert "2 of them under 256 px" in (tmp_path / "reports/index.html").read_text()
