"""A record cache from a stranger, or one that changes during a run: no score of it is judged."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.pytest_plugin.test_invalid_runs import HERE, NEVER, require_no_verdict
from tests.support.gate_repository import WORSE, Repository

_BETTER = 'UPDATE records SET scores = replace(scores, \'"jaccard": \', \'"jaccard": 0.99, "old": \')'
_CONFTEST = """
import sqlite3

def pytest_runtest_logreport(report):
    if report.when == "teardown" and "predict-noise" in report.nodeid:
        with sqlite3.connect("{store}") as db:
            db.execute('''{change}''')
        db.close()
"""


def change_store(repository: Repository, script: str) -> None:
    with closing(sqlite3.connect(repository.path / "reports" / "records.sqlite")) as db:
        db.executescript(script)


def test_a_trigger_makes_no_worse_model_pass(repository: Repository) -> None:
    repository.set_model(WORSE)
    change_store(repository, f"CREATE TRIGGER better AFTER INSERT ON records BEGIN {_BETTER}; END")
    code, output = repository.pytest(*HERE)
    assert code == 4, output
    assert "records.sqlite: holds the trigger 'better'" in output
    assert "gate: PASS" not in output
    (repository.path / "reports" / "records.sqlite").rename(repository.path / "theirs.sqlite")  # the remedy
    code, output = repository.pytest(*HERE)
    assert code == 1, output
    assert "gate: FAIL" in output


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "shared out"])
def test_records_that_change_during_the_run_are_not_judged(workers: tuple[str, ...], repository: Repository) -> None:
    repository.set_model(WORSE)
    store = repository.path / "reports" / "records.sqlite"
    repository.write("robustness/conftest.py", _CONFTEST.format(store=store, change=_BETTER))
    code, output = repository.pytest(*HERE, *workers)
    require_no_verdict(repository, code, output, 4, "are not those that the run saw")
    assert NEVER in output
    assert not store.exists()
    assert store.with_name("records.sqlite.damaged-1").exists()
    repository.write("robustness/conftest.py", "")
    code, output = repository.pytest(*HERE)
    assert code == 1, output
    assert "gate: FAIL" in output
