"""Example patches: their choice, and their file."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.results.example_patches import (
    EXAMPLES_FILE,
    ExamplePatches,
    ExampleView,
    choose_examples,
    load_examples,
    save_examples,
)
from robustbench_cells.results.tables import Results
from tests.support.report_results import make_examples, make_results

RUN = make_results({"strong": 0.9, "weak": 0.5})


def test_examples_are_the_median_patch_and_the_worst_within_the_trusted_range() -> None:
    cells = {("003", 0): 20, ("002", 1): 21}  # the first is the lower of the two in the middle of twelve
    counts = [
        cells.get(key, 10 if key[0] < "002" or key == ("002", 0) else 30)
        for key in RUN.records[["frame", "patch"]].itertuples(index=False, name=None)
    ]
    views = choose_examples(Results(RUN.records.assign(cells_true=counts), RUN.run))
    strip = [view for view in views if not view.failure_of]
    assert len({(view.frame, view.patch) for view in strip}) == 1
    assert (strip[0].frame, strip[0].patch) == ("003", 0)
    assert {(view.artefact, view.intensity) for view in strip} == set(
        RUN.records[["artefact", "intensity"]].itertuples(index=False, name=None)
    )
    worst = [view for view in views if view.failure_of == "strong" and view.artefact == "noise"]
    assert [(view.frame, view.patch, view.intensity) for view in worst] == [("005", 1, 0.0), ("005", 0, 0.0)]


def test_patch_that_is_shown_at_every_intensity_does_not_depend_on_the_models() -> None:
    def strip(jaccard: float) -> list[ExampleView]:
        results = make_results({"strong": 0.9, "weak": 0.5})
        odd = (results.records["segmenter"] == "weak") & (results.records["frame"] == "004")
        records = results.records.assign(jaccard=results.records["jaccard"].mask(odd, jaccard))
        return [view for view in choose_examples(Results(records, results.run)) if not view.failure_of]

    assert strip(0.0) == strip(1.0)


@pytest.mark.parametrize("patch", [0, 1])
def test_the_patch_is_one_that_every_artefact_takes(patch: int) -> None:
    few = RUN.records[(RUN.records["artefact"] != "noise") | (RUN.records["patch"] == patch)]
    strip = [view for view in choose_examples(Results(few, RUN.run)) if not view.failure_of]
    assert {view.patch for view in strip} == {patch}
    assert {view.artefact for view in strip} == set(RUN.records["artefact"])


def test_a_long_grid_is_shown_at_nine_intensities() -> None:
    many = pd.concat([RUN.records.assign(artefact="noise", intensity=float(sigma)) for sigma in range(41)])
    many = many.drop_duplicates(["segmenter", "intensity", "frame", "patch"]).reset_index(drop=True)
    strip = [view.intensity for view in choose_examples(Results(many, RUN.run)) if not view.failure_of]
    assert strip == [0, 5, 10, 15, 20, 25, 30, 35, 40]


def test_examples_round_trip_and_load_only_with_their_results(tmp_path: Path) -> None:
    examples = make_examples(RUN)
    save_examples(examples, RUN, tmp_path)
    loaded = load_examples(RUN, tmp_path)
    assert loaded
    assert list(loaded.views) == list(examples.views)
    assert np.array_equal(loaded.images, examples.images)
    assert all(np.array_equal(loaded.masks[name], mask) for name, mask in examples.masks.items())
    assert (loaded.true_labels, loaded.labels) == (None, {})
    assert load_examples(make_results({"other": 0.9}), tmp_path) is None
    assert load_examples(RUN, tmp_path / "elsewhere") is None


def test_ids_of_cells_round_trip_beside_the_masks(tmp_path: Path) -> None:
    examples = make_examples(RUN)
    truth = np.where(examples.truth, np.arange(256, dtype=np.int32) // 50 + 1, 0).astype(np.int32)
    ids = {"weak": np.where(examples.masks["weak"], 70_000, 0).astype(np.int32)}
    save_examples(replace(examples, true_labels=truth, labels=ids), RUN, tmp_path)
    loaded = load_examples(RUN, tmp_path)
    assert loaded
    assert loaded.true_labels is not None
    np.testing.assert_array_equal(loaded.true_labels, truth)
    assert list(loaded.labels) == ["weak"]
    np.testing.assert_array_equal(loaded.labels["weak"], ids["weak"])


def test_the_index_of_the_file_keeps_its_keys(tmp_path: Path) -> None:
    save_examples(make_examples(RUN), RUN, tmp_path)
    with zipfile.ZipFile(tmp_path / EXAMPLES_FILE) as archive:
        index = json.loads(np.load(BytesIO(archive.read("index.npy"))).tobytes())
    assert list(index) == ["of", "views", "segmenters", "milliseconds", "labels"]
    assert {tuple(view) for view in index["views"]} == {("artefact", "intensity", "frame", "patch", "worst_of")}
    assert {view["worst_of"] for view in index["views"]} == {"", "strong", "weak"}


@pytest.mark.parametrize("keep", [0, 100, -100])
def test_a_truncated_file_is_refused(keep: int, tmp_path: Path) -> None:
    save_examples(make_examples(RUN), RUN, tmp_path)
    path = tmp_path / EXAMPLES_FILE
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ResultsError, match=r"pictures\.npz: is damaged"):
        load_examples(RUN, tmp_path)


def test_more_examples_than_are_chosen_are_refused(tmp_path: Path) -> None:
    examples = make_examples(RUN)
    times = (1 + len(RUN.run.artefacts)) * (9 + 2 * len(RUN.run.segmenters)) // len(examples.views) + 1
    many = ExamplePatches(
        list(examples.views) * times,
        np.tile(examples.images, (times, 1, 1)),
        np.tile(examples.truth, (times, 1, 1)),
        {name: np.tile(mask, (times, 1, 1)) for name, mask in examples.masks.items()},
        examples.milliseconds,
    )
    save_examples(many, RUN, tmp_path)
    with pytest.raises(ResultsError, match=rf"has {len(many.views)} views, more than the \d+ that are chosen"):
        load_examples(RUN, tmp_path)


def test_an_array_that_declares_too_much_is_refused_before_it_takes_memory(tmp_path: Path) -> None:
    save_examples(make_examples(RUN), RUN, tmp_path)
    path = tmp_path / EXAMPLES_FILE
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    count = len(choose_examples(RUN))
    members["images.npy"] = members["images.npy"].replace(f"({count}, 256, 256)".encode(), b"(9999999, 256, 256)")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ResultsError, match=r"pictures\.npz: is damaged .*more than the 1073741824 bytes allowed"):
        load_examples(RUN, tmp_path)
