"""Early stopping: which frames, when it is allowed, and that a run that stops early gets the verdict of a whole one."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robustbench_cells.errors import GateError
from robustbench_cells.gate.baselines import Baselines
from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.criteria import CRITERIA
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.gate.demands import make_demands
from robustbench_cells.gate.sequential import LOOKS, EarlyStopping, early_stopping, interim_looks
from robustbench_cells.reporting.gate_text import gate_lines, gate_markdown
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.storage import save
from robustbench_cells.results.tables import Results
from robustbench_cells.types import Record
from tests.support.commands import gate as gate_command
from tests.support.gate_runs import (
    BASELINE,
    CLEAN_RUN,
    FRAMES,
    JACCARD,
    PATCHES,
    compare,
    drop,
    make_run,
    set_manifest,
    verdicts,
)
from tests.support.manifests import changed_manifest

INTERIM = {one.name: one.tolerance for one in CRITERIA if one.interim and set(one.metrics) <= set(BASELINE.run.metrics)}


def compare_sequentially(candidate: Results, **tolerances: float) -> Gate:
    return compare(BASELINE, candidate, tolerances or JACCARD, sequential=True)


def make_records(rows: pd.DataFrame) -> list[Record]:
    keys = ("segmenter", "artefact", "intensity", "frame", "patch")
    return [
        Record(*(row.pop(key) for key in keys), row)  # type: ignore[misc]
        for row in rows.to_dict("records")
    ]


def stopping_rule(run: RunManifest, tolerances: dict[str, float], conditions: int = 7) -> EarlyStopping:
    wanted = {f"{number}": ["unet", "background"] for number in range(conditions)}
    return early_stopping(Baselines(BASELINE), run, make_demands(tolerances), None, wanted)


def stop_early(results: Results, tolerances: dict[str, float]) -> Results:
    """The records that a run with the stopping rule would have."""
    run = changed_manifest(results.run, "settings", "sequential", value=True)
    rule = stopping_rule(run, tolerances)
    kept = []
    for (name, _, _), rows in results.records.groupby(["segmenter", "artefact", "intensity"]):
        for look in interim_looks(run.dataset.frames):
            part = rows[rows["frame"].isin(look)]
            if rule.is_decided(str(name), make_records(part)):
                break
        kept.append(part.index)
    return Results(results.records.loc[sorted(set().union(*kept))], run)


@given(st.integers(1, 200))
def test_each_look_includes_the_one_before_and_the_last_all_frames(count: int) -> None:
    frames = [f"{number}" for number in range(count)]
    looks = interim_looks(frames)
    assert len(looks) == LOOKS
    assert looks[-1] == frames
    for less, more in itertools.pairwise(looks):
        assert set(less) <= set(more)
    assert len(looks[0]) == -(-count // 4)


def test_a_clear_case_is_decided_on_a_quarter_of_the_frames() -> None:
    for change, expected in (
        (drop("clean", 0, 0.0), GateOutcome.NON_INFERIOR),
        (drop("noise", 50, 0.1), GateOutcome.REGRESSED),
    ):
        gate = compare_sequentially(make_run(change, seed=1, spread=0.001))
        assert gate.verdict is expected
        assert gate.patches == (7 * FRAMES // 4 * PATCHES, 7 * FRAMES * PATCHES)
        assert "75% of the forward passes were not needed" in gate_lines(gate, "curves")
        assert "75% of the forward passes were not needed" in gate_markdown(gate)


def test_an_unclear_case_gets_more_frames() -> None:
    gate = compare_sequentially(make_run(drop("noise", 50, 0.01), seed=1, spread=0.01))
    used, whole = gate.patches
    assert whole / 4 < used <= whole
    assert verdicts(gate)["jaccard unet-noise-50"] == "inconclusive"


def test_a_look_is_corrected_for_all_criteria_and_conditions() -> None:
    rule = stopping_rule(CLEAN_RUN, INTERIM)
    assert rule.interim_test.count == len(INTERIM) * 7  # the background is not compared


def test_an_interval_over_several_looks_is_wider() -> None:
    """Both use the same frames, since the first look decides nothing."""
    candidate = make_run(drop("noise", 50, 0.01), seed=1, spread=0.01)
    single, sequential = (
        {one.name: one.interval for one in gate.decisions}["jaccard unet-noise-50"]
        for gate in (compare(BASELINE, candidate, JACCARD), compare_sequentially(candidate))
    )
    assert sequential[0] < single[0] < single[1] < sequential[1]


@settings(max_examples=8)  # of a second each
@given(seed=st.integers(0, 10_000), by=st.floats(0, 0.05), spread=st.floats(0.0005, 0.03))
def test_a_run_that_stops_early_gets_the_verdict_of_a_whole_one(seed: int, by: float, spread: float) -> None:
    whole = make_run(drop("noise", 50, by), seed=seed, spread=spread)
    part = stop_early(whole, INTERIM)
    ours, theirs = compare_sequentially(part, **INTERIM), compare_sequentially(whole, **INTERIM)
    assert verdicts(ours) == verdicts(theirs)
    assert ours.patches == theirs.patches
    assert len(part.records.query("segmenter == 'unet'")) == ours.patches[0]


def test_a_few_blocks_decide_nothing_before_the_last_look() -> None:
    """Two frames on which both models agree are uninformative."""
    few = 8
    dataset = replace(CLEAN_RUN.dataset, frames=tuple(map(str, range(few))), positions=tuple(range(few)))
    manifest = changed_manifest(replace(CLEAN_RUN, dataset=dataset), "settings", "block", value=1)
    baseline, candidate = (
        Results(results.records[results.records["frame"].astype(int) < few], manifest)
        for results in (BASELINE, make_run(drop("noise", 50, 0.0)))
    )
    gate = compare(baseline, candidate, JACCARD, sequential=True)
    assert gate.patches == (7 * few * PATCHES, 7 * few * PATCHES)


def test_missing_frames_are_reported() -> None:
    part = stop_early(make_run(seed=1, spread=0.001), JACCARD)
    with pytest.raises(GateError, match="compare with --sequential"):
        compare(BASELINE, part, JACCARD)
    with pytest.raises(GateError, match=r"patches of unet-\S+ missing from the candidate: its frames do not decide it"):
        compare_sequentially(part, jaccard=0.0)
    with pytest.raises(GateError, match="re-create it without --rb-sequential"):
        compare(part, make_run(), JACCARD, sequential=True)
    with pytest.raises(GateError, match="patches of unet-clean missing from the candidate"):
        compare(BASELINE, set_manifest("settings", "sequential", value=False)(part), JACCARD)


def test_a_criterion_over_all_conditions_is_refused() -> None:
    with pytest.raises(GateError, match="break_point needs all frames of every condition"):
        compare_sequentially(make_run(), break_point=0.1)


def test_the_stopping_rule_is_corrected_for_the_whole_grid() -> None:
    """The more conditions there are, the more significant each alarm must be."""
    candidate = make_run(drop("noise", 50, 0.015), seed=2, spread=0.003)
    rows = candidate.records.query("segmenter == 'unet' and artefact == 'noise' and intensity == 50")
    first = make_records(rows[rows["frame"].isin(interim_looks(CLEAN_RUN.dataset.frames)[0])])
    few, many = (stopping_rule(candidate.run, JACCARD, conditions) for conditions in (1, 1000))
    assert few.is_decided("unet", first)
    assert not many.is_decided("unet", first)
    assert many.is_decided("background", first)


def test_the_command_compares_a_run_that_stopped_early(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    save(BASELINE, folder / "baseline")
    save(stop_early(make_run(seed=1, spread=0.001), JACCARD), folder / "candidate")
    arguments = ["--baseline", str(folder / "baseline"), "--candidate", str(folder / "candidate")]
    assert gate_command(arguments) == 2
    assert gate_command([*arguments, "--sequential"]) == 0
    assert "of the forward passes were not needed" in capsys.readouterr().out
