"""Decisions as the rows of a table."""

from __future__ import annotations

import re

import pytest

from robustbench_cells.reporting.gate_rows import (
    HEADERS,
    MAX_NAMED,
    ORDER,
    decision_rows,
    decision_table,
    format_difference,
    markdown_table,
    name_some,
    sort_worst_first,
)
from tests.support.gate_runs import BASELINE, JACCARD, compare, drop, make_run, rename_model

WORSE = compare(BASELINE, make_run(drop("noise", 50, 0.1)), JACCARD)


def test_every_outcome_has_its_place() -> None:
    assert sorted(ORDER) == sorted(type(ORDER[0]))


def test_the_worst_is_first() -> None:
    first, *others = sort_worst_first(WORSE)
    assert first.name == "jaccard unet-noise-50"
    assert {str(one.verdict) for one in others} == {"holds"}
    assert [one.p_regresses for one in others] == sorted(one.p_regresses for one in others)


def test_a_row_has_the_numbers_of_its_decision() -> None:
    first = sort_worst_first(WORSE)[0]
    row = dict(zip(HEADERS, decision_rows([first])[0], strict=True))
    assert (row["verdict"], row["condition"], row["tolerance"]) == (
        "regresses",
        "jaccard unet-noise-50",
        "0.01 jaccard",
    )
    assert float(row["candidate"]) - float(row["baseline"]) == pytest.approx(-0.1, abs=1e-4)
    assert row["difference [95 %]"] == format_difference(first)
    value, low, high = map(float, re.findall(r"[+-]\d\.\d+", format_difference(first)))
    assert value == pytest.approx(-0.1)
    assert low <= value <= high


def test_every_row_is_shown_with_what_a_reader_must_know() -> None:
    heading, line, *rows = decision_table(WORSE.decisions).splitlines()
    assert re.split(r"\s{2,}", heading.strip()) == list(HEADERS)
    assert set(line) <= {"-", " "}
    assert len(rows) == len(WORSE.decisions)


def test_in_markdown_only_what_does_not_pass_is_bold_and_no_name_opens_a_column() -> None:
    rows = markdown_table(sort_worst_first(WORSE))[2:]
    assert rows[0].startswith("| **regresses** ")
    assert not any("**" in row for row in rows[1:])
    odd = "a|b"
    renamed = compare(rename_model(BASELINE, odd), rename_model(BASELINE, odd), JACCARD)
    assert all(len(re.findall(r"(?<!\\)\|", row)) == len(HEADERS) + 1 for row in markdown_table(renamed.decisions))


def test_of_many_names_some_are_named_and_the_others_counted() -> None:
    names = [f"{number}" for number in range(MAX_NAMED + 2)]
    assert name_some(names[:2]) == "0, 1"
    assert name_some(names).endswith(f"{MAX_NAMED - 1} and 2 more")
