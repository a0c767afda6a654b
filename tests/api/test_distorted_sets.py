"""Distorted frames as files: what is written, read back and scored as clean, has the scores of the condition."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robustbench_cells as rb
from robustbench_cells.api.distorted_sets import write_distorted_sets
from robustbench_cells.datasets.paired_writer import IGNORE_LABEL, WHITE_LEVEL
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.grid import make_conditions
from robustbench_cells.errors import DataError, GridError
from robustbench_cells.models.callables import segmenter_from
from robustbench_cells.types import Image

CONDITIONS = {
    "read_noise": 8.0,
    "shot_noise": 30.0,
    "exposure": -2.0,
    "vignetting": 60.0,
    "defocus": 4.0,
    "rotation": 30.0,
    "magnification": 2.0,
    "cell_size": 0.5,
    "noise": 30.0,
    "illumination-300+noise": 10.0,
}


def smooth(images: Image) -> Image:
    """Probabilities from grey levels, against the mean of each image and something fixed."""
    middle = 0.9 * images.mean(axis=(1, 2), keepdims=True) + 12
    scale = images.std(axis=(1, 2), keepdims=True) + 1e-3
    return np.asarray(1 / (1 + np.exp(-(images - middle) / scale)), np.float32)


@pytest.fixture(scope="module")
def frames() -> Selection:
    return rb.open_dataset("synthetic", frames=2)


def scores(data: Selection, condition: rb.Condition) -> dict[str, float]:
    model = segmenter_from("smooth", smooth)
    patches = rb.iter_patches(data, condition, seed=5, most_patches=12)
    (outcome,) = rb.evaluate_batches(
        rb.make_batches(patches, condition, seed=5), condition, [model], rb.METRICS
    ).values()
    assert not outcome.error
    return dict(outcome.scores())


def near(expected: dict[str, float]) -> dict[str, Any]:
    """Within rounding: a pixel at the threshold may fall on its other side, and join two predicted cells."""
    metrics = {metric.name: metric for metric in rb.METRICS}
    margin = {
        name: 1 + 0.005 * score
        if metrics[name].pooled == "sum"
        else 0.03 * max(1, score)
        if metrics[name].group
        else 2e-3
        for name, score in expected.items()
    }
    return {name: pytest.approx(score, abs=margin[name], nan_ok=True) for name, score in expected.items()}


@pytest.fixture(scope="module")
def written(frames: Selection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("distorted")
    grid = {name: [level] for name, level in CONDITIONS.items()}
    done = list(write_distorted_sets(frames, grid, out, seed=5, patches=True))
    assert {one.folder.name for one in done} == {path.name for path in out.iterdir()}
    assert all(one.images == len(list((one.folder / "input").iterdir())) and not one.ignored for one in done)
    return out


@pytest.mark.parametrize("artefact", CONDITIONS)
def test_patches_scored_as_clean_have_the_scores_of_the_condition(
    artefact: str, frames: Selection, written: Path
) -> None:
    (_, condition) = make_conditions("default", {artefact: [CONDITIONS[artefact]]})
    expected = scores(frames, condition)
    found = scores(rb.open_dataset(written, condition.name, white_level=WHITE_LEVEL), rb.Condition())
    assert found == near(expected)
    assert expected != near(scores(frames, rb.Condition()))


def test_a_frame_of_the_size_of_a_patch_is_that_patch(tmp_path: Path) -> None:
    whole = rb.open_dataset("synthetic", frames=1).read("000")
    data = rb.from_arrays([whole.image[:256, :256]], [whole.labels[:256, :256]], names=["a"])
    for patches, name in ((False, "a"), (True, "a-0")):
        list(write_distorted_sets(data, {"read_noise": [9]}, tmp_path / name, seed=3, patches=patches))
    frame, patch = ((tmp_path / name / "read_noise-9" / "input" / f"{name}.png") for name in ("a", "a-0"))
    assert frame.read_bytes() == patch.read_bytes()


def test_frames_have_noise_of_their_own_and_keep_size_and_masks(frames: Selection, tmp_path: Path) -> None:
    list(write_distorted_sets(frames, {"read_noise": [9]}, tmp_path, seed=3))
    read = rb.open_dataset(tmp_path, "read_noise-9")
    noise = []
    for before, after in zip(frames.frames, read.frames, strict=True):
        old, new = frames.read(before), read.read(after)
        np.testing.assert_array_equal(old.labels > 0, new.labels > 0)
        noise.append((new.image - old.image)[100:300, 100:300].ravel())
    assert np.std(noise[0]) == pytest.approx(9, rel=0.05)
    assert abs(np.corrcoef(*noise)[0, 1]) < 0.05


def test_pixels_beyond_a_small_frame_are_not_scored(tmp_path: Path) -> None:
    whole = rb.open_dataset("synthetic", frames=1).read("000")
    small = rb.from_arrays([whole.image[:200, :220]], [whole.labels[:200, :220]])
    with pytest.warns(match="models see the padding"):
        (one,) = write_distorted_sets(small, {"gamma": [2]}, tmp_path, seed=5, patches=True)
    assert one.ignored
    read = rb.open_dataset(one.folder, white_level=WHITE_LEVEL, ignore_label=IGNORE_LABEL)
    condition = rb.Condition(rb.ARTEFACTS.get("gamma"), 2.0)
    assert scores(read, rb.Condition()) == near(scores(small, condition))


def test_nothing_is_overwritten(frames: Selection, tmp_path: Path) -> None:
    list(write_distorted_sets(frames, {"gamma": [2]}, tmp_path))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.png")}
    with pytest.raises(DataError, match=r"gamma-2: exists already; remove it, or give another folder"):
        list(write_distorted_sets(frames, {"blur": [1], "gamma": [2]}, tmp_path))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.png")} == before
    list(write_distorted_sets(frames, {"gamma": [3]}, tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gamma-2", "gamma-3"]


def test_what_is_interrupted_leaves_only_whole_data_sets(frames: Selection, tmp_path: Path) -> None:
    def stop(condition: str) -> None:
        if condition == "gamma-3":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(write_distorted_sets(frames, {"gamma": [2, 3]}, tmp_path, on_image=stop))
    assert [path.name for path in tmp_path.iterdir()] == ["gamma-2"]


@pytest.mark.parametrize(
    ("grid", "words"),
    [({}, "no artefact is given"), ({"gamma": [1]}, "the neutral intensity"), ({"bubbles": None}, "does not have it")],
)
def test_a_grid_that_is_none_is_refused(grid: dict[str, list[float] | None], words: str, tmp_path: Path) -> None:
    with pytest.raises(GridError, match=words):
        list(write_distorted_sets(rb.open_dataset("synthetic", frames=1), grid, tmp_path / "out", profile="quick"))
    assert not (tmp_path / "out").exists()


def test_a_mask_without_background_names_condition_and_frame(tmp_path: Path) -> None:
    labels = np.ones((256, 256), np.int32)
    labels[:2] = 0
    image = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
    with pytest.warns(match="more than half"):
        data = rb.from_arrays([image], [labels])
    with pytest.raises(DataError, match=r"anisotropy-3: 0: is all cells"):
        list(write_distorted_sets(data, {"anisotropy": [3]}, tmp_path, seed=_seed_that_stretches_rows()))
    assert list(tmp_path.iterdir()) == []


def _seed_that_stretches_rows() -> int:
    from robustbench_cells.randomness import generator

    return next(seed for seed in range(20) if generator(seed, "arrays/all", "0", 0, "anisotropy").integers(2) == 0)
