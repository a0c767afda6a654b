"""Each criterion that the gate judges is a test of pytest's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.policy import GatePolicy
from robustbench_cells.pytest_plugin.gate_tests import log_gate_tests
from robustbench_cells.results.storage import save
from tests.support.gate_runs import BASELINE, compare, drop, make_run

TOLERANCES = {"jaccard": 0.01, "recall": 0.01}
WORSE = compare(BASELINE, make_run(drop("noise", 50, 0.2), seed=1, spread=0.004), TOLERANCES)
UNCLEAR = compare(BASELINE, make_run(drop("clean", 0, 0.01), seed=1, spread=0.01), TOLERANCES)


class Hooks:
    """Keeps what pytest would be told."""

    def __init__(self) -> None:
        self.reports: list[Any] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.reports.append(report)

    def pytest_runtest_logstart(self, **_: object) -> None: ...

    def pytest_runtest_logfinish(self, **_: object) -> None: ...


@pytest.fixture
def policy(tmp_path: Path) -> GatePolicy:
    save(BASELINE, tmp_path)
    return GatePolicy.from_options([tmp_path], ["recall"])


def logged(verdict: Gate | str, policy: GatePolicy) -> dict[str, Any]:
    hooks = Hooks()
    session: Any = SimpleNamespace(testscollected=20, config=SimpleNamespace(hook=hooks))
    log_gate_tests(session, verdict, policy)
    assert [one.when for one in hooks.reports] == ["setup", "call", "teardown"] * (session.testscollected - 20)
    return {one.nodeid: one for one in hooks.reports if one.when == "call"}


def test_a_criterion_fails_by_its_own_and_others_pass(policy: GatePolicy) -> None:
    reports = logged(WORSE, policy)
    assert {name: one.outcome for name, one in reports.items()} == {
        "gate::unet::jaccard": "failed",
        "gate::unet::recall": "passed",
    }
    text = reports["gate::unet::jaccard"].longrepr
    assert text.startswith("FAIL: the candidate is significantly worse (1 regresses, 6 holds)")
    assert "jaccard unet-noise-50" in text
    assert "unet-clean" not in text


def test_an_inconclusive_criterion_fails_in_words_of_its_own_unless_it_is_accepted(policy: GatePolicy) -> None:
    report = logged(UNCLEAR, policy)["gate::unet::jaccard"]
    assert report.outcome == "failed"
    assert report.longrepr.startswith("INCONCLUSIVE: too few frames")
    accepted = logged(UNCLEAR, replace(policy, accept_inconclusive=True))["gate::unet::jaccard"]
    assert accepted.outcome == "skipped"
    assert "--rb-inconclusive=pass accepts that" in accepted.longrepr[2]
    assert logged(WORSE, replace(policy, accept_inconclusive=True))["gate::unet::jaccard"].outcome == "failed"


def test_no_verdict_is_a_failed_test(policy: GatePolicy) -> None:
    (report,) = logged("worker gw0 died", policy).values()
    assert (report.nodeid, report.outcome) == ("gate::verdict", "failed")
    assert report.longrepr == "no verdict: worker gw0 died"
