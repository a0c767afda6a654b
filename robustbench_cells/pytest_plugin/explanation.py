"""What the report of a failed test adds: where a model raised, or what is wrong with a prediction."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest

from robustbench_cells.errors import ModelStoppedError

if TYPE_CHECKING:
    from robustbench_cells.engine.evaluate import Outcome


def explain_failure(report: pytest.TestReport, outcome: Outcome, raised: BaseException | None) -> str:
    """Add a section to the report of a failed test: a suite may assert no more than that the outcome is valid.

    Parameters
    ----------
    report
        Report of the test itself.
    outcome
        What the test was about.
    raised
        Exception of the test; where it is that of the outcome, pytest shows its traceback.

    Returns
    -------
    str
        Why the model is left out of the rest of the run; empty if it is not.
    """
    error, problems = outcome.error, outcome.problems
    stopped = str(error) if isinstance(error, ModelStoppedError) else ""
    if not report.failed or (error is not None and error is raised):
        return stopped
    if stopped:
        _explain(report, f"why {outcome.segmenter} is left out of the rest of the run", stopped, stopped)
    elif error is not None:
        trace = "".join(traceback.format_exception(error))
        _explain(report, f"what {outcome.segmenter} raised", trace, f"{type(error).__name__}: {error}")
    elif problems:
        _explain(report, f"what is wrong with {outcome.segmenter}", "\n".join(problems), "; ".join(problems))
    return stopped


def _explain(report: pytest.TestReport, title: str, text: str, short: str) -> None:
    """Add a section; the last lines of the run show why the test failed in place of the assertion of the suite."""
    report.sections.append((title, text))
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        crash.message = short
