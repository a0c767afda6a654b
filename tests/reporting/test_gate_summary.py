"""``gate.json``: texts and numbers, of this version and of earlier ones."""

from __future__ import annotations

import json
from math import isnan
from pathlib import Path
from typing import Any

import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.reporting.gate_numbers import DecisionNumbers
from robustbench_cells.reporting.gate_summary import MOST_DECISIONS, GateSummary, load_gate, save_gate
from robustbench_cells.reporting.gate_text import summarise_gate
from tests.support.gate_runs import BASELINE, baselines_of, judge, lower, make_run, make_seed

SEEDS = baselines_of(*(make_seed(number) for number in (3, 4, 5)))
WORSE = summarise_gate(judge(SEEDS, make_seed(6, lower("noise", 0.15))))


def test_numbers_stand_under_names(tmp_path: Path) -> None:
    content = json.loads(save_gate(WORSE, tmp_path).read_text())
    assert content["version"] == 2
    (noise,) = (one for one in content["decisions"] if (one["criterion"], one["condition"]) == ("area", "noise"))
    assert (noise["outcome"], noise["seeds"], noise["beyond"]) == ("regresses", 3, "worse")
    assert noise["difference"] == pytest.approx(noise["candidate"] - noise["baseline"])
    assert noise["low"] < noise["difference"] < noise["high"] < -0.1
    (axis,) = (one for one in content["axes"] if one["axis"] == "noise")
    assert axis["intensities"] == [0, 50, 200]
    assert all(new < old for old, new in zip(axis["baseline"], axis["candidate"], strict=True))
    assert axis["frames"]["losing"] == axis["frames"]["total"] == 40


def test_it_is_read_as_it_was(tmp_path: Path) -> None:
    save_gate(WORSE, tmp_path)
    assert load_gate(tmp_path) == WORSE


def test_what_is_not_known_is_null_and_not_a_number(tmp_path: Path) -> None:
    summary = summarise_gate(judge(baselines_of(BASELINE), make_run(lower("noise", 0.1))))
    text = save_gate(summary, tmp_path).read_text()
    assert "NaN" not in text
    assert json.loads(text)["decisions"][0]["reach"] is None
    loaded = load_gate(tmp_path)
    assert loaded
    assert isnan(loaded.decisions[0].reach)


def test_a_file_of_an_earlier_version_has_texts_alone(tmp_path: Path) -> None:
    old = {
        "verdict": "holds",
        "headline": "PASS: fine",
        "notes": ["a"],
        "rows": [["holds", "noise", "1", "1", "0", "0"]],
    }
    (tmp_path / "gate.json").write_text(json.dumps(old))
    assert load_gate(tmp_path) == GateSummary("holds", "PASS: fine", ("a",), (tuple(old["rows"][0]),))


def test_keys_of_later_versions_are_ignored(tmp_path: Path) -> None:
    path = save_gate(WORSE, tmp_path)
    content = json.loads(path.read_text()) | {"version": 3, "later": 1}
    content["decisions"][0]["later"] = 1
    path.write_text(json.dumps(content))
    assert load_gate(tmp_path) == WORSE


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("outcome", 5, r"gate\.json\.decisions\[0\]\.outcome: 5 is not of type 'string'"),
        ("difference", "much", r"decisions\[0\]\.difference: 'much' is not of type 'number', 'null'"),
        ("beyond", "all", r"decisions\[0\]\.beyond: 'all' is not one of"),
    ],
)
def test_a_wrong_value_is_named(key: str, value: Any, message: str, tmp_path: Path) -> None:
    path = save_gate(WORSE, tmp_path)
    content = json.loads(path.read_text())
    content["decisions"][0][key] = value
    path.write_text(json.dumps(content))
    with pytest.raises(ResultsError, match=message):
        load_gate(tmp_path)


def test_a_file_stays_readable_whatever_the_grid(tmp_path: Path) -> None:
    path = save_gate(GateSummary("holds", "PASS", (), (), (WORSE.decisions[0],) * (MOST_DECISIONS + 1)), tmp_path)
    assert len(json.loads(path.read_text())["decisions"]) == MOST_DECISIONS


def test_names_show_escapes() -> None:
    values = {**vars(WORSE.decisions[0]), "model": "a\x1b[2J"}
    summary = GateSummary("holds", "", (), (), [DecisionNumbers(**values)])
    assert summary.decisions[0].model == r"a\x1b[2J"
