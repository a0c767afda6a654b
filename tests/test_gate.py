"""The gate: verdicts on made-up runs, and each thing that would make it lie."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from robustbench_cells import verdict
from robustbench_cells.aspects import ASPECTS, Difference, Pair
from robustbench_cells.aspects.break_point import break_distance
from robustbench_cells.errors import GateError
from robustbench_cells.gate import Gate, compare
from robustbench_cells.judgement import Judgement, Verdict, settle
from robustbench_cells.reporting import gate_lines, gate_markdown
from robustbench_cells.results import Results, save
from robustbench_cells.statistics import Estimate

FRAMES, PATCHES = 40, 6
LEVELS = {"clean": (0.0,), "noise": (0.0, 50.0, 200.0), "cell_size": (0.5, 1.0, 2.0)}
CLEAN_RUN: dict[str, Any] = {
    "version": 2,
    "command": "pytest benchmarks/",
    "dataset": {
        "key": "paired/test",
        "title": "made up",
        "fingerprint": "0123456789abcdef",
        "frames": [f"{number}" for number in range(FRAMES)],
        "positions": list(range(FRAMES)),
    },
    "segmenters": {"unet": "weights", "background": "background 1"},
    "settings": {"profile": "default", "seed": 0, "most_patches": 12, "block": 5},
    "tests": {"ran": 14, "grid": 14, "failed": []},
    "versions": {"robustbench_cells": "0"},
    "metrics": {
        name: {"version": 1, "pooled": "mean", "best": "highest", "target": ""}
        for name in ("jaccard", "precision", "recall")
    }
    | {
        name: {"version": 1, "pooled": "sum", "best": "nearest", "target": "cells_true"}
        for name in ("cells_predicted", "cells_true")
    },
    "artefacts": {
        "noise": {"version": 1, "parameter": "sigma", "unit": "grey levels", "neutral": 0.0},
        "cell_size": {"version": 1, "parameter": "zoom", "unit": "×", "neutral": 1.0},
    },
}


def run_of(change: Callable[[pd.DataFrame], object] = lambda rows: None, seed: int = 0, spread: float = 0.0) -> Results:
    """A run with a little of each score; ``spread`` is what retraining does to each frame."""
    rng = np.random.default_rng(0)
    own = np.random.default_rng(seed)
    rows = []
    for artefact, levels in LEVELS.items():
        for level in levels:
            fall = 0.0 if artefact == "clean" else 0.3 * abs(level - (artefact == "cell_size")) / 200
            base = 0.85 - fall + rng.normal(0, 0.03, (FRAMES, 1)) + rng.normal(0, 0.03, (FRAMES, PATCHES))
            base = base + own.normal(0, spread, (FRAMES, 1))
            for (frame, patch), score in np.ndenumerate(base):
                scores = (score, score + 0.05, score + 0.04, 20.0, 20.0)
                rows.append(("unet", artefact, level, f"{frame}", patch, *scores))
                rows.append(("background", artefact, level, f"{frame}", patch, 0.0, np.nan, 0.0, 0.0, 20.0))
    columns = ["segmenter", "artefact", "intensity", "frame", "patch", *CLEAN_RUN["metrics"]]
    table = pd.DataFrame(rows, columns=columns)
    change(table)
    return Results(table, copy.deepcopy(CLEAN_RUN))


def where(rows: pd.DataFrame, artefact: str, level: float = 0.0) -> pd.Series:
    return (rows["segmenter"] == "unet") & (rows["artefact"] == artefact) & (rows["intensity"] == level)


def drop(artefact: str, level: float, by: float, column: str = "jaccard") -> Callable[[pd.DataFrame], None]:
    def change(rows: pd.DataFrame) -> None:
        rows.loc[where(rows, artefact, level), column] -= by

    return change


BASELINE = run_of()
JACCARD = {"jaccard": 0.01}


def verdicts(gate: Gate) -> dict[str, str]:
    return {judgement.name: str(judgement.verdict) for judgement in gate.judgements}


def test_a_model_is_no_worse_than_itself() -> None:
    gate = compare(BASELINE, run_of(), {name: ASPECTS.get(name).tolerance for name in ASPECTS.names()})
    assert gate.verdict is Verdict.HOLDS
    assert set(verdicts(gate).values()) == {"holds"}
    assert len(gate.judgements) == 4 * 7 + 3  # break-points: noise, and cell_size both ways
    assert gate.not_covered == []


def test_one_condition_that_drops_is_named_and_no_other() -> None:
    gate = compare(BASELINE, run_of(drop("noise", 50, 0.04), seed=1, spread=0.004), JACCARD)
    assert gate.verdict is Verdict.REGRESSES
    assert [name for name, found in verdicts(gate).items() if found == "regresses"] == ["jaccard unet-noise-50"]
    (bad,) = (one for one in gate.judgements if one.verdict is Verdict.REGRESSES)
    assert bad.difference.estimate.value == pytest.approx(-0.04, abs=0.005)
    assert bad.difference.candidate - bad.difference.baseline == pytest.approx(bad.difference.estimate.value)


def test_a_drop_within_the_tolerance_holds_and_one_near_it_is_inconclusive() -> None:
    assert compare(BASELINE, run_of(drop("clean", 0, 0.005)), JACCARD).verdict is Verdict.HOLDS
    near = compare(BASELINE, run_of(drop("clean", 0, 0.01), seed=1, spread=0.01), JACCARD)
    assert near.verdict is Verdict.INCONCLUSIVE
    assert compare(BASELINE, run_of(drop("clean", 0, 0.04)), {"jaccard": 0.05}).verdict is Verdict.HOLDS


def test_what_gets_better_holds() -> None:
    assert compare(BASELINE, run_of(drop("noise", 200, -0.1)), JACCARD).verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("aspect", "change"),
    [
        ("precision", drop("noise", 50, 0.1, "precision")),
        ("recall", drop("noise", 50, 0.1, "recall")),
        ("cells", drop("noise", 50, 5, "cells_predicted")),
        ("cells", drop("noise", 50, -5, "cells_predicted")),
        ("break_point", drop("noise", 50, 0.3)),
        ("break_point", drop("cell_size", 0.5, 0.5)),
        ("break_point", drop("cell_size", 2, 0.5)),
    ],
)
def test_each_aspect_sees_its_own_fall(aspect: str, change: Callable[[pd.DataFrame], None]) -> None:
    for name in ASPECTS.names():
        gate = compare(BASELINE, run_of(change), {name: ASPECTS.get(name).tolerance})
        sees = name == aspect or (aspect == "break_point" and name == "jaccard")
        assert (gate.verdict is Verdict.REGRESSES) == sees


def test_frames_that_vary_together_are_not_many() -> None:
    """Forty frames in eight blocks of five that are all alike are eight."""

    def change(rows: pd.DataFrame) -> None:
        block = rows["frame"].astype(int) // 5
        rows.loc[where(rows, "clean"), "jaccard"] += block.map(dict(enumerate((-0.05, 0.03, -0.05, 0.02) * 2)))

    (together,) = (
        one for one in compare(BASELINE, run_of(change), JACCARD).judgements if one.difference.condition == "clean"
    )
    assert together.difference.estimate.blocks == 8
    single, baseline = run_of(change), run_of()
    for results in (single, baseline):
        results.run["settings"]["block"] = 1  # type: ignore[index]
    (apart,) = (one for one in compare(baseline, single, JACCARD).judgements if one.difference.condition == "clean")
    assert apart.difference.estimate.blocks == 40
    assert together.difference.estimate.error > 1.8 * apart.difference.estimate.error


@given(st.integers(0, 10_000))
def test_order_does_not_matter(seed: int) -> None:
    shuffled = run_of(drop("noise", 50, 0.02), seed=3, spread=0.01)
    mixed = Results(shuffled.records.sample(frac=1, random_state=seed), shuffled.run)
    assert verdicts(compare(BASELINE, mixed, JACCARD)) == verdicts(compare(BASELINE, shuffled, JACCARD))


def fact(*path: str, value: object) -> Callable[[Results], Results]:
    def spoil(results: Results) -> Results:
        place: Any = results.run
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        return results

    return spoil


def without(select: Callable[[pd.DataFrame], pd.Series]) -> Callable[[Results], Results]:
    """Without the selected rows."""
    return lambda results: Results(results.records[~select(results.records)], results.run)


def changed(change: Callable[[pd.DataFrame], object]) -> Callable[[Results], Results]:
    return lambda results: Results(results.records.pipe(lambda table: change(table) or table), results.run)


def renamed(results: Results) -> Results:
    table = results.records.replace({"segmenter": {"unet": "unet_2"}})
    return Results(table, {**results.run, "segmenters": {"unet_2": "w", "background": "b"}})


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
    "a NaN": (changed(drop("clean", 0, float("nan"))), "the candidate has an undefined jaccard of unet"),
    "a NaN in a count": (
        changed(drop("clean", 0, float("nan"), "cells_true")),
        "the candidate has an undefined cells_true of unet",
    ),
    "a failed test": (fact("tests", "failed", value=["unet-noise-50"]), "tests of the candidate failed: unet-noise-50"),
    "no model": (
        lambda results: Results(
            results.records[results.records["segmenter"] == "background"],
            {**results.run, "segmenters": {"background": "b"}},
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


def test_a_part_of_the_grid_is_judged_and_the_rest_named() -> None:
    part = without(lambda table: table["artefact"] == "noise")(run_of(drop("noise", 50, 0.5)))
    part.run["tests"]["ran"] = 8  # type: ignore[index]
    gate = compare(BASELINE, part, JACCARD)
    assert gate.verdict is Verdict.HOLDS
    assert set(gate.not_covered) == {"unet-noise-0", "unet-noise-50", "unet-noise-200"}
    assert "of the part that ran" in gate_lines(gate, "curves")
    assert "not covered: unet-noise-0, unet-noise-50, unet-noise-200" in gate_lines(gate, "curves")


def test_a_part_is_called_one_though_the_baseline_is_cut_alike() -> None:
    part, less = (without(lambda table: table["artefact"] != "clean")(run_of()) for _ in range(2))
    for results in (part, less):
        results.run["tests"]["ran"] = 2  # type: ignore[index]
    gate = compare(less, part, JACCARD)
    assert "(1 holds, of the part that ran)" in gate_lines(gate, "curves")
    assert "covers what ran, 2 of 14 tests of the grid" in gate_lines(gate, "curves")
    assert "2 of 14 tests of the grid" in gate_markdown(gate)


@pytest.mark.parametrize("side", ["baseline", "candidate"])
def test_an_aspect_whose_metric_a_run_has_not_fails_loudly(side: str) -> None:
    runs = {"baseline": run_of(), "candidate": run_of()}
    del runs[side].run["metrics"]["recall"]  # type: ignore[attr-defined]
    with pytest.raises(GateError, match=f"the {side} has no recall, which is to be judged by"):
        compare(runs["baseline"], runs["candidate"], {"jaccard": 0.01, "recall": 0.01})


def alarm(p: float, looks: int = 1) -> Judgement:
    """A difference whose one-sided p-value of 'worse than 0.01' is ``p``."""
    estimate = Estimate(-0.01 + 0.001 * float(stdtrit(11, p)), 0.001, 12)
    return Judgement(ASPECTS.get("jaccard"), "unet", Difference("noise", 50.0, 0.8, 0.7, estimate), 0.01, looks)


@pytest.mark.parametrize("looks", [1, 3])
def test_an_alarm_is_two_sided_and_pays_for_every_look(looks: int) -> None:
    assert alarm(0.001, looks).p_alone == pytest.approx(2 * looks * 0.001)
    assert alarm(0.4, looks).p_alone == pytest.approx(min(1, looks * 0.8))


def test_one_alarm_among_many_is_surer_than_one_alone() -> None:
    assert settle([alarm(0.01)])[0].verdict is Verdict.REGRESSES
    assert {one.verdict for one in settle([alarm(0.01)] * 20)} == {Verdict.INCONCLUSIVE}
    first, *others = settle([alarm(0.001), *[alarm(0.5)] * 19])
    assert first.verdict is Verdict.REGRESSES
    assert first.p_regresses == pytest.approx(20 * 2 * 0.001)
    assert Verdict.REGRESSES not in {one.verdict for one in others}


def test_a_part_with_nothing_in_common_fails_loudly() -> None:
    part = without(lambda table: table["artefact"] == "noise")(run_of())
    part.run["tests"]["ran"] = 8  # type: ignore[index]
    less = without(lambda table: table["artefact"] != "noise")(run_of())
    with pytest.raises(GateError, match="no condition in common"):
        compare(less, part, JACCARD)


def test_an_aspect_of_which_nothing_can_be_said_fails_loudly() -> None:
    part = without(lambda table: table["artefact"] == "clean")(run_of())
    part.run["tests"]["ran"] = 12  # type: ignore[index]
    with pytest.raises(GateError, match="nothing can be said of the break_point of unet"):
        compare(BASELINE, part, {"jaccard": 0.01, "break_point": 0.1})


def test_a_figure_that_neither_side_has_is_named() -> None:
    nothing = drop("noise", 200, float("nan"), "precision")
    gate = compare(run_of(nothing), run_of(nothing), {"precision": 0.01})
    assert gate.not_covered == ["precision unet-noise-200 (undefined)"]


def test_models_that_were_not_run_are_named() -> None:
    other = BASELINE.records.assign(segmenter=BASELINE.records["segmenter"].replace("unet", "unet_other"))
    both = Results(pd.concat([BASELINE.records, other[other["segmenter"] == "unet_other"]]), BASELINE.run)
    assert compare(both, run_of(), JACCARD).not_covered == ["unet_other (not run)"]


def test_a_model_of_another_name_is_laid_beside_the_one_that_is_meant() -> None:
    gate = compare(BASELINE, renamed(run_of(drop("noise", 50, 0.5))), JACCARD, {"unet_2": "unet"})
    assert [one.name for one in gate.judgements if one.verdict is Verdict.REGRESSES] == ["jaccard unet_2-noise-50"]
    with pytest.raises(GateError, match="its run has no unet_3"):
        compare(BASELINE, run_of(), JACCARD, {"unet_3": "unet"})


def test_a_score_that_only_the_candidate_leaves_undefined_never_holds() -> None:
    def change(table: pd.DataFrame) -> None:
        table.loc[where(table, "noise", 200) & (table["patch"] == 0) & (table["frame"] == "3"), "precision"] = np.nan

    gate = compare(BASELINE, run_of(change), {"precision": 0.01})
    assert verdicts(gate)["precision unet-noise-200"] == "inconclusive"
    assert "undefined on 1 patches" in gate_lines(gate, "curves")
    every = compare(BASELINE, run_of(drop("noise", 200, float("nan"), "precision")), {"precision": 0.01})
    assert verdicts(every)["precision unet-noise-200"] == "inconclusive"
    neither = compare(run_of(change), run_of(change), {"precision": 0.01})
    assert neither.verdict is Verdict.HOLDS


def test_where_a_score_breaks() -> None:
    clean = np.array(1.0)
    for scores, distances, at in (
        ([0.99, 0.8], [0, 100], 100 * 0.09 / 0.19),
        ([0.8], [100], 50.0),  # from clean itself
        ([0.85, 0.8], [0, 100], 0.0),  # the stretch alone breaks it
        ([0.99, 0.95], [0, 100], 100.0),  # never
        ([0.99, 0.8, 0.95], [0, 50, 100], 50 * 0.09 / 0.19),  # the first time counts
    ):
        assert break_distance(np.array(scores), clean, distances) == pytest.approx(at)
    for collapsed in ([0.0, 0.0], [0.5, 0.5]):  # from the start, whatever it finds in noise
        for distances in ([0, 100], [50, 100]):
            assert break_distance(np.array(collapsed), np.array(0.0), distances) == 0
    many = break_distance(np.array([[0.99, 0.8], [0.99, 0.95]]), np.array([1.0, 1.0]), [0, 100])
    assert many == pytest.approx([100 * 0.09 / 0.19, 100])


@pytest.mark.parametrize("name", ASPECTS.names())
def test_every_aspect_is_whole(name: str) -> None:
    """The contract: whatever the records, a figure and no warning, and swapping the two runs swaps the sign."""
    aspect = ASPECTS.get(name)
    merged = BASELINE.records.merge(
        run_of(drop("noise", 50, 0.2), seed=5, spread=0.02).records,
        on=["segmenter", "artefact", "intensity", "frame", "patch"],
        suffixes=("_old", "_new"),
    ).query("segmenter == 'unet'")
    merged = merged.assign(block=merged["frame"].astype(int) // 5)
    swapped = merged.rename(
        columns=lambda name: name.replace("_old", "_x").replace("_new", "_old").replace("_x", "_new")
    )
    neutral = {"noise": 0.0, "cell_size": 1.0}
    there, back = (list(aspect.differences(Pair(table, neutral))) for table in (merged, swapped))
    assert there
    assert aspect.tolerance > 0
    assert type(aspect).__doc__
    for one, other in zip(there, back, strict=True):
        assert one.estimate.value == pytest.approx(-other.estimate.value)
        assert one.estimate.error == pytest.approx(other.estimate.error)
        assert np.isfinite([one.baseline, one.candidate, one.estimate.value, one.estimate.error]).all()


def test_markdown_says_all_and_fits() -> None:
    gate = compare(BASELINE, run_of(drop("noise", 50, 0.1)), JACCARD)
    text = gate_markdown(gate)
    assert text.startswith("# FAIL: the candidate is surely worse (1 regresses, 6 holds)")
    assert text.index("unet-noise-50") < text.index("unet-clean")  # the worst first
    short = gate_markdown(gate, 700)
    assert len(short.encode()) <= 700
    assert "The table is cut" in short
    assert "unet-noise-50" in short


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    save(BASELINE, tmp_path / "baseline")
    save(run_of(drop("noise", 50, 0.1)), tmp_path / "worse")
    save(run_of(drop("clean", 0, 0.01), seed=1, spread=0.01), tmp_path / "near")
    save(fact("settings", "seed", value=1)(run_of()), tmp_path / "other")
    return tmp_path


@pytest.mark.parametrize(
    ("candidate", "options", "code", "words"),
    [
        ("baseline", (), 0, "PASS: no condition is worse"),
        ("worse", (), 1, "unet-noise-50"),
        ("worse", ("--gate", "jaccard=0.2"), 0, "PASS"),
        ("baseline", ("--gate", "recall", "--gate", "cells"), 0, "21 holds"),
        ("worse", ("--gate", "recall"), 1, "1 regresses, 13 holds"),
        ("near", (), 8, "INCONCLUSIVE: these frames cannot tell"),
        ("near", ("--inconclusive", "pass"), 0, "INCONCLUSIVE"),
        ("other", (), 2, "the seed is 0 in the baseline and 1 in the candidate"),
        ("nowhere", (), 2, "no stored results"),
        ("worse", ("--gate", "jacard"), 2, "no aspect is called 'jacard' (did you mean jaccard?)"),
        ("worse", ("--gate", "jaccard=low"), 2, "the tolerance of jaccard is a number, as in jaccard=0.01"),
        ("worse", ("--against", "unet"), 2, "NEW=OLD is needed"),
        ("worse", ("--gate", "recall=1", "--gate", "recall=2"), 2, "recall: is given more than one tolerance"),
    ],
)
def test_the_command(
    stored: Path, candidate: str, options: tuple[str, ...], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--baseline", str(stored / "baseline"), "--candidate", str(stored / candidate), *options]
    assert verdict.main(arguments) == code
    printed = capsys.readouterr()
    assert words in printed.out + printed.err
    assert (stored / candidate / "gate.md").exists() == (code != 2)


def test_a_verdict_that_cannot_be_kept_says_where_else(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--baseline", str(stored / "baseline"), "--candidate", str(stored / "baseline")]
    assert verdict.main([*arguments, "--out", str(stored / "baseline" / "run.json" / "below")]) == 2
    printed = capsys.readouterr()
    assert "PASS" in printed.out
    assert "give another folder by --out" in printed.err


def test_github_gets_a_summary_within_its_limit(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = stored / "summary"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    arguments = ["--baseline", str(stored / "baseline"), "--candidate", str(stored / "worse")]
    verdict.main(arguments)
    assert summary.read_text().startswith("before\n# FAIL")
    summary.write_text("x" * (2**20 - 900))
    verdict.main(arguments)
    assert 2**20 - 900 < summary.stat().st_size <= 2**20
    for room in (0, 100):
        summary.write_text("x" * (2**20 - room))
        assert verdict.main(arguments) == 1
        assert summary.stat().st_size <= 2**20
