"""What the report of a failed test adds: where a model raised, or what is wrong with a prediction."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest

from robustbench_cells.errors import ModelStoppedError

if TYPE_CHECKING:
    from robustbench_cells.engine.evaluate import Outcome


def explain_failure(report: pytest.TestReport, outcome: Outcome, raised: BaseException | None) -> None:
    """Add a section to the report of a failed test: a suite may assert no more than that the outcome is valid.

    Parameters
    ----------
    report
        Report of the test itself.
    outcome
        What the test was about.
    raised
        Exception of the test; where it is that of the outcome, pytest shows its traceback.
    """
    error, problems = outcome.error, outcome.problems
    if not report.failed or (error is not None and error is raised):
        return
    if isinstance(error, ModelStoppedError):
        _put_into_summary(report, str(error))
        report.sections.append((f"why {outcome.segmenter} was stopped", str(error)))
    elif error is not None:
        report.sections.append((f"what {outcome.segmenter} raised", "".join(traceback.format_exception(error))))
    elif problems:
        report.sections.append((f"what is wrong with {outcome.segmenter}", "\n".join(problems)))


def _put_into_summary(report: pytest.TestReport, text: str) -> None:
    """Have the last lines of the run show why a test failed, in place of the assertion of the suite."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        crash.message = text
