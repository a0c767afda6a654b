"""Whatever would invalidate the verdict is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from robustbench_cells.errors import GateError
from robustbench_cells.gate.criteria import CRITERIA
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.reporting.gate_text import gate_lines, gate_markdown
from robustbench_cells.results.tables import Results
from tests.support.gate_runs import (
    BASELINE,
    CONTENT,
    JACCARD,
    change_records,
    compare,
    drop,
    make_run,
    remove_rows,
    rename_model,
    select_unet,
    set_manifest,
)
from tests.support.manifests import change_manifest

INVALID: dict[str, tuple[Callable[[Results], Results], str]] = {
    "another data set": (
        set_manifest("dataset", "key", value="paired/validation"),
        "the data set is paired/test in the",
    ),
    "other frames": (
        set_manifest("dataset", "fingerprint", value="f" * 64),
        "the selection or content of frames is 0123456789ab",
    ),
    "another artefact version": (set_manifest("artefacts", "noise", "version", value=2), "the version of noise is 1"),
    "another metric version": (set_manifest("metrics", "jaccard", "version", value=2), "the version of jaccard is 1"),
    "another seed": (set_manifest("settings", "seed", value=1), "the seed is 0 in the baseline and 1 in the candidate"),
    "another cap on patches": (set_manifest("settings", "most_patches", value=6), "the cap on patches per frame is 12"),
    "another block length": (set_manifest("settings", "block", value=1), "the block length is 5"),
    "a missing condition": (
        remove_rows(lambda table: select_unet(table, "noise", 50)),
        "unet-noise-50 missing from the candidate",
    ),
    "missing patches": (
        remove_rows(lambda table: select_unet(table, "noise", 50) & (table["patch"] == 5)),
        "patches of unet-noise-50 missing from the candidate",
    ),
    "other true counts": (
        change_records(drop("noise", 50, 1, "cells_true")),
        r"cells_true of patch 0 of frame 0 under noise-50 is \d+ in the baseline and \d+ in the candidate",
    ),
    "a renamed model": (rename_model, r"the baseline has no unet_2 \(but unet\).*--rb-against unet_2=NAME"),
    "a model named by its file": (
        partial(rename_model, name="unet.onnx"),
        r"the baseline has no unet\.onnx \(but unet\); map it to unet: --rb-against unet\.onnx=unet",
    ),
    "an undefined score": (
        change_records(drop("clean", 0, float("nan"))),
        "the candidate has an undefined jaccard of unet",
    ),
    "an undefined count": (
        change_records(drop("clean", 0, float("nan"), "cells_true")),
        "the candidate has an undefined cells_true of unet",
    ),
    "a failed test": (
        set_manifest("tests", "failed", value=["unet-noise-50"]),
        "tests of the candidate failed: unet-noise-50",
    ),
    "no model": (
        lambda results: Results(
            results.records[results.records["segmenter"] == "background"],
            replace(results.run, segmenters={"background": "b"}),
        ),
        "the candidate run has no model",
    ),
}


@pytest.mark.parametrize("name", INVALID)
def test_an_incomparable_candidate_is_refused(name: str) -> None:
    change, message = INVALID[name]
    with pytest.raises(GateError, match=message):
        compare(BASELINE, change(make_run()), JACCARD)


def test_a_condition_missing_from_the_baseline_is_refused() -> None:
    less = remove_rows(lambda table: select_unet(table, "noise", 50))(make_run())
    with pytest.raises(GateError, match="unet-noise-50 missing from the baseline"):
        compare(less, make_run(), JACCARD)


def test_a_baseline_without_some_artefacts_judges_the_others_and_says_what_it_does_not() -> None:
    """An older baseline goes on judging when artefacts are added, and nothing is said of the new ones."""
    older = set_manifest("artefacts", value={"cell_size": CONTENT["artefacts"]["cell_size"]})(
        remove_rows(lambda table: table["artefact"] == "noise")(BASELINE)
    )
    gate = compare(older, make_run(drop("noise", 50, 0.4)), JACCARD)
    assert gate.verdict is GateOutcome.NON_INFERIOR
    assert {one.difference.artefact for one in gate.decisions} == {"clean", "cell_size"}
    assert gate.not_in_baseline == ["noise"]
    assert "Not judged, since the baseline does not have it: noise; make a baseline" in gate_lines(gate, "here")
    assert "Not judged, since the baseline does not have it: noise" in gate_markdown(gate).replace("\\", "")
    assert compare(older, make_run(drop("cell_size", 2, 0.4)), JACCARD).verdict is GateOutcome.REGRESSED


def test_a_failed_test_of_the_baseline_is_refused() -> None:
    with pytest.raises(GateError, match="tests of the baseline failed"):
        compare(set_manifest("tests", "failed", value=["unet-clean"])(make_run()), make_run(), JACCARD)


def test_an_undefined_score_of_the_baseline_is_refused() -> None:
    with pytest.raises(GateError, match="the baseline has an undefined jaccard"):
        compare(make_run(drop("clean", 0, float("nan"))), make_run(), JACCARD)


def test_every_problem_is_listed() -> None:
    candidate = set_manifest("settings", "seed", value=1)(set_manifest("dataset", "key", value="other")(make_run()))
    with pytest.raises(GateError, match=r"data set.*seed"):
        compare(BASELINE, candidate, JACCARD)


@pytest.mark.parametrize("tolerance", [-0.01, float("nan"), float("inf"), "0.01", None])
def test_a_meaningless_tolerance_is_refused(tolerance: Any) -> None:
    with pytest.raises(GateError, match=r"the tolerance of jaccard is .*; it must be (finite and 0 or more|a number)"):
        compare(BASELINE, make_run(), {"jaccard": tolerance})


@pytest.mark.parametrize(
    ("criterion", "tolerance"), [("jaccard", 5), ("jaccard", 1), ("recall", 1.5), ("break_point", 1), ("cells", 1)]
)
def test_a_tolerance_that_any_model_would_meet_is_refused(criterion: str, tolerance: float) -> None:
    with pytest.raises(GateError, match=f"the tolerance of {criterion} is {tolerance:g} .*; it must be below 1"):
        compare(BASELINE, make_run(), {"jaccard": 0.01, criterion: tolerance})


@pytest.mark.parametrize("name", [one.name for one in CRITERIA if set(one.metrics) <= set(BASELINE.run.metrics)])
def test_a_model_that_finds_nothing_regresses_at_the_largest_tolerance(name: str) -> None:
    """Whatever a criterion accepts as a tolerance can still be exceeded."""
    criterion = CRITERIA.get(name)

    def ruin(table: pd.DataFrame) -> None:
        table.loc[(table["segmenter"] == "unet") & (table["artefact"] != "clean"), list(BASELINE.run.metrics)] = 0.0
        table["cells_true"] = 20.0

    def perfect(table: pd.DataFrame) -> None:
        table.loc[table["segmenter"] == "unet", ["jaccard", "precision", "recall"]] = 1.0

    gate = compare(make_run(perfect), make_run(ruin), {name: 0.999 * criterion.worst})
    assert gate.verdict is GateOutcome.REGRESSED


@pytest.mark.parametrize("side", ["baseline", "candidate"])
@pytest.mark.parametrize(
    ("metric", "score"), [("jaccard", 7.0), ("jaccard", -0.1), ("recall", 1.01), ("cells_true", -1), ("recall", np.inf)]
)
def test_a_score_that_its_metric_cannot_have_is_refused(side: str, metric: str, score: float) -> None:
    """Also in runs that were stored without ranges, as these are."""

    def change(table: pd.DataFrame) -> None:
        table.loc[select_unet(table, "noise", 50) & (table["frame"] == "3"), metric] = score

    runs = {"baseline": make_run(), "candidate": make_run()} | {side: make_run(change)}
    words = rf"in the {side} {metric} is {score:g} in patch 0 of frame 3, unet under noise-50, but its values are"
    with pytest.raises(GateError, match=words):
        compare(runs["baseline"], runs["candidate"], {"jaccard": 0.01, "recall": 0.01, "cells": 0.05})


@pytest.mark.parametrize("side", ["baseline", "candidate"])
def test_a_criterion_whose_metric_is_missing_is_refused(side: str) -> None:
    runs = {"baseline": make_run(), "candidate": make_run()}
    metrics = {name: info for name, info in runs[side].run.metrics.items() if name != "recall"}
    runs[side] = Results(runs[side].records, replace(runs[side].run, metrics=metrics))
    with pytest.raises(GateError, match=f"the {side} has no recall, which a criterion needs"):
        compare(runs["baseline"], runs["candidate"], {"jaccard": 0.01, "recall": 0.01})


def test_runs_without_a_common_condition_are_refused() -> None:
    part = remove_rows(lambda table: table["artefact"] == "noise")(make_run())
    part = change_manifest(part, "tests", "ran", value=8)
    less = remove_rows(lambda table: table["artefact"] != "noise")(make_run())
    with pytest.raises(GateError, match="no condition in common"):
        compare(less, part, JACCARD)


def test_a_criterion_without_any_value_is_refused() -> None:
    part = remove_rows(lambda table: table["artefact"] == "clean")(make_run())
    part = change_manifest(part, "tests", "ran", value=12)
    with pytest.raises(GateError, match="the conditions that ran give no break_point of unet"):
        compare(BASELINE, part, {"jaccard": 0.01, "break_point": 0.1})


@pytest.mark.parametrize("plugin", ["artefact noise", "metric jaccard"])
def test_code_of_a_plug_in_that_was_edited_is_refused_whatever_its_version(plugin: str) -> None:
    """Runs of earlier versions do not name the code, and stay comparable."""
    old, same, edited = (set_manifest("sources", value={plugin: code})(BASELINE) for code in ("a1", "a1", "b2"))
    with pytest.raises(GateError, match=f"the code of the {plugin} is a1 in the baseline and b2 in the candidate"):
        compare(old, edited, JACCARD)
    for baseline, candidate in ((old, same), (BASELINE, edited), (old, BASELINE)):
        assert compare(baseline, candidate, JACCARD)


def test_code_of_a_plug_in_that_is_not_compared_does_not_matter() -> None:
    old, new = (set_manifest("sources", value={"artefact fog": code})(BASELINE) for code in ("a1", "b2"))
    assert compare(old, new, JACCARD)
