"""Cells lost, on the first screen and as bars: shares computed by hand; nothing where cells were not scored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from robustbench_cells.reporting.lost_cells import CellReport, cell_report
from robustbench_cells.reporting.notebook_view import notebook_html
from robustbench_cells.reporting.outputs.index_html import IndexHtml
from robustbench_cells.reporting.report import Report
from robustbench_cells.results.break_points import break_points
from robustbench_cells.results.example_patches import ExamplePatches
from robustbench_cells.results.scorecard import scorecards
from robustbench_cells.results.tables import Results
from tests.support.cell_runs import with_cells
from tests.support.manifests import change_manifest
from tests.support.report_results import make_examples, make_results

HOSTILE = '<img src=x onerror=alert(1)>&amp;"'


def make_run(change: Callable[[pd.DataFrame], object] = lambda rows: None, name: str = "mine") -> Results:
    """Twelve patches a condition: ten true cells in each, all found, but for the change."""
    results = with_cells(make_results({name: 0.9, "background": 0.0}))
    rows = results.records
    for column in ("merged", "split", "missed", "invented", "count_difference"):
        rows[column] = 0.0
    for column in ("instances_true", "instances_predicted", *(one for one in rows if one.startswith("matched"))):
        rows[column] = 10.0
    change(rows)
    return results


def at(rows: pd.DataFrame, artefact: str, level: float) -> pd.Series:
    """Which rows are those of the model under a condition."""
    return (rows["segmenter"] != "background") & (rows["artefact"] == artefact) & (rows["intensity"] == level)


def of(results: Results) -> CellReport:
    """What a page says of its cells."""
    found = cell_report(scorecards(results), results)
    assert found
    return found


def test_bars_are_sums_over_patches_by_the_sum_of_true_cells() -> None:
    def lose(rows: pd.DataFrame) -> None:
        chosen = rows.index[at(rows, "noise", 50.0)]
        assert len(chosen) == 12
        rows.loc[chosen[0], ["instances_true", "merged", "missed"]] = 90.0, 30.0, 1.0  # of 200 true cells
        rows.loc[chosen[1], ["merged", "invented"]] = 10.0, 3.0

    panel = next(one for one in of(make_run(lose)).panels if one.artefact == "noise")
    assert (panel.parameter, panel.unit, panel.full) == ("sigma", "grey levels", "100 %")
    levels = dict(panel.rows)
    assert list(levels) == ["0", "50", "100"]
    (bar,) = levels["50"]
    assert bar.parts == (("merged", 20.0), ("missed", 0.5), ("invented", 1.5))
    assert bar.text == "merged 20 %, missed under 1 %, invented 2 %"
    assert levels["0"][0].text == "none"
    assert levels["0"][0].parts == ()


def test_a_bar_of_more_than_all_true_cells_fits() -> None:
    def invent(rows: pd.DataFrame) -> None:
        rows.loc[at(rows, "noise", 100.0), "invented"] = 12.5
        rows.loc[at(rows, "illumination", 2000.0), ["invented", "missed"]] = 400.0, 10.0
        rows.loc[at(rows, "noise", 50.0), "missed"] = 10.0

    panels = {one.artefact: one for one in of(make_run(invent)).panels}
    noise = dict(panels["noise"].rows)
    assert (panels["noise"].full, panels["noise"].is_cut) == ("125 %", False)
    assert noise["100"][0].parts == (("invented", 100.0),)
    assert noise["100"][0].text == "invented 125 %"
    assert noise["50"][0].parts == (("missed", 80.0),)
    assert panels["cell_size"].full == "100 %"
    cut = panels["illumination"]
    assert (cut.full, cut.is_cut) == ("200 %", True)
    assert dict(cut.rows)["2000"][0].text == "missed 100 %, invented 4000 %"
    assert dict(cut.rows)["2000"][0].parts[0] == ("missed", 50.0)  # and the rest of the bar is invented


def test_without_true_cells_counts_are_no_shares() -> None:
    def empty(rows: pd.DataFrame) -> None:
        rows.loc[at(rows, "noise", 50.0), ["instances_true", "invented"]] = 0.0, 2.0

    levels = dict(next(one for one in of(make_run(empty)).panels if one.artefact == "noise").rows)
    assert levels["50"][0].text == "no true cells: invented 24"
    assert levels["50"][0].parts == ()


def test_a_model_breaks_by_ap50_where_its_jaccard_holds() -> None:
    """Merging of half of the cells at noise 100: the Jaccard of this run is not asked."""

    def merge(rows: pd.DataFrame) -> None:
        rows["jaccard"] = 0.9
        here = at(rows, "noise", 100.0)
        rows.loc[here, ["instances_predicted", "matched_50", "merged"]] = 5.0, 0.0, 5.0

    results = make_run(merge)
    assert all(point.right_censored for point in break_points(results)["mine"] if point.artefact == "noise")
    by_ap50 = [one for one in break_points(results, "ap50")["mine"] if one.artefact == "noise"]
    assert [(one.near, one.far) for one in by_ap50] == [(50.0, 100.0)] * 2
    assert by_ap50[0].limit.score == pytest.approx(0.9)
    card = of(results).cards["mine"]
    assert card.clean.startswith("1.00 [")
    assert card.lost
    assert card.lost.text == "none"
    assert card.by_ap50.limits[0].limit.best == "mine"


def test_the_limit_that_a_user_gives_is_one_of_jaccard() -> None:
    results = change_manifest(make_run(), "settings", "floor", value=0.2)
    assert break_points(results)["mine"][0].limit.score == 0.2
    assert break_points(results, "ap50")["mine"][0].limit.score == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("truth", "words"), [("ids", ""), ("components", "by components"), ("mixed", "in part by components")]
)
def test_scores_are_marked_by_what_the_true_cells_are(truth: str, words: str) -> None:
    found = of(change_manifest(make_run(), "dataset", "instances", value=truth))
    assert found.by_components == words
    assert ("by components" in found.truth) == bool(words)
    assert "left out" not in found.truth
    assert found.cards["mine"].rule == "not recorded"


def test_what_a_cell_is_stands_beside_its_scores(tmp_path: Path) -> None:
    run = change_manifest(make_run(), "dataset", "instances", value="mixed")
    run = change_manifest(run, "settings", "edge_cells", value="drop")
    text = _page(change_manifest(run, "instances", value={"mine": "watershed"}), tmp_path)
    first, rest = text.split("</table>", 1)
    assert "Which cells are lost?</a> (in part by components)</th>" in first
    assert "cut by a watershed" in first
    assert "touch another; those whose larger part lies outside of their patch are left out)" in rest


def test_a_run_without_scores_of_cells_says_nothing_of_them(tmp_path: Path) -> None:
    plain = make_results({"mine": 0.9, "background": 0.0})
    assert cell_report(scorecards(plain), plain) is None
    text = _page(plain, tmp_path, _with_labels(make_examples(plain)))
    body = text.split("<body>")[1].split('<script type="application/json"')[0]
    for word in ("AP50", "lost", "fate-", "outlines", "by fate"):
        assert word not in body
    assert '"outlines": "data:' not in text


def test_a_notebook_shows_them_too() -> None:
    results = change_manifest(make_run(), "dataset", "instances", value="components")
    text = notebook_html(Report(results))
    assert "clean AP50<br><small>by components" in text
    assert "AP50: no failure up to 100" in text
    assert "AP50" not in notebook_html(Report(make_results({"mine": 0.9})))


def test_pages_without_example_patches_have_the_bars_alone(tmp_path: Path) -> None:
    text = _page(make_run(), tmp_path)
    assert "Cells lost under noise" in text
    assert "worst cells" not in text


def test_hostile_names_are_escaped(tmp_path: Path) -> None:
    def lose(rows: pd.DataFrame) -> None:
        rows["missed"] = 1.0

    results = change_manifest(make_run(lose, HOSTILE), "instances", value={HOSTILE: "components"})
    examples = _with_labels(make_examples(results))
    text = _page(results, tmp_path, replace(examples, masks={HOSTILE: ~examples.truth}))
    assert "<img src=x" not in text
    assert "result.cells(" in text
    assert "The worst cells of the example patches" in text


def _with_labels(examples: ExamplePatches) -> ExamplePatches:
    return replace(examples, true_labels=examples.truth.astype("int32"))


def _page(results: Results, folder: Path, examples: ExamplePatches | None = None) -> str:
    IndexHtml().write(Report(results, examples), folder / "index.html")
    return (folder / "index.html").read_text(encoding="utf-8")
