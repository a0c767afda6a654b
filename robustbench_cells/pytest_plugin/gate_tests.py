"""The gate's criteria as tests of pytest, which its counts, JUnit reports and other plug-ins know by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest

from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.decision import Decision, GateOutcome, by_criterion, overall_verdict
from robustbench_cells.gate.policy import GatePolicy
from robustbench_cells.reporting.gate_notes import verdict_line
from robustbench_cells.reporting.gate_rows import decision_table

_FILE = "gate"
_ACCEPTED = "inconclusive: too few frames to rule out a drop above the tolerance; --rb-inconclusive=pass accepts that"

Outcome = Literal["passed", "failed", "skipped"]


def log_gate_tests(session: pytest.Session, verdict: Gate | str, policy: GatePolicy) -> None:
    """Report ``gate::MODEL::CRITERION`` for all that was judged, or a failed ``gate::verdict`` where nothing was."""
    reports = [_failed_verdict(verdict)] if isinstance(verdict, str) else list(_criteria(verdict, policy))
    session.testscollected += len(reports)
    hook = session.config.hook
    for report in reports:
        hook.pytest_runtest_logstart(nodeid=report.nodeid, location=report.location)
        for phase in ("setup", "call", "teardown"):
            hook.pytest_runtest_logreport(report=report if phase == "call" else _report(report.nodeid, phase))
        hook.pytest_runtest_logfinish(nodeid=report.nodeid, location=report.location)


def _criteria(gate: Gate, policy: GatePolicy) -> Iterator[pytest.TestReport]:
    for (model, criterion), decisions in by_criterion(gate.decisions).items():
        yield _report(f"{_FILE}::{model}::{criterion}", "call", *_outcome(decisions, policy))


def _outcome(decisions: list[Decision], policy: GatePolicy) -> tuple[Outcome, Any]:
    """Outcome of a criterion of a model, and what pytest shows of it."""
    verdict = overall_verdict(decisions)
    if verdict is GateOutcome.NON_INFERIOR:
        return "passed", None
    if verdict is GateOutcome.INCONCLUSIVE and policy.accept_inconclusive:
        return "skipped", (_FILE, 0, _ACCEPTED)
    bad = [one for one in decisions if not one.verdict.passes]
    return "failed", f"{verdict_line(decisions)}\n{decision_table(bad)}"


def _failed_verdict(reason: str) -> pytest.TestReport:
    return _report(f"{_FILE}::verdict", "call", "failed", f"no verdict: {reason}")


def _report(nodeid: str, when: Any, outcome: Outcome = "passed", text: Any = None) -> pytest.TestReport:
    return pytest.TestReport(nodeid, (_FILE, None, nodeid), {}, outcome, text, when)
