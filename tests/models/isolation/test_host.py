"""Models in processes: what they cost when they misbehave, and that the others go on."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest

from robustbench_cells.errors import ExitError, ModelError, ModelStoppedError
from robustbench_cells.models.isolation import wall
from robustbench_cells.models.isolation.host import Host
from robustbench_cells.models.isolation.messages import ModelReference
from robustbench_cells.models.isolation.wall import Wall
from robustbench_cells.types import Image
from tests.support.misbehaving_models import LEVEL

IMAGES = np.random.default_rng(0).uniform(0, 255, (2, 256, 256)).astype(np.float32)
MASKS = (IMAGES > LEVEL).astype(np.float32)


def reference(name: str) -> ModelReference:
    return ModelReference(f"misbehaving:{name}", trusted=True)


@pytest.fixture(autouse=True)
def _importable(misbehaving: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(misbehaving))


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host(Wall(seconds=5, memory=0.4))
    yield host
    host.close()


def predict(host: Host, name: str, times: int = 3) -> Image:
    for _ in range(times):
        found = host.predict(reference(name), IMAGES)
    return found


STOPPED = {
    "hanging": " took more than 5 s for a batch and was stopped; --rb-model-seconds",
    "stopping": " took more than 5 s for a batch and was stopped",
    "greedy": " took more than 0.4 GiB of memory for a batch and was stopped; --rb-model-memory",
    "leaving": r": its process ended with exit code 0 when it was asked for a batch",
    "killed": r": its process ended by signal 9 \(SIGKILL\) when",
    "closing": ": its process (closed its connection|ended with .*) when",
}


@pytest.mark.parametrize("name", STOPPED)
def test_model_that_meets_a_limit_is_stopped_for_good(name: str, host: Host) -> None:
    with pytest.raises(ModelStoppedError, match=f"^misbehaving:{name}{STOPPED[name]}"):
        predict(host, name)
    before = len(psutil.Process().children())
    with pytest.raises(ModelStoppedError, match=f"^misbehaving:{name}{STOPPED[name]}"):
        predict(host, name, times=1)
    with pytest.raises(ModelStoppedError):
        host.load(reference(name))
    assert len(psutil.Process().children()) == before  # nothing was started to find that out


def test_limit_that_no_option_raises_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall, "machine_memory", lambda: int(0.4 / 0.75 * 2**30))
    host = Host(Wall(memory=4))
    with pytest.raises(ModelStoppedError, match=r"took more than 0\.4 GiB of memory .* run it where there is more"):
        predict(host, "greedy")
    host.close()


def test_errors_and_exits_are_those_of_the_model_and_cost_nothing_else(host: Host) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="own mistake") as raised:
            predict(host, "raising")
    assert "in raises" in str(raised.value.__cause__)
    with pytest.raises(ExitError, match=r"misbehaving:exiting: raised SystemExit\(0\)"):
        predict(host, "exiting")


def test_sound_model_beside_others_predicts_as_alone(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("loud", "changing", "forking"):
        predict(host, name)
    with pytest.raises(ModelStoppedError):
        predict(host, "leaving")
    np.testing.assert_array_equal(predict(host, "sound"), MASKS)
    lines = [record.getMessage() for record in caplog.records]
    assert r"misbehaving:loud: own words \x1b[31m" in lines
    assert sum(map(len, lines)) < 10_000


def test_process_that_ends_after_its_answer_is_blamed_on_its_model(host: Host) -> None:
    others = set(psutil.Process().children())  # of other tests' hosts
    predict(host, "late")
    started = set(psutil.Process().children()) - others
    while any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in started):
        pass
    with pytest.raises(ModelStoppedError, match="late: its process ended with exit code 3 between two requests"):
        predict(host, "late", times=1)


def test_what_a_process_started_ends_with_it(host: Host) -> None:
    others = set(psutil.Process().children(recursive=True))  # of other tests
    predict(host, "forking")
    started = set(psutil.Process().children(recursive=True)) - others
    assert len(started) == 2
    host.close()
    psutil.wait_procs(list(started), timeout=10)
    assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in started)


def test_modules_in_the_current_folder_are_not_imported(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "sys", "socket"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'acted')!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    assert (predict(host, "sound") == MASKS).all()
    assert not (tmp_path / "acted").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_of_the_run_has_processes_of_its_own(host: Host) -> None:
    predict(host, "sound")
    dark = IMAGES * np.float32(0.5)
    fork = os.fork()
    if not fork:
        code = 1
        with suppress(BaseException):
            code = int(not (host.predict(reference("sound"), dark) == (dark > LEVEL)).all())
            host.close()
        os._exit(code)
    assert (predict(host, "sound") == MASKS).all()
    assert os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]) == 0
    assert (predict(host, "sound") == MASKS).all()


def test_closed_host_starts_again_in_the_folder_of_its_beginning(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, first = os.getcwd(), predict(host, "sound", times=1)
    host.close()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match=re.escape(f"ValueError: {here} ")):
        host.load(reference("environment"))
    np.testing.assert_array_equal(predict(host, "sound", times=1), first)


def test_changed_model_is_refused_by_the_next_process(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    model = ModelReference("changed_meanwhile:predict", trusted=True)
    code = "def predict(images):\n    return images / {}\npredict.digest = 'same'\n"
    (tmp_path / "changed_meanwhile.py").write_text(code.format(255))
    host.load(model)
    host.close()
    (tmp_path / "changed_meanwhile.py").write_text(code.format(2550))
    with pytest.raises(ModelError, match="changed_meanwhile:predict: its files changed while it was in use"):
        host.predict(model, IMAGES)


def test_environment_is_that_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    monkeypatch.setenv("THEIR_SETTING", "1")
    host = Host(Wall(environment=("THEIR_SETTING",)))
    with pytest.raises(ModelError, match="fails on probe images") as raised:
        host.load(reference("environment"))
    host.close()
    found = str(raised.value)
    assert "GITHUB_TOKEN" not in found
    assert "THEIR_SETTING" in found
    assert re.search(r"\bPATH\b", found)


RUN = """
import sys, numpy as np
from robustbench_cells.models.isolation.host import Host
from robustbench_cells.models.isolation import wall
from robustbench_cells.models.isolation.messages import ModelReference
from robustbench_cells.models.isolation.wall import Wall
import psutil

host, images = Host(Wall()), np.ones((1, 256, 256), np.float32)
model = ModelReference("misbehaving:" + sys.argv[1], True)
host.predict(model, images)
host.predict(model, images)
print(psutil.Process().children()[0].pid, flush=True)
if sys.argv[1] == "hanging":
    host.predict(model, images)
"""


@pytest.mark.parametrize(("name", "by_signal"), [("hanging", True), ("sound", True), ("sound", False)])
def test_process_ends_with_the_run(name: str, by_signal: bool, misbehaving: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(misbehaving), *sys.path])}
    run = subprocess.Popen([sys.executable, "-c", RUN, name], stdout=subprocess.PIPE, text=True, env=environment)
    assert run.stdout
    with run.stdout:
        child = int(run.stdout.readline())
    if by_signal:
        run.send_signal(signal.SIGKILL)
    run.wait()
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(child)
        psutil.wait_procs([process], timeout=20)
        assert process.status() == psutil.STATUS_ZOMBIE
