"""A repository with a gated model: a function, a suite and a baseline; pytest is called in this process."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from robustbench_cells.api import finish
from robustbench_cells.reporting.report import Report
from tests.support.pytest_runs import LIGHT, forget_modules

SUITE = "def test_robustness(rb_outcome):\n    assert rb_outcome.valid\n"
_MODEL = """
import os
import sys

import numpy as np


def predict(images):
    found = 1 / (1 + np.exp(-(images - 115) / 6))
    {change}
    return found
"""
SAME, WORSE = "pass", "found[:, ::2] = 0"
IN_A_TEST = "if len(images) > 8: "  # which are no probe images
GRID = ("--rb-profile=quick", "--rb-artefact=noise=0", "--rb-trust-model", "--rb-model=model:predict")
JUDGED = ("--rb-model=model:predict", "--rb-trust-model", "--rb-baseline=baseline")


@dataclass
class Repository:
    """The repository, and the last call of pytest in it."""

    path: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def write(self, name: str, text: str) -> None:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(text, encoding="utf-8")
        if name.endswith(".py"):  # compiled code goes by the second and the size, which both may be as before
            Path(cache_from_source(self.path / name)).unlink(missing_ok=True)

    def set_model(self, change: str) -> None:
        self.write("model.py", _MODEL.format(change=change))

    def pytest(self, *arguments: str, cwd: str = ".") -> tuple[int, str]:
        """Call pytest as CI does, and return its exit code and what it printed.

        Models are in this process unless the arguments say ``--rb-isolate=on``: another takes time to start.
        """
        self.monkeypatch.chdir(self.path / cwd)
        self.monkeypatch.syspath_prepend(self.path)
        own = (*LIGHT, "-p", "no:randomly", "-p", "no:cacheprovider", "--import-mode=importlib", "--rb-isolate=off")
        code = int(pytest.main([*own, *arguments]))
        forget_modules(self.path)
        done = self.capsys.readouterr()
        return code, done.out + done.err

    def verdict_files(self, folder: str = "reports") -> str:
        files = [self.path / folder / name for name in ("gate.md", "gate.json", "index.html")]
        return "".join(file.read_text(encoding="utf-8") for file in files if file.exists())


def plain_reports(report: Report, folder: Path) -> Sequence[Path]:
    """The page, as far as the gate is concerned."""
    page = folder / "index.html"
    page.write_text(report.gate.headline if report.gate else "no gate", encoding="utf-8")
    return [page]


def make_repository(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], baseline: Path | None = None
) -> Repository:
    """A repository; with a baseline to copy, one whose folder of reports has the PASS of an older run as well."""
    monkeypatch.setattr(finish, "write_reports", plain_reports)
    monkeypatch.setattr(finish, "render_report_examples", lambda *_: None)
    repository = Repository(path, monkeypatch, capsys)
    repository.write("robustness/test_grid.py", SUITE)
    repository.set_model(SAME)
    if baseline:
        for name in ("baseline", "reports"):
            shutil.copytree(baseline, path / name)
        repository.write("reports/gate.md", "# PASS\n")
        repository.write("reports/gate.json", '{"verdict": "holds", "headline": "PASS", "notes": []}')
    return repository
