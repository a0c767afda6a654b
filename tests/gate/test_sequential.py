"""Stopping early: which frames, when it is allowed, and that the verdict of a run cut short is that of the whole."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.errors import GateError
from robustbench_cells.gate.comparison import Gate, compare
from robustbench_cells.gate.criteria import CRITERIA
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.gate.sequential import LOOKS, early_stopping, interim_looks
from robustbench_cells.reporting.gate_text import gate_lines, gate_markdown
from robustbench_cells.results.storage import save
from robustbench_cells.results.tables import Results
from robustbench_cells.types import Record
from tests.support.commands import gate as gate_command
from tests.support.gate_runs import BASELINE, CLEAN_RUN, FRAMES, JACCARD, PATCHES, drop, fact, run_of, verdicts
from tests.support.manifests import changed_manifest

MATCHING = {name: CRITERIA.get(name).tolerance for name in CRITERIA.names() if CRITERIA.get(name).per_condition}


def judged(candidate: Results, **tolerances: float) -> Gate:
    return compare(BASELINE, candidate, tolerances or JACCARD, sequential=True)


def records_of(rows: pd.DataFrame) -> list[Record]:
    keys = ("segmenter", "artefact", "intensity", "frame", "patch")
    return [
        Record(*(row.pop(key) for key in keys), row)  # type: ignore[misc]
        for row in rows.to_dict("records")
    ]


def cut_short(results: Results, tolerances: dict[str, float]) -> Results:
    """What a run with the rule would have kept."""
    run = changed_manifest(results.run, "settings", "sequential", value=True)
    rule = early_stopping(BASELINE, run, tolerances, None, {f"{number}": ["unet", "background"] for number in range(7)})
    kept = []
    for (name, _, _), rows in results.records.groupby(["segmenter", "artefact", "intensity"]):
        for look in interim_looks(run.dataset.frames):
            part = rows[rows["frame"].isin(look)]
            if rule.is_decided(str(name), records_of(part)):
                break
        kept.append(part.index)
    return Results(results.records.loc[sorted(set().union(*kept))], run)


@given(st.integers(1, 200))
def test_each_look_has_the_one_before_and_the_last_has_all(count: int) -> None:
    frames = [f"{number}" for number in range(count)]
    found = interim_looks(frames)
    assert len(found) == LOOKS
    assert found[-1] == frames
    for less, more in itertools.pairwise(found):
        assert set(less) <= set(more)
    assert len(found[0]) == -(-count // 4)


def test_what_is_clear_is_decided_on_a_quarter_of_the_frames() -> None:
    for change, expected in (
        (drop("clean", 0, 0.0), GateOutcome.NON_INFERIOR),
        (drop("noise", 50, 0.1), GateOutcome.REGRESSED),
    ):
        gate = judged(run_of(change, seed=1, spread=0.001))
        assert gate.verdict is expected
        assert gate.patches == (7 * FRAMES // 4 * PATCHES, 7 * FRAMES * PATCHES)
        assert "75% of the forward passes were not needed" in gate_lines(gate, "curves")
        assert "75% of the forward passes were not needed" in gate_markdown(gate)


def test_what_is_not_clear_is_given_more_frames() -> None:
    gate = judged(run_of(drop("noise", 50, 0.01), seed=1, spread=0.01))
    used, whole = gate.patches
    assert whole / 4 < used <= whole
    assert verdicts(gate)["jaccard unet-noise-50"] == "inconclusive"


def test_a_look_is_as_sure_as_if_all_looks_at_all_conditions_were_taken() -> None:
    wanted = {f"{number}": ["unet", "background"] for number in range(7)}
    rule = early_stopping(BASELINE, CLEAN_RUN, MATCHING, None, wanted)
    assert rule.interim_test.count == len(MATCHING) * 7  # the background is not judged


def test_an_interval_of_many_looks_is_wider() -> None:
    """Both see the same frames where the first look decides nothing."""
    candidate = run_of(drop("noise", 50, 0.01), seed=1, spread=0.01)
    plain, looked = (
        {one.name: one.interval for one in gate.decisions}["jaccard unet-noise-50"]
        for gate in (compare(BASELINE, candidate, JACCARD), judged(candidate))
    )
    assert looked[0] < plain[0] < plain[1] < looked[1]


@given(seed=st.integers(0, 10_000), by=st.floats(0, 0.05), spread=st.floats(0.0005, 0.03))
def test_a_run_that_stops_early_gets_the_verdict_of_one_that_does_not(seed: int, by: float, spread: float) -> None:
    whole = run_of(drop("noise", 50, by), seed=seed, spread=spread)
    part = cut_short(whole, MATCHING)
    ours, theirs = judged(part, **MATCHING), judged(whole, **MATCHING)
    assert verdicts(ours) == verdicts(theirs)
    assert ours.patches == theirs.patches
    assert len(part.records.query("segmenter == 'unet'")) == ours.patches[0]


def test_a_few_blocks_decide_nothing_before_the_last_look() -> None:
    """Two frames on which both models give the very same are no proof."""
    few = 8
    dataset = replace(CLEAN_RUN.dataset, frames=tuple(map(str, range(few))), positions=tuple(range(few)))
    manifest = changed_manifest(replace(CLEAN_RUN, dataset=dataset), "settings", "block", value=1)
    baseline, candidate = (
        Results(results.records[results.records["frame"].astype(int) < few], manifest)
        for results in (BASELINE, run_of(drop("noise", 50, 0.0)))
    )
    gate = compare(baseline, candidate, JACCARD, sequential=True)
    assert gate.patches == (7 * few * PATCHES, 7 * few * PATCHES)


def test_frames_that_are_lacking_are_asked_for() -> None:
    part = cut_short(run_of(seed=1, spread=0.001), JACCARD)
    with pytest.raises(GateError, match="judge it with --sequential"):
        compare(BASELINE, part, JACCARD)
    with pytest.raises(GateError, match=r"lacks patches of unet-\S+, which its frames so far do not decide"):
        judged(part, jaccard=0.0)
    with pytest.raises(GateError, match="make it without --rb-sequential"):
        compare(part, run_of(), JACCARD, sequential=True)
    with pytest.raises(GateError, match="the candidate lacks patches of unet-clean"):
        compare(BASELINE, fact("settings", "sequential", value=False)(part), JACCARD)


def test_an_aspect_of_all_conditions_together_is_refused() -> None:
    with pytest.raises(GateError, match="break_point needs every condition whole"):
        judged(run_of(), break_point=0.1)


def test_the_rule_is_sized_for_the_whole_grid() -> None:
    """The more conditions are to be judged, the surer each alarm must be."""
    candidate = run_of(drop("noise", 50, 0.015), seed=2, spread=0.003)
    rows = candidate.records.query("segmenter == 'unet' and artefact == 'noise' and intensity == 50")
    first = records_of(rows[rows["frame"].isin(interim_looks(CLEAN_RUN.dataset.frames)[0])])
    few, many = (
        early_stopping(BASELINE, candidate.run, JACCARD, None, {f"{number}": ["unet"] for number in range(count)})
        for count in (1, 1000)
    )
    assert few.is_decided("unet", first)
    assert not many.is_decided("unet", first)
    assert many.is_decided("background", first)


def test_the_command(tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path_factory.mktemp("runs")
    save(BASELINE, folder / "baseline")
    save(cut_short(run_of(seed=1, spread=0.001), JACCARD), folder / "candidate")
    arguments = ["--baseline", str(folder / "baseline"), "--candidate", str(folder / "candidate")]
    assert gate_command(arguments) == 2
    assert gate_command([*arguments, "--sequential"]) == 0
    assert "of the forward passes were not needed" in capsys.readouterr().out
