"""What a report says of how cells were told apart."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from robustbench_cells.reporting.cell_rules import cell_lines
from robustbench_cells.reporting.markdown import report_head
from robustbench_cells.results.tables import Results
from tests.support.tiny_results import RESULTS, RUN


@pytest.mark.parametrize(
    ("instances", "line"),
    [
        ("ids", "True cells: ids of the data set, of which 12.5% touch another"),
        (
            "components",
            "True cells: by components: the masks have no ids, so 8-connected pixels are one cell",
        ),
        (
            "mixed",
            "True cells: ids of the data set, and by components .* a single value, of which 12",
        ),
    ],
)
def test_how_cells_were_told_apart_is_in_the_head_of_reports(instances: str, line: str) -> None:
    run = replace(
        RUN,
        dataset=replace(RUN.dataset, instances=instances, touching=0.125),
        instances={"good": "labels", "bad": "watershed", "b_g": "components", "other": "labels"},
    )
    truth, predicted = cell_lines(run)
    assert re.match(line, truth)
    assert predicted == (
        "Predicted cells: 8-connected components of the mask (b_g); labels of the model (good, other); the mask, cut "
        "by a watershed of the distance to its border (bad)"
    )
    assert f"{truth}." in report_head("A title", Results(RESULTS.records, run))


def test_runs_of_earlier_versions_say_nothing() -> None:
    assert cell_lines(RUN) == []


def test_cells_that_are_left_out_are_named() -> None:
    run = replace(RUN, settings=replace(RUN.settings, edge_cells="drop"))
    assert cell_lines(run) == [
        "True cells whose larger part lies outside of their patch are left out of scores of cells"
    ]
