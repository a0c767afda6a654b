"""When a run ended, and what was checked out."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import robustbench_cells as rb
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.storage import load_manifest
from tests.support.frame_arrays import DATA, bright

GIT = shutil.which("git")


def stored_run(folder: Path) -> RunManifest:
    rb.benchmark({"m": bright}, DATA, profile="quick", artefacts={"noise": [0]}).save(folder)
    return load_manifest(folder)


@pytest.mark.skipif(not GIT, reason="there is no git")
def test_a_run_in_a_git_repository_stores_its_date_commit_and_branch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")

    def git(*arguments: str) -> str:
        assert GIT
        done = subprocess.run([GIT, *who, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "-q", "-b", "retrained")
    git("commit", "-q", "--allow-empty", "-m", "first")
    (tmp_path / "robustness").mkdir()
    monkeypatch.chdir(tmp_path / "robustness")
    before = datetime.now(UTC)
    run = stored_run(tmp_path / "reports")
    assert (run.commit, run.branch) == (git("rev-parse", "HEAD"), "retrained")
    assert before - timedelta(seconds=1) <= datetime.fromisoformat(run.date) <= datetime.now(UTC)


def test_a_run_elsewhere_stores_its_date_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = stored_run(tmp_path / "reports")
    assert run.date.endswith("+00:00")
    assert (run.commit, run.branch) == ("", "")
    assert not {"commit", "branch"} & set(run.to_json())
