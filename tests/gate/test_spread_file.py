"""A stored spread: written and read alike, and refused where it says nothing of the model in use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from robustbench_cells.errors import GateError
from robustbench_cells.gate.baselines import Baselines
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.gate.spread_file import SPREAD_FILE, load_spread, save_spread
from robustbench_cells.results.storage import save
from robustbench_cells.results.tables import Results
from tests.support.gate_runs import (
    baselines_of,
    judge,
    lower,
    make_seed,
    remove_rows,
    rename_model,
    set_manifest,
    verdicts,
)

SEEDS = [make_seed(seed) for seed in (3, 4, 5, 6, 9)]
RUNS = {f"runs/{number}": one for number, one in enumerate(SEEDS[:3])}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_spread(tmp_path / SPREAD_FILE, RUNS, ["unet"])
    return tmp_path / SPREAD_FILE


def test_one_stored_run_with_its_spread_is_judged_as_three_runs_are(path: Path) -> None:
    stored = baselines_of(SEEDS[0], stored=load_spread(path))
    for change in (lower("noise", 0.01), lower("noise", 0.15)):
        candidate = make_seed(6, change)
        one, three = judge(stored, candidate), judge(baselines_of(*SEEDS[:3]), candidate)
        assert verdicts(one) == verdicts(three)
        for ours, theirs in zip(one.decisions, three.decisions, strict=True):
            assert ours.retraining == theirs.retraining
            assert ours.retraining


def test_a_folder_brings_its_spread_where_it_is_the_only_one(path: Path) -> None:
    for number, seed in enumerate(SEEDS[:3]):
        save(seed, path.parent if number == 0 else path.parent / f"{number}")
    folders = [path.parent, path.parent / "1", path.parent / "2"]
    assert Baselines.load(folders[:1]).stored
    assert Baselines.load(folders).stored is None
    assert judge(Baselines.load(folders[:1]), SEEDS[3]).verdict is GateOutcome.NON_INFERIOR
    path.write_text("version = 2")
    with pytest.raises(GateError, match="is no spread between seeds"):
        Baselines.load(folders[:1])


OTHER: dict[str, tuple[Callable[[Results], Results], str]] = {
    "other frames": (set_manifest("dataset", "fingerprint", value="f" * 64), "selection or content of frames is 0123"),
    "another seed": (set_manifest("settings", "seed", value=1), "the seed is 0 in the baseline and 1 in"),
    "another version": (
        set_manifest("artefacts", "noise", "version", value=2),
        "version of noise is 1 in",
    ),
    "other code": (set_manifest("sources", value={"artefact noise": "b2"}), "code of the artefact noise is None"),
    "another model": (rename_model, "is about unet_2, and no model that is judged"),
    "a smaller grid": (remove_rows(lambda rows: rows["artefact"] == "noise"), "the grid of unet has 7 conditions"),
}


@pytest.mark.parametrize("name", OTHER)
def test_a_spread_of_other_runs_is_refused(name: str, tmp_path: Path) -> None:
    change, message = OTHER[name]
    runs = {run: change(results) for run, results in RUNS.items()}
    save_spread(tmp_path / SPREAD_FILE, runs, ["unet_2" if name == "another model" else "unet"])
    with pytest.raises(GateError, match=message):
        judge(baselines_of(SEEDS[0], stored=load_spread(tmp_path / SPREAD_FILE)), SEEDS[3])


@pytest.mark.parametrize("by", [0.2, -0.12])
def test_a_spread_of_another_recipe_is_refused(by: float, path: Path) -> None:
    with pytest.raises(GateError, match=r"is not what the 3 seeds of \S+ give, so it is of another recipe"):
        judge(baselines_of(make_seed(9, lower("noise", by)), stored=load_spread(path)), SEEDS[3])
    assert judge(baselines_of(SEEDS[4], stored=load_spread(path)), SEEDS[3])  # a later model of the recipe


def test_other_scores_of_the_model_in_use_are_refused(path: Path) -> None:
    changed = make_seed(3, lower("noise", 0.001))
    with pytest.raises(GateError, match="has other scores of unet"):
        judge(baselines_of(changed, stored=load_spread(path)), SEEDS[3])


def test_a_candidate_among_the_seeds_is_refused(path: Path) -> None:
    with pytest.raises(GateError, match="is seed 2 of those that it is judged by"):
        judge(baselines_of(SEEDS[0], stored=load_spread(path)), SEEDS[1])


def test_two_seeds_are_not_stored(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="2 seeds: a spread needs 3 or more"):
        save_spread(tmp_path / SPREAD_FILE, dict(list(RUNS.items())[:2]), ["unet"])


DAMAGE: dict[str, tuple[str, str, str]] = {
    "a score above 1": ("jaccard = [", "jaccard = [7.0, ", "7.0 is greater than"),
    "no number": ("jaccard = [", "jaccard = [nan, ", "scores of 3 seeds"),
    "another layout": ("version = 1", "version = 2", "1 was expected"),
    "an unknown key": ("version = 1", "version = 1\nseeds = 3", "Additional properties are not allowed"),
    "no TOML": ("version = 1", "version", "is no spread between seeds"),
    "a long number": ("intensity = 50.0", f"intensity = {10**400}", "a whole number of more than 300 digits"),
    "a condition twice": ("intensity = 50.0", "intensity = 200.0", "noise 200 is there twice"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file_is_refused(name: str, path: Path) -> None:
    old, new, message = DAMAGE[name]
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(GateError, match=message):
        load_spread(path)


def test_a_score_that_is_no_number_is_refused(path: Path) -> None:
    head, start, rest = path.read_text().partition("jaccard = [")
    _, comma, others = rest.partition(",")
    path.write_text(f"{head}{start}nan{comma}{others}")
    with pytest.raises(GateError, match="has a score that is none"):
        load_spread(path)
