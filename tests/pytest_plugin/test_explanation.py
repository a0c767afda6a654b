"""What the report of a failed test says of a model that was stopped."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.evaluate import Outcome
from robustbench_cells.errors import ModelStoppedError
from robustbench_cells.pytest_plugin.explanation import explain_failure

WHY = "theirs.onnx took more than 120 s for a batch and was stopped; --rb-model-seconds raises the limit"


def failed_report(message: str) -> Any:
    return SimpleNamespace(
        failed=True, sections=[], longrepr=SimpleNamespace(reprcrash=SimpleNamespace(message=message))
    )


def test_limit_that_a_model_met_is_in_the_last_lines_of_the_run() -> None:
    report = failed_report("assert False")
    outcome = Outcome("theirs", Condition(), (), error=ModelStoppedError(WHY))
    assert explain_failure(report, outcome, AssertionError()) == WHY
    assert report.longrepr.reprcrash.message == WHY
    assert report.sections == [("why theirs is left out of the rest of the run", WHY)]
    report = failed_report("ModelStoppedError")
    assert explain_failure(report, outcome, outcome.error) == WHY
    assert not report.sections  # pytest shows the error itself


@pytest.mark.parametrize("longrepr", [None, "a text"])
def test_report_of_another_kind_keeps_its_summary(longrepr: Any) -> None:
    report = failed_report("")
    report.longrepr = longrepr
    explain_failure(report, Outcome("theirs", Condition(), (), error=ModelStoppedError(WHY)), AssertionError())
    assert report.longrepr is longrepr
    assert report.sections


def test_other_errors_are_traced() -> None:
    report = failed_report("assert False")
    assert not explain_failure(report, Outcome("mine", Condition(), (), error=ValueError("own")), AssertionError())
    assert report.longrepr.reprcrash.message == "ValueError: own"
    ((title, text),) = report.sections
    assert title == "what mine raised"
    assert "ValueError: own" in text


def test_problems_are_named_in_the_last_lines_of_the_run() -> None:
    report, outcome = failed_report("assert False"), Outcome("mine", Condition(), (), problems=["NaN", "too large"])
    assert not explain_failure(report, outcome, AssertionError())
    assert report.longrepr.reprcrash.message == "NaN; too large"
    assert report.sections == [("what is wrong with mine", "NaN\ntoo large")]
