"""A gated repository, for the tests of whole runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.gate_repository import GRID, Repository, make_repository
from tests.support.pytest_runs import BENCHMARK


@pytest.fixture(scope="session")
def stored_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a stored run of the model, with its records; the first test that needs it runs it.

    The fixtures of pytest that this takes are of one test.
    """
    return tmp_path_factory.mktemp("stored") / "baseline"


@pytest.fixture
def repository(
    stored_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Repository:
    """A repository with that run as its baseline."""
    if not stored_run.exists():
        made = make_repository(tmp_path / "first", monkeypatch, capsys)
        code, output = made.pytest("robustness", *GRID, f"--rb-reports={stored_run}")
        assert code == 0, output
    return make_repository(tmp_path / "repository", monkeypatch, capsys, stored_run)


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """A function that calls the benchmark with options that it must refuse, and returns what it prints.

    In this process, since nothing runs: a process of its own takes seconds to start.
    """

    def call(*options: str) -> str:
        repository = Repository(tmp_path, monkeypatch, capsys)
        code, output = repository.pytest(str(BENCHMARK), f"--rb-reports={tmp_path / 'reports'}", *options)
        assert code == pytest.ExitCode.USAGE_ERROR, output
        return output

    return call
