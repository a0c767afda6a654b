"""A fixture ``rb_outcome`` of a user's own, in place of the plugin's: a suite's business, never the verdict's."""

from __future__ import annotations

import pytest

from tests.pytest_plugin.test_invalid_runs import HERE, require_no_verdict
from tests.support.gate_repository import JUDGED, SAME, WORSE, Repository

_HEAD = """
import types

import pytest

class Explodes:
    def __getattr__(self, name):
        raise RuntimeError(name)

@pytest.fixture
def rb_outcome({takes}):
    {body}
"""
_ACCEPTS = "def test_robustness(rb_outcome):\n    pass\n"
_FAILS = "def test_robustness(rb_outcome):\n    assert 0\n"
_WITHOUT = "tests without an outcome (another fixture rb_outcome is in force"


def override(repository: Repository, body: str, takes: str = "", suite: str = _ACCEPTS) -> None:
    repository.write("robustness/conftest.py", _HEAD.format(takes=takes, body=body))
    repository.write("robustness/test_grid.py", suite)


@pytest.mark.parametrize(
    "body",
    [
        "return object()",
        "return types.SimpleNamespace(valid=True, problems=['a problem'])",
        "return types.SimpleNamespace(valid=False, error=ValueError('theirs'))",
        "return types.SimpleNamespace(valid=True, failure=object(), problems=None)",
        "return Explodes()",
        "return None",
        "yield",
    ],
)
def test_something_else_than_an_outcome_gives_no_verdict(body: str, repository: Repository) -> None:
    override(repository, body)
    code, output = repository.pytest(*HERE)
    assert "INTERNALERROR" not in output
    require_no_verdict(repository, code, output, 4, _WITHOUT)


@pytest.mark.parametrize("body", ["return types.SimpleNamespace(problems=['a problem'])", "return Explodes()"])
def test_a_test_that_fails_on_it_is_a_failed_test(body: str, repository: Repository) -> None:
    override(repository, body, suite=_FAILS)
    code, output = repository.pytest(*HERE)
    assert "INTERNALERROR" not in output
    require_no_verdict(repository, code, output, 1, "tests failed in call")


@pytest.mark.parametrize("body", ["raise RuntimeError('mine')", "raise SystemExit(0)", "if False: yield"])
def test_one_that_raises_is_an_error_of_its_tests(body: str, repository: Repository) -> None:
    override(repository, body)
    code, output = repository.pytest(*HERE)
    assert "INTERNALERROR" not in output
    require_no_verdict(repository, code, output, 1, "tests failed in setup")


def test_without_a_baseline_the_exit_code_shows_it_too(repository: Repository) -> None:
    override(
        repository, "return request.getfixturevalue('rb_outcome') if 'noise' in request.node.name else 7", "request"
    )
    code, output = repository.pytest("robustness", *JUDGED[:2], "--rb-profile=quick", "--rb-artefact=noise=0")
    assert code == 4, output
    assert _WITHOUT in output


@pytest.mark.parametrize(("change", "code"), [(SAME, 0), (WORSE, 1)])
def test_one_that_takes_the_outcome_may_give_what_it_likes(change: str, code: int, repository: Repository) -> None:
    override(repository, "return types.SimpleNamespace(valid=True, mean=rb_outcome.scores()['jaccard'])", "rb_outcome")
    repository.set_model(change)
    got, output = repository.pytest(*HERE)
    assert got == code, output
    assert ("gate: PASS" in output) == (code == 0)
