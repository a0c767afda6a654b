"""Files of an earlier report that need not be made again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from robustbench_cells.reporting import made_from
from robustbench_cells.reporting.outputs.figures import Figures
from robustbench_cells.reporting.report import Report
from robustbench_cells.results.tables import Results
from tests.support.tiny_results import RESULTS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.svg").write_text("drawn")
    made_from.stamp(RESULTS, tmp_path, [tmp_path / "a.svg"])
    return tmp_path


def test_equal_results_make_equal_files(folder: Path, tmp_path: Path) -> None:
    again = Results(
        RESULTS.records.copy(), replace(RESULTS.run, command="another", effort={"evaluate": 5.0}, date="2026-01-01")
    )
    assert made_from.is_current(again, folder)
    assert not made_from.is_current(RESULTS, tmp_path / "elsewhere")


def test_other_results_do_not(folder: Path) -> None:
    scores = RESULTS.records.assign(jaccard=RESULTS.records["jaccard"] / 2)
    assert not made_from.is_current(Results(scores, RESULTS.run), folder)
    title = replace(RESULTS.run, dataset=replace(RESULTS.run.dataset, title="other frames"))
    assert not made_from.is_current(Results(RESULTS.records, title), folder)


def test_nor_does_other_code(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_from, "_code", lambda: "edited")
    assert not made_from.is_current(RESULTS, folder)


@pytest.mark.parametrize("content", [None, "edited by hand"])
def test_file_that_was_changed_or_removed_is_made_again(content: str | None, folder: Path) -> None:
    (folder / "a.svg").unlink()
    if content:
        (folder / "a.svg").write_text(content)
    assert not made_from.is_current(RESULTS, folder)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"of": 1, "files": 5}', "[" * 100_000])
def test_damaged_stamp_is_as_good_as_none(content: str, folder: Path) -> None:
    (folder / ".made-from.json").write_text(content)
    assert not made_from.is_current(RESULTS, folder)


def test_figures_are_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = Report(RESULTS)
    Figures().write(report, tmp_path)
    drawn = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(drawn) > 2
    monkeypatch.setattr("robustbench_cells.reporting.outputs.figures._figures", lambda results: 1 / 0)
    Figures().write(report, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == drawn
    next(tmp_path.glob("*.png")).unlink()
    with pytest.raises(ZeroDivisionError):
        Figures().write(report, tmp_path)
