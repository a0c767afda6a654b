"""Measured axes as conditions: scored as the images are, kept by their content, and nothing else changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import robustbench_cells as rb
from robustbench_cells.datasets.measured_axes import read_measured_axes
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.grid import make_conditions, profile_grid, resolve_grid
from robustbench_cells.engine.measured import measured_artefacts
from robustbench_cells.errors import BenchmarkWarning, DataError, GridError, UnknownNameError
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.types import Image, Masks
from tests.conftest import save_mask
from tests.support.measured_set import as_clean_set, axis_toml, defocused, write_measured_set

FOCUS = "measured:focus"
KEYS = ["segmenter", "frame", "patch"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_measured_set(tmp_path / "set")


def scores(result: rb.BenchmarkResult, artefact: str, intensity: float) -> pd.DataFrame:
    records = result.results.records
    part = records[(records["artefact"] == artefact) & (records["intensity"] == intensity)]
    return part.drop(columns=["artefact", "intensity"]).sort_values(KEYS).reset_index(drop=True)


def test_scores_are_those_of_a_data_set_of_these_images(root: Path, tmp_path: Path) -> None:
    result = rb.benchmark("dog_otsu", root, FOCUS, progress=False)
    for radius in (3.0, 6.0):
        other = rb.open_dataset(as_clean_set(root, radius, tmp_path / f"{radius}"))
        alone = rb.benchmark("dog_otsu", other, {"noise": [10]}, progress=False)
        measured = scores(result, FOCUS, radius)
        assert set(measured["patch"]) == {0}  # of `defocus`, over which it is drawn, the profile takes no more
        pd.testing.assert_frame_equal(measured, scores(alone, "clean", 0.0).merge(measured[KEYS]))
    assert result.curve(FOCUS, "jaccard").query("model == 'dog_otsu'")["intensity"].tolist() == [3, 6]
    info = result.results.run.artefacts[FOCUS]
    assert (info.family, info.unit, info.neutral, info.over) == ("measured", "px", 0, "defocus")
    assert RunManifest.from_json(result.results.run.to_json()) == result.results.run


def test_an_axis_changes_no_other_number_and_is_kept_by_content(root: Path, tmp_path: Path) -> None:
    file = root / "measured.toml"
    text = file.read_text(encoding="utf-8")
    file.unlink()
    cache = tmp_path / "records.sqlite"

    def run(*names: str) -> rb.BenchmarkResult:
        return rb.benchmark("dog_otsu", root, {"defocus": [4], **dict.fromkeys(names)}, cache=cache, progress=False)

    def computed(result: rb.BenchmarkResult) -> float:
        return result.results.run.effort["made"]

    before = run()
    file.write_text(text, encoding="utf-8")
    with_axis = run(FOCUS)
    for artefact, intensity in (("clean", 0.0), ("defocus", 4.0)):
        pd.testing.assert_frame_equal(scores(before, artefact, intensity), scores(with_axis, artefact, intensity))
    assert computed(with_axis) == len(with_axis.results.records) - len(before.results.records)
    assert computed(run(FOCUS)) == 0
    levels = defocused(1, 6)
    levels[0, 0] = 255 - levels[0, 0]
    save_mask(root / "focus_6/f1.png", levels.astype(np.uint8))
    again = run(FOCUS)
    patches = scores(again, FOCUS, 6.0)
    assert computed(again) == (patches["frame"] == "1").sum() > 0


def test_an_intensity_that_was_not_measured_is_refused(root: Path) -> None:
    data = rb.open_dataset(root)
    with pytest.raises(GridError, match=r"measured:focus=4: was not measured; the images of the data set are at 3, 6"):
        rb.benchmark("dog_otsu", data, {FOCUS: [4]}, progress=False)
    with pytest.raises(UnknownNameError, match="measured:gain"):
        rb.benchmark("dog_otsu", data, {"measured:gain": None}, progress=False)


def test_brackets_of_break_points_stay_as_they_were_measured(root: Path) -> None:
    def bright(images: Image) -> Masks:
        return images > 150

    with pytest.warns(BenchmarkWarning, match="a bracket stays as it is: measured:focus="):
        result = rb.benchmark({"bright": bright}, root, FOCUS, refine=True, floor=0.3, progress=False)
    assert set(result.results.records["intensity"]) == {0, 3, 6}


def test_profiles_hold_the_axis_except_the_papers(root: Path) -> None:
    axes = measured_artefacts(read_measured_axes(str(root), None))
    for profile in ("quick", "default", "full"):
        assert profile_grid(profile, axes)[FOCUS] == (3, 6)
    assert FOCUS not in profile_grid("paper", axes)
    grid = resolve_grid("paper", {FOCUS: [6]}, axes)
    assert [one.name for one in make_conditions("paper", grid, axes)] == ["clean", "measured:focus-6"]


def test_a_data_set_without_the_images_is_refused(root: Path) -> None:
    (artefact,) = measured_artefacts(read_measured_axes(str(root), None))
    data = rb.open_dataset("synthetic", frames=1)
    with pytest.raises(DataError, match="has no images of measured:focus at 3; give the data set that has"):
        Condition(artefact, 3.0).read(data, data.frames[0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (axis_toml(artefact="defocussing"), "measured:focus: .*defocussing"),
        (axis_toml(unit="µm"), "its unit is µm, but that of defocus is px, so that curves cannot be drawn over one"),
        (axis_toml(scale="log"), "its scale is log, but that of defocus is linear; leave scale out, or artefact"),
        (axis_toml({-3: "focus_3"}, scale="log", artefact=None), "the value -3 has no place on a logarithmic scale"),
        (axis_toml(clean=float("inf"), artefact=None), "clean = inf has no place on a linear scale"),
    ],
)
def test_an_axis_that_cannot_be_drawn_is_refused(tmp_path: Path, text: str, message: str) -> None:
    root = write_measured_set(tmp_path, text)
    with pytest.raises(DataError, match=message):
        measured_artefacts(read_measured_axes(str(root), None))


def test_a_scale_is_that_of_the_artefact_unless_it_is_given(tmp_path: Path) -> None:
    text = axis_toml(artefact="shot_noise", unit=rb.ARTEFACTS.get("shot_noise").unit, clean=float("inf"))
    (artefact,) = measured_artefacts(read_measured_axes(str(write_measured_set(tmp_path, text)), None))
    assert artefact.scale == "log"
