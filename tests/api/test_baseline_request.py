"""The request of a run that is judged by a baseline."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustbench_cells.api.artefact_texts import add_together, parse_together
from robustbench_cells.api.baseline_request import follow_baseline
from robustbench_cells.errors import GateError
from robustbench_cells.results.manifest import RunManifest
from tests.support.manifests import changed_manifest
from tests.support.opened_run import open_run


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> RunManifest:
    """The manifest of a run on two frames, with settings of its own."""
    folder = tmp_path_factory.mktemp("baseline")
    run = open_run(folder, models=("dog_otsu",), profile="quick", frames=2, seed=3, artefacts={"noise": [5.0, 50.0]})
    manifest = run.manifest()
    run.close()
    return manifest


def test_request_follows_the_baseline(baseline: RunManifest) -> None:
    request = follow_baseline({"models": ("nlm_otsu",)}, baseline)
    assert (request.profile, request.frames, request.seed, request.models) == ("quick", 2, 3, ("nlm_otsu",))
    assert [condition.name for condition in request.conditions] == ["clean", "noise-5", "noise-50"]


def test_request_follows_a_baseline_that_stored_no_grid(baseline: RunManifest) -> None:
    request = follow_baseline({}, changed_manifest(baseline, "settings", "grids", value={}))
    assert [condition.name for condition in request.conditions] == ["clean", "noise-0", "noise-50", "noise-200"]


def test_the_pixel_size_of_a_baseline_is_taken_over_and_may_be_another(baseline: RunManifest) -> None:
    known = changed_manifest(baseline, "settings", "pixel_size", value=1.6)
    assert follow_baseline({}, known).pixel_size == 1.6
    assert follow_baseline({"pixel_size": 0.8}, known).pixel_size == 0.8
    assert follow_baseline({}, baseline).pixel_size is None


def test_what_agrees_with_the_baseline_may_be_given(baseline: RunManifest) -> None:
    given = {"profile": "quick", "seed": 3, "split": "test", "frames": 2, "block": 1, "artefacts": {"noise": [50.0]}}
    request = follow_baseline(given, baseline)
    assert [condition.name for condition in request.conditions] == ["clean", "noise-50"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("profile", "default", "profile default contradicts the baseline, which ran with profile quick"),
        ("frames", 1, "frames 1 contradicts the baseline, which ran with frames 2"),
        ("seed", 0, "seed 0 contradicts the baseline, which ran with seed 3"),
        ("split", "train", "split train contradicts the baseline, which ran with split test"),
        ("margin", 25, "margin 25 contradicts the baseline, which ran with margin 0"),
        ("white_level", 4095, "white level 4095 contradicts the baseline, which ran with white level None"),
        ("block", 5, "block 5 contradicts the baseline, which ran with block 1"),
        ("artefacts", {"noise": [6.0]}, "artefact noise=6 contradicts the baseline, which ran with noise=5,50"),
        ("artefacts", {"cell_size": None}, "which ran with cell_size=nothing"),
    ],
)
def test_what_contradicts_the_baseline_is_refused(field: str, value: object, words: str, baseline: RunManifest) -> None:
    with pytest.raises(GateError, match=words):
        follow_baseline({field: value}, baseline)


def test_the_channel_is_the_baselines_unless_that_ran_on_grey_frames(baseline: RunManifest) -> None:
    assert follow_baseline({}, baseline).channel is None
    assert follow_baseline({"channel": "luminance"}, baseline).channel == "luminance"  # the content of frames decides
    red = changed_manifest(baseline, "settings", "channel", value="red")
    assert follow_baseline({}, red).channel == follow_baseline({"channel": "red"}, red).channel == "red"
    with pytest.raises(GateError, match="channel green contradicts the baseline, which ran with channel red"):
        follow_baseline({"channel": "green"}, red)


def test_request_follows_a_baseline_with_artefacts_at_once(tmp_path: Path) -> None:
    pairs = parse_together(["noise=10+cell_size", "vignetting=40+shot_noise=10,30"], "--x")
    chosen = add_together({"noise": [5.0]}, pairs)
    run = open_run(tmp_path, models=("dog_otsu",), profile="quick", frames=1, artefacts=chosen, together=pairs)
    manifest = RunManifest.from_json(run.manifest().to_json())
    run.close()
    names = [condition.name for condition in run.grid]
    assert names[-2:] == ["vignetting-40+shot_noise-10", "vignetting-40+shot_noise-30"]
    assert sorted(one.name for one in follow_baseline({}, manifest).conditions) == sorted(names)
    alone = follow_baseline({"artefacts": {"noise": [5.0]}}, manifest)
    assert [one.name for one in alone.conditions] == ["clean", "noise-5"]
    same = parse_together(["vignetting=40+shot_noise=10,30"], "--x")
    assert len(follow_baseline({"together": same}, manifest).conditions) == len(names)
    for text, words in {
        "vignetting=40+shot_noise=10,300": r"shot_noise=10,300 contradicts .* which ran with .*shot_noise=10,30",
        "vignetting=80+shot_noise=10,30": r"which ran with vignetting-80\+shot_noise=nothing",
        "noise=10+shot_noise=10,30": r"which ran with noise-10\+shot_noise=nothing",
    }.items():
        with pytest.raises(GateError, match=words):
            follow_baseline({"together": parse_together([text], "--x")}, manifest)


def test_data_set_of_the_baseline_has_to_be_named(baseline: RunManifest) -> None:
    other = changed_manifest(baseline, "dataset", "key", value="paired/test")
    with pytest.raises(GateError, match="give its data set by --rb-dataset"):
        follow_baseline({}, other)
    assert follow_baseline({"dataset": "DATA"}, other).dataset == "DATA"
