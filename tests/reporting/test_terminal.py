"""The table for the terminal."""

from __future__ import annotations

from robustbench_cells.reporting.terminal import terminal_table
from tests.support.cell_runs import with_cells
from tests.support.gate_runs import BASELINE
from tests.support.manifests import change_manifest
from tests.support.tiny_results import RESULTS


def test_the_table_names_conditions() -> None:
    table = terminal_table(RESULTS)
    assert "noise 50" in table
    assert "clean" in table
    assert "0.700" in table


def test_a_failure_stands_where_its_score_would_and_what_did_not_run_has_a_dash() -> None:
    failures = {("bad", "noise-200"): "RuntimeError", ("broken", "clean"): "invalid"}
    rows = [line.split() for line in terminal_table(RESULTS, failures).splitlines()]
    assert rows[0] == ["mean", "Jaccard", "background", "bad", "broken", "good"]
    cells = {tuple(row[:-4]): row[-4:] for row in rows[2:5]}
    assert cells["clean",][2] == "invalid"
    assert cells["noise", "50"][0] == "-"
    assert cells["noise-200",] == ["-", "RuntimeError", "-", "-"]
    assert "nan" not in terminal_table(RESULTS, failures)


def test_ap50_stands_beside_jaccard_where_cells_were_scored() -> None:
    """Of 40 frames with 6 patches: matches of floor(0.8 n) of n true cells in each, and no other cells."""
    results = change_manifest(with_cells(BASELINE), "dataset", "instances", value="components")
    table = terminal_table(results)
    assert table.startswith("mean Jaccard / AP50")
    records = results.records
    clean = records[(records["segmenter"] == "unet") & (records["artefact"] == "clean")]
    true = clean["instances_true"]
    matched = (0.8 * true // 1).sum()
    ap50 = matched / (2 * true.sum() - matched)
    row = next(line.split() for line in table.splitlines() if line.startswith("clean"))
    jaccard, _, cells = row[-3:]
    assert abs(float(jaccard) - clean["jaccard"].mean()) < 0.006
    assert abs(float(cells) - ap50) < 0.006
    assert "Where AP50, by components, falls below " in table
    assert "AP50" not in terminal_table(BASELINE)
