"""Several baselines: what retraining alone does, and baselines that are no evidence of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from robustbench_cells.errors import GateError
from robustbench_cells.gate.baselines import Baselines
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.results.storage import save
from robustbench_cells.results.tables import Results
from tests.support.gate_runs import (
    BASELINE,
    baselines_of,
    change_records,
    drop,
    judge,
    lower,
    lower_all,
    make_seed,
    remove_rows,
    rename_model,
    select_unet,
    set_manifest,
    verdicts,
)

SEEDS = [make_seed(seed) for seed in (3, 4, 5, 6, 9)]
THREE = baselines_of(*SEEDS[:3])
ARTEFACTS = BASELINE.run.to_json()["artefacts"]


def test_another_seed_of_the_recipe_passes() -> None:
    """Alone against the model in use it regresses: their trainings drew otherwise."""
    alone = [judge(baselines_of(SEEDS[0]), seed).verdict for seed in SEEDS[3:]]
    assert GateOutcome.REGRESSED in alone
    for seed in SEEDS[3:]:
        gate = judge(THREE, seed)
        assert gate.verdict is GateOutcome.NON_INFERIOR
        assert gate.known.unknown == {}
        assert all(one.retraining.seeds == 3 for one in gate.decisions if one.retraining)


def test_what_is_within_the_spread_is_to_watch_unless_the_file_alone_counts() -> None:
    candidate = make_seed(6, lower("noise", 0.01))
    gate = judge(THREE, candidate)
    assert verdicts(gate)["area unet-noise"] == "watch"
    assert gate.verdict is GateOutcome.NON_INFERIOR
    alone = judge(THREE, candidate, by_file_alone=True)
    assert verdicts(alone)["area unet-noise"] == "regresses"
    assert alone.verdict is GateOutcome.REGRESSED


def test_what_is_beyond_the_spread_regresses() -> None:
    gate = judge(THREE, make_seed(6, lower("noise", 0.15)))
    assert gate.verdict is GateOutcome.REGRESSED
    (axis,) = (one for one in gate.decisions if one.name == "area unet-noise")
    assert axis.verdict is GateOutcome.REGRESSED
    assert axis.retraining
    assert axis.retraining.deviation.value < -axis.retraining.reach


def test_what_is_better_than_retraining_gives_is_told() -> None:
    gate = judge(THREE, make_seed(6, lower("cell_size", -0.1)))
    better = [one.name for one in gate.decisions if one.retraining and one.retraining.is_better and not one.is_guard]
    assert better == ["area unet-cell_size"]
    assert "area unet-cell_size" in [one.name for one in gate.decisions if one.improves]


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_than_three_seeds_say_nothing_of_retraining(count: int) -> None:
    gate = judge(baselines_of(*SEEDS[:count]), SEEDS[3])
    assert set(gate.known.unknown) == {"unet"}
    assert all(one.retraining is None for one in gate.decisions)
    assert verdicts(gate) == verdicts(judge(baselines_of(SEEDS[0]), SEEDS[3]))


def test_the_model_in_use_itself_passes_whatever_its_seeds_are() -> None:
    gate = judge(THREE, SEEDS[0])
    assert set(verdicts(gate).values()) == {"holds"}
    assert gate.known.in_use == ["unet"]


INVALID: dict[str, tuple[Callable[[Results], Results], str]] = {
    "another data set": (set_manifest("dataset", "key", value="paired/validation"), "the data set is paired/test in"),
    "other frames": (set_manifest("dataset", "fingerprint", value="f" * 64), "selection or content of frames"),
    "another seed of patches": (set_manifest("settings", "seed", value=1), "the seed is 0 in the baseline and 1 in"),
    "another version": (set_manifest("artefacts", "noise", "version", value=2), "version of noise is 1 in"),
    "another version of a metric": (set_manifest("metrics", "jaccard", "version", value=2), "version of jaccard is 1"),
    "another artefact": (
        set_manifest("artefacts", value=ARTEFACTS | {"fog": ARTEFACTS["noise"]}),
        "the baseline's grid has no fog",
    ),
    "a smaller grid": (
        set_manifest("artefacts", value={"noise": ARTEFACTS["noise"]}),
        "the baseline runs/2's grid has no cell_size|runs/3's grid has no cell_size",
    ),
    "an incomplete run": (set_manifest("incomplete", value=["a worker died"]), r"is incomplete \(a worker died\)"),
    "a failed test": (set_manifest("tests", "failed", value=["unet-clean"]), "tests of the baseline runs/. failed"),
    "a run that stopped early": (set_manifest("settings", "sequential", value=True), "stopped early"),
    "another model": (rename_model, "has no unet"),
    "missing patches": (
        remove_rows(lambda rows: select_unet(rows, "noise", 50) & (rows["frame"] == "3")),
        "in 6 patches of unet",
    ),
    "an undefined score": (change_records(drop("clean", 0, float("nan"))), "has an undefined jaccard of unet"),
    "an impossible score": (change_records(drop("clean", 0, 3.0)), "in the baseline runs/. jaccard is"),
    "other true cells": (change_records(drop("noise", 50, 1, "cells_true")), "has other cells_true"),
    "the same network": (
        set_manifest("segmenters", value=dict(SEEDS[0].run.segmenters)),
        r"seeds 1 and . of unet are one network",
    ),
    "the candidate": (lambda _: SEEDS[3], "a model is no evidence about itself"),
    "the candidate by another name": (
        lambda _: set_manifest("segmenters", value={"unet": "saved again", "background": "background 1"})(SEEDS[3]),
        "scores exactly like one of the seeds",
    ),
    "a network that was saved again": (
        lambda _: set_manifest("segmenters", value={"unet": "saved again", "background": "background 1"})(SEEDS[0]),
        r"seeds 1 and . of unet are one network",
    ),
}


@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize("name", INVALID)
def test_a_seed_that_is_no_evidence_is_refused(name: str, place: int) -> None:
    change, message = INVALID[name]
    runs = list(SEEDS[:3])
    runs[place] = change(runs[place])
    with pytest.raises(GateError, match=message):
        judge(baselines_of(*runs), SEEDS[3])


def test_one_network_in_all_runs_is_no_spread() -> None:
    with pytest.raises(GateError, match="all baselines have the same networks"):
        judge(baselines_of(SEEDS[0], SEEDS[0], SEEDS[0]), SEEDS[3])


def test_seeds_that_differ_so_much_that_nothing_could_fail_are_refused() -> None:
    wild = [make_seed(seed, lower_all(by)) for seed, by in ((3, 0.0), (4, 0.3), (5, 0.6))]
    with pytest.raises(GateError, match="its 3 seeds differ so much that one more may score 0"):
        judge(baselines_of(*wild), SEEDS[3])
    assert judge(baselines_of(*wild), SEEDS[3], by_file_alone=True)


def test_a_run_is_one_seed(tmp_path: Path) -> None:
    save(BASELINE, tmp_path / "one")
    with pytest.raises(GateError, match="is named twice; one run is one seed"):
        Baselines.load([tmp_path / "one", tmp_path / "one"])
    with pytest.raises(GateError, match="no baseline is named"):
        Baselines.load([])
