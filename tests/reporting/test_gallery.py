"""Captions of example patches."""

from __future__ import annotations

from dataclasses import replace

import pytest

from robustbench_cells.reporting.gallery import _condition
from robustbench_cells.results.artefact_info import CombinationInfo
from robustbench_cells.results.example_patches import ExampleView
from robustbench_cells.results.tables import Results
from tests.support.report_results import make_results

PAIR = "illumination-1000+noise"


@pytest.mark.parametrize(
    ("together", "text"),
    [
        (None, "sigma 50 grey levels"),
        (CombinationInfo("illumination", 1000.0, "noise"), "illumination 1000 and noise, sigma 50 grey levels"),
        (
            CombinationInfo("noise", 1000.0, "illumination", sweeps_first=True),
            "noise, sigma 50 grey levels, and illumination 1000",
        ),
    ],
)
def test_a_pair_is_named_in_the_order_in_which_it_acts(together: CombinationInfo | None, text: str) -> None:
    results = make_results({"m": 0.9})
    info = {**results.run.artefacts, PAIR: replace(results.run.artefacts[PAIR], together=together)}
    changed = Results(results.records, replace(results.run, artefacts=info))
    assert _condition(ExampleView(PAIR, 50.0, "000", 0), changed) == text
