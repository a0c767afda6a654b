"""The stored verdict, and its text."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.criteria import CRITERIA, PairedDifference
from robustbench_cells.gate.decision import Decision, assign_verdicts
from robustbench_cells.gate.statistics import Estimate
from robustbench_cells.reporting.gate_summary import load_gate, save_gate
from robustbench_cells.reporting.gate_text import gate_markdown, summarise_gate
from robustbench_cells.results.storage import save
from tests.support.commands import report
from tests.support.gate_runs import BASELINE, JACCARD, compare, drop, make_run
from tests.support.report_results import make_results


def test_a_verdict_round_trips(tmp_path: Path) -> None:
    summary = summarise_gate(compare(BASELINE, make_run(drop("noise", 50, 0.1)), JACCARD))
    assert (summary.verdict, summary.rows[0][:2]) == ("regresses", ("regresses", "jaccard unet-noise-50"))
    save_gate(summary, tmp_path)
    loaded = load_gate(tmp_path)
    assert loaded
    assert (loaded.verdict, loaded.headline) == (summary.verdict, summary.headline)
    assert [tuple(row) for row in loaded.rows] == list(summary.rows)
    assert load_gate(tmp_path / "elsewhere") is None


def test_an_inconclusive_headline_names_the_reason_and_the_remedy() -> None:
    gate = compare(BASELINE, make_run(drop("clean", 0, 0.01), seed=1, spread=0.01), JACCARD)
    headline = summarise_gate(gate).headline
    assert headline.startswith("INCONCLUSIVE: too few frames to rule out a drop above the tolerance; use more frames")


def test_what_the_test_decides_and_the_interval_does_not_is_told() -> None:
    error = Estimate(-0.002, 0.003, 12)
    wide = replace(error, error=0.005)
    rows = [
        Decision(
            CRITERIA.get("jaccard"), "unet", PairedDifference("noise", level, 0.8, 0.798, error, shown=shown), 0.01
        )
        for level, shown in ((50.0, error), (100.0, wide))
    ]
    summary = summarise_gate(Gate(assign_verdicts(rows), (), "data"))
    (note,) = summary.notes
    assert "crosses the tolerance, so more frames are needed to be sure: jaccard unet-noise-100" in note
    assert "noise-50" not in note
    assert [row[4] for row in summary.rows] == ["-0.002 [-0.009, +0.005]", "-0.00 [-0.01, +0.01]"]


def test_intervals_over_few_blocks_are_marked() -> None:
    one = PairedDifference("noise", 50.0, 0.8, 0.8, Estimate(0.0, 0.0001, 5))
    gate = Gate(assign_verdicts([Decision(CRITERIA.get("jaccard"), "unet", one, 0.01)]), (), "data")
    assert summarise_gate(gate).rows[0][4] == "+0.0000 [-0.0003, +0.0003]*"
    assert "intervals marked * are over fewer than 6 blocks" in " ".join(summarise_gate(gate).notes)
    assert "]\\*" in gate_markdown(gate)


VERDICT = {"verdict": "holds", "headline": "", "notes": [], "rows": []}


@pytest.mark.parametrize(
    "content",
    [
        '{"verdict": 1}',
        "[]",
        "{",
        "[" * 10**6,
        json.dumps(VERDICT | {"rows": [["x"] * 7]}),
        json.dumps(VERDICT | {"rows": [[]] * 100_001}),
        json.dumps(VERDICT | {"notes": ["x"] * 100_001}),
    ],
    ids=["keys", "list", "cut", "deep", "columns", "rows", "notes"],
)
def test_a_damaged_verdict_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "gate.json").write_text(content)
    with pytest.raises(ResultsError, match=r"gate\.json: is damaged .*; delete it, or run the gate again"):
        load_gate(tmp_path)


def test_a_later_report_shows_the_stored_verdict(tmp_path: Path) -> None:
    save(make_results({"m": 0.9}), tmp_path)
    save_gate(summarise_gate("no <baseline>"), tmp_path)
    assert report(["--results", str(tmp_path)]) == 0
    assert "no &lt;baseline&gt;" in (tmp_path / "index.html").read_text()
    (tmp_path / "gate.json").write_text('{"verdict": 1}')
    assert report(["--results", str(tmp_path)]) == 2
