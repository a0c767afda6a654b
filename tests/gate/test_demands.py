"""What the options of a gate demand."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.errors import RobustbenchError
from robustbench_cells.gate.demands import Demand, default_demands, make_demands, parse_demands


def as_numbers(demands: list[Demand]) -> dict[str, object]:
    return {
        one.criterion.name + ("!" if one.is_guard else "") + ("~" if one.by_retraining else ""): (
            one.tolerance,
            dict(one.of_artefact),
        )
        if one.of_artefact
        else one.tolerance
        for one in demands
    }


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((), {"area~": 0.01, "jaccard!~": 0.05}),
        (("recall",), {"area~": 0.01, "jaccard!~": 0.05, "recall": 0.01}),
        (("area=0.02",), {"area~": 0.02, "jaccard!~": 0.05}),
        (("area:noise=0.02",), {"area~": (0.01, {"noise": 0.02}), "jaccard!~": 0.05}),
        (("area:noise=0.02", "area=0.03"), {"area~": (0.03, {"noise": 0.02}), "jaccard!~": 0.05}),
        (("area=0.03", "area:noise=0.02"), {"area~": (0.03, {"noise": 0.02}), "jaccard!~": 0.05}),
        (("jaccard",), {"area~": 0.01, "jaccard": 0.01}),
        (("jaccard=0.2",), {"area~": 0.01, "jaccard": 0.2}),
        (("jaccard:clean=0.2",), {"area~": 0.01, "jaccard!~": (0.05, {"clean": 0.2})}),
        (("condition",), {"jaccard": 0.01}),
        (("condition=0.02", "cells"), {"jaccard": 0.02, "cells": 0.05}),
        (("condition:noise=0.02",), {"jaccard": (0.01, {"noise": 0.02})}),
        (("condition", "area"), {"jaccard": 0.01, "area~": 0.01}),
        (
            ("recall:noise-10+cell_size=0.1",),
            {"area~": 0.01, "jaccard!~": 0.05, "recall": (0.01, {"noise-10+cell_size": 0.1})},
        ),
    ],
)
def test_options_become_demands(texts: tuple[str, ...], expected: dict[str, object]) -> None:
    assert as_numbers(parse_demands(texts)) == expected


def test_a_mapping_is_exactly_what_is_demanded() -> None:
    assert as_numbers(make_demands({"area": 0.02, "area:noise": 0.1})) == {"area~": (0.02, {"noise": 0.1})}
    assert as_numbers(default_demands()) == as_numbers(parse_demands(()))


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("jacard",), "no criterion is called 'jacard'"),
        (("area=much",), "the tolerance of area must be a number, as in area=0.01"),
        (("condition=much",), "the tolerance of condition must be a number, as in condition=0.01"),
        (("area:noise",), "give its tolerance, as in area:noise=0.01"),
        (("area:=0.1",), "no artefact is named"),
        (("area=0.1", "area=0.2"), "area: more than one tolerance"),
        (("area:noise=0.1", "area:noise=0.2"), "area:noise: more than one tolerance"),
        (("condition", "jaccard=0.1"), "both are about the Jaccard score"),
        (("condition", "condition=0.1"), "condition: more than one tolerance"),
    ],
)
def test_a_malformed_option_is_refused(texts: tuple[str, ...], words: str) -> None:
    with pytest.raises(RobustbenchError, match=words):
        parse_demands(texts)


@given(st.text("aerc:=.0n", max_size=12))
def test_any_text_is_a_demand_or_refused(text: str) -> None:
    with suppress(RobustbenchError):
        assert parse_demands([text])


def test_a_tolerance_for_an_artefact_counts_there_alone() -> None:
    (demand,) = make_demands({"area": 0.02, "area:noise": 0.1})
    assert [demand.tolerance_for(name) for name in ("noise", "clean")] == [0.1, 0.02]
    assert list(demand.problems(["noise"])) == []
    assert list(demand.problems(["fog"])) == ["area:noise: the grid has no noise (but clean, fog)"]
    (meaningless,) = make_demands({"area:noise": 1.0})
    assert "the tolerance of area:noise is 1 jaccard, which any model would meet" in next(
        iter(meaningless.problems(["noise"]))
    )
