from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from robustbench_cells.engine.tasks import Timing
from robustbench_cells.gate.policy import GatePolicy
from robustbench_cells.pytest_plugin.finish import FAILED, UNUSABLE, RunSummary, finish_run
from robustbench_cells.results.example_patches import EXAMPLES_FILE, ExamplePatches
from robustbench_cells.results.storage import load, save
from robustbench_cells.results.tables import Results
from tests.support.report_results import pictures, results

RUN = results({"m": 0.9, "background": 0.1})


class Session:
    """As far as the end of a run needs one."""

    def __init__(self, found: Results | None = RUN, pictures: Any = pictures) -> None:
        self._found, self._pictures = found, pictures
        self.closed = self.pictured = False

    def results(self, *_: object) -> Results | None:
        return self._found

    def pictures(self, of: Results) -> ExamplePatches | None:
        self.pictured = True
        return self._pictures(of)

    def close(self) -> None:
        self.closed = True


def ended(session: Session, folder: Path, judge: GatePolicy | None = None, *, interrupted: bool = False) -> RunSummary:
    ending = finish_run(session, judge, [], Timing(), folder, command="pytest", interrupted=interrupted)  # type: ignore[arg-type]
    assert session.closed
    return ending


def test_a_run_leaves_results_pictures_and_reports(tmp_path: Path) -> None:
    ending = ended(Session(), tmp_path)
    assert (ending.exit_code, ending.verdict) == (0, ())
    assert load(tmp_path).records.equals(RUN.records)
    assert (tmp_path / EXAMPLES_FILE).is_file()
    assert str(tmp_path / "index.html") in ending.lines[-1]


def test_pictures_that_fail_cost_nothing_else(tmp_path: Path) -> None:
    def fail(of: Results) -> ExamplePatches:
        assert load(tmp_path).records.equals(of.records)  # they are safe by then
        raise MemoryError("the disk is gone")

    ending = ended(Session(pictures=fail), tmp_path)
    assert ending.exit_code == 0
    assert "without pictures (MemoryError: the disk is gone)" in ending.lines[-1]
    assert (tmp_path / "index.html").is_file()


def test_pictures_of_the_same_results_are_taken_once(tmp_path: Path) -> None:
    ended(Session(), tmp_path)
    again = Session()
    ended(again, tmp_path)
    assert not again.pictured


def test_an_interrupted_run_is_not_pictured_and_not_judged(tmp_path: Path) -> None:
    save(RUN, tmp_path / "baseline")
    judge = GatePolicy.of(tmp_path / "baseline", [], [], "fail")
    session = Session()
    ending = ended(session, tmp_path / "run", judge, interrupted=True)
    assert ending.exit_code == UNUSABLE
    assert "interrupted" in ending.verdict[0]
    assert not session.pictured


def test_a_verdict_is_in_the_page_too(tmp_path: Path) -> None:
    save(results({"m": 0.95}), tmp_path / "baseline")
    judge = GatePolicy.of(tmp_path / "baseline", [], [], "fail")
    ending = ended(Session(), tmp_path / "run", judge)
    assert (ending.exit_code, ending.colour) == (FAILED, "red")
    assert ("gate", "regresses") in ending.properties
    assert "the candidate is surely worse" in (tmp_path / "run" / "index.html").read_text()


def test_no_result_writes_nothing(tmp_path: Path) -> None:
    ending = ended(Session(None), tmp_path)
    assert "nothing was written" in ending.lines[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["summary.csv", "patches.csv.gz"])
def test_what_cannot_be_written_is_said(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "in the way").write_text("")
    ending = ended(Session(), tmp_path)
    assert ending.exit_code == FAILED
    assert ending.lines[-1].startswith("ERROR: ")
