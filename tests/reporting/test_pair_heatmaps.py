"""Combined artefacts as tables."""

from __future__ import annotations

from robustbench_cells.reporting.pair_heatmaps import pair_maps
from tests.support.report_results import make_results


def test_a_map_has_each_artefact_alone_in_its_first_row_and_column() -> None:
    (pair,) = pair_maps(make_results({"m": 0.9}))
    assert (pair.first, pair.second) == ("illumination", "noise")
    assert pair.axes == ("illumination, sigma (grey levels)", "noise, sigma (grey levels)")
    assert (pair.rows, pair.columns) == ((0.0, 1000.0), (0.0, 50.0, 100.0))
    assert set(pair.scores["m"]) >= {(row, column) for row in pair.rows for column in pair.columns}
