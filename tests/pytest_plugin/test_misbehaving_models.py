"""Models that misbehave cost their own tests: never the numbers of a model beside them, and never a verdict."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from robustbench_cells.results.storage import load
from tests.pytest_plugin.test_invalid_runs import CALL, require_no_verdict
from tests.support.gate_repository import GRID, Repository, make_repository
from tests.support.misbehaving_models import NAME, write_models

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of a process need Linux")

LIMITS = ("--rb-model-seconds=10", "--rb-model-memory=0.5")
STOPPED = {  # what is said of each
    "hanging": " took more than 10 s for a batch and was stopped; --rb-model-seconds",
    "greedy": " took more than 0.5 GiB of memory for a batch and was stopped; --rb-model-memory",
    "leaving": ": its process ended with exit code 0",
    "killed": ": its process ended by signal 9 (SIGKILL)",
}
COSTLY = STOPPED | {
    "raising": "ZeroDivisionError: own mistake",
    "wrong": "returns values from nan to nan",
    "exiting": "raised SystemExit(0), which would end the run",
}
HARMLESS = ("loud", "changing", "threaded")  # what they predict is right
CONDITIONS = {"clean", "noise-0"}
MODEL = "model:predict"


@pytest.fixture(scope="module")
def sound_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run of the sound model alone; the first test that needs it runs it."""
    return tmp_path_factory.mktemp("sound") / "baseline"


@pytest.fixture
def crew(
    sound_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Repository:
    """A repository with the models, whose baseline is that run."""
    if not sound_run.exists():
        alone = make_repository(tmp_path / "alone", monkeypatch, capsys)
        take_model(alone, "sound")
        code, output = alone.pytest("robustness", *GRID, "--rb-frames=8", f"--rb-reports={sound_run}")
        assert code == 0, output
    repository = make_repository(tmp_path / "repository", monkeypatch, capsys, sound_run)
    take_model(repository, "sound")
    return repository


def take_model(repository: Repository, name: str) -> None:
    write_models(repository.path)
    repository.write("model.py", f"from {NAME} import {name} as predict\n")


def scores(folder: Path, segmenter: str) -> pd.DataFrame:
    records = load(folder).records
    return records[records["segmenter"] == segmenter].drop(columns="segmenter").reset_index(drop=True)


@pytest.mark.parametrize("name", COSTLY)
def test_by_itself_it_gets_no_verdict(name: str, crew: Repository) -> None:
    take_model(crew, name)
    code, output = crew.pytest(*CALL, *LIMITS)
    require_no_verdict(crew, code, output, 1, COSTLY[name])


@pytest.mark.parametrize("name", HARMLESS)
def test_by_itself_one_that_predicts_right_is_judged(name: str, crew: Repository) -> None:
    take_model(crew, name)
    code, output = crew.pytest(*CALL, *LIMITS)
    assert code == 0, output
    assert "PASS" in output
    assert len(output) < 20_000  # not what it prints
    pd.testing.assert_frame_equal(scores(crew.path / "reports", MODEL), scores(crew.path / "baseline", MODEL))


@pytest.fixture
def cluster() -> Iterator[str]:
    """Address of two workers in this process; each has processes of models of its own."""
    distributed = pytest.importorskip("distributed", reason="needs the extra 'dask'")
    settings = {"processes": False, "protocol": "tcp", "host": "127.0.0.1", "dashboard_address": None}
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, **settings) as cluster:
        yield cluster.scheduler_address


BESIDE = {  # all in one of them at least: each takes a process of models, and more with workers
    "alone": ("raising", "greedy", "leaving", "threaded"),
    "xdist": ("raising", "wrong", "hanging", "leaving", "loud"),
    "dask": ("hanging", "greedy", "exiting", "killed", "changing"),
}


@pytest.mark.parametrize("how", BESIDE)
def test_beside_a_sound_model_each_costs_its_own_tests(
    how: str, crew: Repository, request: pytest.FixtureRequest
) -> None:
    options = {"xdist": ["-n2"]}.get(how, [])
    if how == "dask":
        options = [f"--rb-dask={request.getfixturevalue('cluster')}"]
    for name in BESIDE[how]:
        options += [f"--rb-model={NAME}:{name}", f"--rb-against={NAME}:{name}={MODEL}"]
    code, output = crew.pytest(*CALL, *LIMITS, *options)
    require_no_verdict(crew, code, output, 1, "tests of the candidate failed: ")
    costly = [name for name in BESIDE[how] if name in COSTLY]
    assert all(COSTLY[name] in output for name in costly)
    left_out = [name for name in costly if name in STOPPED]
    assert output.count("left out of the rest of the run: ") == len(left_out)
    assert all(f"left out of the rest of the run: {NAME}:{name}{STOPPED[name]}" in output for name in left_out)
    assert "isolation/host.py" not in output  # whose frames say nothing of the model
    failed = set(re.findall(r"FAILED \S+\[(\S+)\]", output))
    assert failed == {f"{NAME}:{name}-{condition}" for name in costly for condition in CONDITIONS}
    for name in (MODEL, *(f"{NAME}:{name}" for name in BESIDE[how] if name in HARMLESS)):
        pd.testing.assert_frame_equal(scores(crew.path / "reports", name), scores(crew.path / "baseline", MODEL))
