from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from robustbench_cells.api import finish
from robustbench_cells.api.finish import RanTests, finish_run
from robustbench_cells.errors import GateError
from robustbench_cells.gate.policy import GatePolicy
from robustbench_cells.pytest_plugin.finish import FAILED, UNUSABLE, RunSummary, summarise_run
from robustbench_cells.reporting.outputs.figures import Figures
from robustbench_cells.results.example_patches import EXAMPLES_FILE, ExamplePatches
from robustbench_cells.results.storage import load, save
from robustbench_cells.results.tables import Results
from tests.support.report_results import make_examples, make_results

RUN = make_results({"m": 0.9, "background": 0.1})


class FakeRun:
    """As much of a run as its end needs."""

    def __init__(self, found: Results | None = RUN, examples: Any = make_examples) -> None:
        self._found, self.examples = found, examples
        self.closed = self.rendered = False

    def results(self, cells: object, timing: object, command: object, incomplete: Sequence[str]) -> Results | None:
        found = self._found
        return found and Results(found.records, replace(found.run, incomplete=tuple(incomplete)))

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def _examples(monkeypatch: pytest.MonkeyPatch) -> None:
    def render(run: FakeRun, results: Results, announce: object) -> ExamplePatches:
        run.rendered = True
        return run.examples(results)

    monkeypatch.setattr(finish, "render_report_examples", render)
    monkeypatch.setattr(Figures, "write", lambda *_: None)  # drawing them takes longer than all the rest


def ended(run: FakeRun, folder: Path, policy: GatePolicy | None = None, *, interrupted: bool = False) -> RunSummary:
    ran = RanTests(incomplete=["the run was interrupted"] if interrupted else [])
    finished = finish_run(run, policy, ran, folder)  # type: ignore[arg-type]
    assert run.closed
    return summarise_run(finished, policy, ran, folder)


def test_a_run_leaves_results_pictures_and_reports(tmp_path: Path) -> None:
    ending = ended(FakeRun(), tmp_path)
    assert (ending.exit_code, ending.verdict) == (0, ())
    assert load(tmp_path).records.equals(RUN.records)
    assert (tmp_path / EXAMPLES_FILE).is_file()
    assert str(tmp_path / "index.html") in ending.lines[-1]


def test_pictures_that_fail_cost_nothing_else(tmp_path: Path) -> None:
    def fail(of: Results) -> ExamplePatches:
        assert load(tmp_path).records.equals(of.records)  # they are safe by then
        raise MemoryError("the disk is gone")

    ending = ended(FakeRun(examples=fail), tmp_path)
    assert ending.exit_code == 0
    assert "without example patches (MemoryError: the disk is gone)" in ending.lines[-1]
    assert (tmp_path / "index.html").is_file()


def test_pictures_of_the_same_results_are_taken_once(tmp_path: Path) -> None:
    ended(FakeRun(), tmp_path)
    again = FakeRun()
    ended(again, tmp_path)
    assert not again.rendered


def test_an_interrupted_run_is_not_pictured_and_not_judged(tmp_path: Path) -> None:
    save(RUN, tmp_path / "baseline")
    judge = GatePolicy.from_options([tmp_path / "baseline"])
    session = FakeRun()
    ending = ended(session, tmp_path / "run", judge, interrupted=True)
    assert ending.exit_code == UNUSABLE
    assert "interrupted" in ending.verdict[0]
    assert not session.rendered
    assert (tmp_path / "run" / "gate.md").read_text().startswith("# NO VERDICT")
    with pytest.raises(GateError, match="the run of the candidate is incomplete"):
        judge.compare(load(tmp_path / "run"))


def test_a_verdict_is_in_the_page_too(tmp_path: Path) -> None:
    save(make_results({"m": 0.95}), tmp_path / "baseline")
    judge = GatePolicy.from_options([tmp_path / "baseline"])
    ending = ended(FakeRun(), tmp_path / "run", judge)
    assert (ending.exit_code, ending.colour) == (FAILED, "red")
    assert ("gate", "regresses") in ending.properties
    assert "the candidate is significantly worse" in (tmp_path / "run" / "index.html").read_text()


def test_no_result_writes_nothing(tmp_path: Path) -> None:
    ending = ended(FakeRun(None), tmp_path)
    assert "nothing was written" in ending.lines[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["summary.csv", "patches.csv.gz"])
def test_what_cannot_be_written_is_said(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "in the way").write_text("")
    ending = ended(FakeRun(), tmp_path)
    assert ending.exit_code == UNUSABLE
    assert ending.lines[-1].startswith(f"ERROR: {tmp_path}: not everything could be written")


@pytest.mark.parametrize("step", ["save", "save_examples", "write_reports", "save_verdict"])
def test_no_verdict_stands_where_not_everything_is_written(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(RUN, tmp_path / "baseline")
    policy = GatePolicy.from_options([tmp_path / "baseline"])
    folder = tmp_path / "run"
    assert "PASS" in ended(FakeRun(), folder, policy).verdict[0]
    (folder / EXAMPLES_FILE).unlink()
    done = getattr(finish, step)

    def full(*given: object) -> None:
        monkeypatch.setattr(finish, step, done)  # what is smaller may still fit
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(finish, step, full)
    summary = ended(FakeRun(), folder, policy)
    assert summary.exit_code == UNUSABLE
    assert "no verdict" in summary.verdict[0]
    assert summary.lines[-1].startswith(f"ERROR: {folder}: not everything could be written ([Errno 28] No space left")
    assert [value.partition(":")[0] for name, value in summary.properties] == ["none"]
    for name in ("gate.md", "gate.json"):
        assert "PASS" not in (folder / name).read_text()
    assert step == "save" or "is worse than the tolerance" not in (folder / "index.html").read_text()
