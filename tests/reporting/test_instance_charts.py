"""Scores of cells in charts and tables: beside the Jaccard score, with a formula, without the counts behind them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from robustbench_cells.reporting.charts import formula_note, plotted_metrics
from robustbench_cells.reporting.outputs.summary_md import SummaryMarkdown
from robustbench_cells.reporting.report import Report
from robustbench_cells.results.tables import Results
from tests.support.cell_runs import with_cells
from tests.support.gate_runs import BASELINE
from tests.support.manifests import change_manifest

WITH_CELLS = with_cells(BASELINE)


def test_ap50_is_beside_jaccard_and_parts_have_no_chart() -> None:
    plotted = {one.name: one for one in plotted_metrics(WITH_CELLS)}
    assert list(plotted)[:2] == ["jaccard", "ap50"]
    assert not {"matched_50", "held_iou", "outline_true", "instances_true"} & set(plotted)
    assert plotted["ap50"].axis_label == "AP50"
    assert plotted["merged"].axis_label == "merged, all patches"
    assert plotted["hd95"].axis_label == "mean hd95"
    assert [plotted[name].is_share for name in ("jaccard", "ap50", "merged", "hd95", "count_error")] == [
        *(True, True),
        *(False, False, False),
    ]
    assert "ap50 = matched_50 / (instances_true + instances_predicted - matched_50)" in plotted["ap50"].note


def test_the_summary_pools_ratios_and_says_how(tmp_path: Path) -> None:
    row = WITH_CELLS.summary.set_index(["segmenter", "artefact", "intensity"]).loc["unet", "clean", 0.0]
    assert row["ap50"] == pytest.approx(
        row["matched_50"] / (row["instances_true"] + row["instances_predicted"] - row["matched_50"])
    )
    assert row["ap50_low"] < row["ap50"] < row["ap50_high"]
    SummaryMarkdown().write(Report(WITH_CELLS, None), tmp_path / "summary.md")
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert r"ap50 = matched\_50 / (instances" in text or "ap50 = matched_50 / (instances" in text
    assert "### clean: matched" not in text
    tables = re.findall("### clean: (.*)", text)
    assert tables.index("recall") < tables.index("ap50") < tables.index("ap") < tables.index("hd95")


@pytest.mark.parametrize(
    ("truth", "words"), [("ids", ""), ("components", "By components: "), ("mixed", "In part by components: ")]
)
def test_scores_of_cells_say_where_the_truth_is_components(truth: str, words: str) -> None:
    results = _of(truth)
    assert words in formula_note(results, "merged")
    assert bool(words) == ("components" in formula_note(results, "ap50"))
    assert not formula_note(results, "jaccard")


def _of(truth: str) -> Results:
    return change_manifest(WITH_CELLS, "dataset", "instances", value=truth)
