"""Each thing that would make the gate lie is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from robustbench_cells.errors import GateError
from robustbench_cells.gate.comparison import compare
from robustbench_cells.results.tables import Results
from tests.support.gate_runs import BASELINE, JACCARD, changed, drop, fact, renamed, run_of, where, without
from tests.support.manifests import with_fact

LIES: dict[str, tuple[Callable[[Results], Results], str]] = {
    "another data set": (fact("dataset", "key", value="paired/validation"), "the data set is paired/test in the"),
    "other frames": (fact("dataset", "fingerprint", value="f" * 64), "the choice or content of frames is 0123456789ab"),
    "another artefact version": (fact("artefacts", "noise", "version", value=2), "the version of noise is 1"),
    "another metric version": (fact("metrics", "jaccard", "version", value=2), "the version of jaccard is 1"),
    "another seed": (fact("settings", "seed", value=1), "the seed is 0 in the baseline and 1 in the candidate"),
    "another cap": (fact("settings", "most_patches", value=6), "the most patches is 12"),
    "another block length": (fact("settings", "block", value=1), "the block length is 5"),
    "a condition missing": (without(lambda table: where(table, "noise", 50)), "the candidate lacks unet-noise-50"),
    "patches missing": (
        without(lambda table: where(table, "noise", 50) & (table["patch"] == 5)),
        "the candidate lacks patches of unet-noise-50",
    ),
    "a renamed model": (renamed, r"the baseline has no unet_2 \(but unet\).*--rb-against unet_2=NAME"),
    "a model by its whole name": (
        partial(renamed, name="unet.onnx"),
        r"the baseline has no unet\.onnx \(but unet\); say that it replaces unet: --rb-against unet\.onnx=unet",
    ),
    "a NaN": (changed(drop("clean", 0, float("nan"))), "the candidate has an undefined jaccard of unet"),
    "a NaN in a count": (
        changed(drop("clean", 0, float("nan"), "cells_true")),
        "the candidate has an undefined cells_true of unet",
    ),
    "a failed test": (fact("tests", "failed", value=["unet-noise-50"]), "tests of the candidate failed: unet-noise-50"),
    "no model": (
        lambda results: Results(
            results.records[results.records["segmenter"] == "background"],
            replace(results.run, segmenters={"background": "b"}),
        ),
        "its run has no model",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_would_make_it_lie_fails_loudly(lie: str) -> None:
    spoil, words = LIES[lie]
    with pytest.raises(GateError, match=words):
        compare(BASELINE, spoil(run_of()), JACCARD)


def test_a_condition_that_the_baseline_lacks_fails_loudly() -> None:
    less = without(lambda table: where(table, "noise", 50))(run_of())
    with pytest.raises(GateError, match="the baseline lacks unet-noise-50"):
        compare(less, run_of(), JACCARD)


def test_a_failed_test_of_the_baseline_fails_loudly() -> None:
    with pytest.raises(GateError, match="tests of the baseline failed"):
        compare(fact("tests", "failed", value=["unet-clean"])(run_of()), run_of(), JACCARD)


def test_a_nan_of_the_baseline_fails_loudly() -> None:
    with pytest.raises(GateError, match="the baseline has an undefined jaccard"):
        compare(run_of(drop("clean", 0, float("nan"))), run_of(), JACCARD)


def test_all_that_is_wrong_is_said_at_once() -> None:
    spoilt = fact("settings", "seed", value=1)(fact("dataset", "key", value="other")(run_of()))
    with pytest.raises(GateError, match=r"data set.*seed"):
        compare(BASELINE, spoilt, JACCARD)


@pytest.mark.parametrize("tolerance", [-0.01, float("nan"), float("inf")])
def test_a_tolerance_without_meaning_is_refused(tolerance: float) -> None:
    with pytest.raises(GateError, match="0 or more is needed"):
        compare(BASELINE, run_of(), {"jaccard": tolerance})


@pytest.mark.parametrize("side", ["baseline", "candidate"])
def test_an_aspect_whose_metric_a_run_has_not_fails_loudly(side: str) -> None:
    runs = {"baseline": run_of(), "candidate": run_of()}
    metrics = {name: info for name, info in runs[side].run.metrics.items() if name != "recall"}
    runs[side] = Results(runs[side].records, replace(runs[side].run, metrics=metrics))
    with pytest.raises(GateError, match=f"the {side} has no recall, which is to be judged by"):
        compare(runs["baseline"], runs["candidate"], {"jaccard": 0.01, "recall": 0.01})


def test_a_part_with_nothing_in_common_fails_loudly() -> None:
    part = without(lambda table: table["artefact"] == "noise")(run_of())
    part = with_fact(part, "tests", "ran", value=8)
    less = without(lambda table: table["artefact"] != "noise")(run_of())
    with pytest.raises(GateError, match="no condition in common"):
        compare(less, part, JACCARD)


def test_an_aspect_of_which_nothing_can_be_said_fails_loudly() -> None:
    part = without(lambda table: table["artefact"] == "clean")(run_of())
    part = with_fact(part, "tests", "ran", value=12)
    with pytest.raises(GateError, match="nothing can be said of the break_point of unet"):
        compare(BASELINE, part, {"jaccard": 0.01, "break_point": 0.1})
