"""The table for the terminal."""

from __future__ import annotations

from robustbench_cells.reporting.terminal import terminal_table
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
