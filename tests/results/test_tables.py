"""Tables of records and summaries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.results.tables import Results, records_table, summarise
from robustbench_cells.types import ScoreRange
from tests.support.report_results import make_results
from tests.support.tiny_results import NAN, RESULTS, RUN, make_record


def test_a_summary_pools_as_the_metric_declares_and_counts_undefined_scores() -> None:
    summary = summarise(RESULTS).set_index(["segmenter", "artefact", "intensity"])
    row = summary.loc[("good", "noise", 50)]
    assert row["jaccard"] == pytest.approx(0.7)
    assert row["precision"] == pytest.approx(0.9)
    assert row["precision_undefined"] == 1
    assert (row["cells_predicted"], row["cells_true"]) == (8, 8)
    assert (row["parameter"], row["unit"], row["frames"], row["patches"]) == ("sigma", "grey levels", 1, 2)
    assert np.isnan(summary.loc[("background", "clean", 0)]["precision"])
    assert summarise(RESULTS)["artefact"].iloc[0] == "clean"


def test_the_columns_of_the_summary() -> None:
    assert list(summarise(RESULTS))[:7] == [
        "segmenter", "artefact", "parameter", "unit", "intensity", "frames", "patches",
    ]  # fmt: skip


def test_a_sum_over_no_defined_score_is_undefined() -> None:
    records = [make_record("m", "clean", 0, 0, 0.5, 0.5, NAN, 1)]
    assert np.isnan(summarise(Results(records_table(records), RUN))["cells_predicted"].iloc[0])


def test_a_table_without_a_record_is_refused() -> None:
    with pytest.raises(ResultsError, match="no condition ran"):
        records_table([])


def test_limits_of_an_interval_lie_within_what_the_metric_can_be() -> None:
    results = make_results({"m": 0.9})
    near_one = np.random.default_rng(0).choice([1.0, 1.0, 0.7], len(results.records))
    metrics = {name: replace(info, range=ScoreRange(0, 1)) for name, info in results.run.metrics.items()}
    bounded = Results(results.records.assign(jaccard=near_one), replace(results.run, metrics=metrics))
    free = Results(bounded.records, results.run)
    assert free.summary["jaccard_high"].max() > 1
    assert bounded.summary["jaccard_high"].max() == 1
