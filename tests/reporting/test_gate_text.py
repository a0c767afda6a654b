"""The stored verdict, and its text."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.gate.comparison import compare
from robustbench_cells.reporting.gate_text import load_gate, save_gate, summarise_gate
from robustbench_cells.results.storage import save
from tests.support.commands import report
from tests.support.gate_runs import BASELINE, JACCARD, drop, make_run
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


@pytest.mark.parametrize("content", ['{"verdict": 1}', "[]", "{"])
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
