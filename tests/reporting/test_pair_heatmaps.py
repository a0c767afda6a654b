"""Combined artefacts as tables."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from robustbench_cells.reporting.pair_heatmaps import pair_maps
from robustbench_cells.results.artefact_info import ArtefactInfo, CombinationInfo
from robustbench_cells.results.tables import Results
from tests.support.report_results import make_results


def test_a_map_has_each_artefact_alone_in_its_first_row_and_column() -> None:
    (pair,) = pair_maps(make_results({"m": 0.9}))
    assert (pair.first, pair.second) == ("illumination", "noise")
    assert pair.axes == ("illumination, sigma (grey levels)", "noise, sigma (grey levels)")
    assert (pair.rows, pair.columns) == ((0.0, 1000.0), (0.0, 50.0, 100.0))
    assert set(pair.scores["m"]) >= {(row, column) for row in pair.rows for column in pair.columns}


def as_pair(results: Results, renamed: dict[str, str], info: dict[str, ArtefactInfo]) -> Results:
    """The same scores, of artefacts of other names."""
    records = results.records.replace({"artefact": renamed})
    records = records[records["artefact"].isin(["clean", *info])].reset_index(drop=True)
    return Results(records, replace(results.run, artefacts=info))


def test_either_artefact_may_be_swept_and_clean_is_where_both_are_neutral() -> None:
    loss = ArtefactInfo(1, "loss", "%", 0.0, is_clean_at_neutral=True)
    light = ArtefactInfo(1, "photons", "e", inf, scale="log", is_clean_at_neutral=True)
    fixed = replace(light, is_clean_at_neutral=False, together=CombinationInfo("loss", 1000.0, "light"))
    swept = replace(loss, is_clean_at_neutral=False, together=CombinationInfo("loss", 20.0, "light", sweeps_first=True))
    info = {"loss": loss, "light": light, "loss-1000+light": fixed, "loss+light-20": swept}
    names = {"illumination-1000+noise": "loss-1000+light", "illumination": "loss+light-20", "noise": "light"}
    results = as_pair(make_results({"m": 0.9}), {**names, "cell_size": "loss"}, info)
    (pair,) = pair_maps(results)
    assert (pair.rows, pair.columns) == ((0.0, 1000.0, 2000.0), (inf, 20.0, 50.0, 100.0))
    table = results.summary.set_index(["artefact", "intensity"])["jaccard"]
    for place, condition in {
        (0.0, inf): ("clean", 0.0),
        (1000.0, 50.0): ("loss-1000+light", 50.0),
        (2000.0, 20.0): ("loss+light-20", 2000.0),
        (0.0, 100.0): ("light", 100.0),
        (0.5, inf): ("loss", 0.5),
    }.items():
        assert pair.scores["m"][place] == pytest.approx(table[condition]), place


def test_an_artefact_that_did_not_run_alone_has_no_neutral_row() -> None:
    results = make_results({"m": 0.9})
    info = {name: one for name, one in results.run.artefacts.items() if name != "illumination"}
    (pair,) = pair_maps(as_pair(results, {}, info))
    assert (pair.rows, pair.columns) == ((1000.0,), (0.0, 50.0, 100.0))
    assert pair.axes == ("illumination", "noise, sigma (grey levels)")
