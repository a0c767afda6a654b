"""A run that did not end as it should has no verdict: not now, and not from `robustbench-cells gate` later."""

from __future__ import annotations

import errno
import os

import pytest

from tests.support import commands
from tests.support.gate_repository import IN_A_TEST, JUDGED, SAME, SUITE, Repository

HERE = ("robustness", *JUDGED)
CALL = (*HERE, "--rb-isolate=on")
NEVER = "no verdict"


def require_no_verdict(repository: Repository, code: int, output: str, expected: int, words: str) -> None:
    assert code == expected, output
    assert words in output
    assert NEVER in output
    assert "PASS" not in output + repository.verdict_files()
    repository.monkeypatch.chdir(repository.path)
    assert commands.gate(["--baseline", "baseline", "--candidate", "reports"]) == 2
    said = repository.capsys.readouterr()
    assert "PASS" not in said.out + said.err + repository.verdict_files()


FIXTURE = """
import pytest

@pytest.fixture
def shaky(request):
    if "{when}" == "setup" and "predict-noise" in request.node.name:
        {what}
    yield
    if "{when}" == "teardown" and "predict-noise" in request.node.name:
        {what}

def test_robustness(rb_outcome, shaky):
    assert rb_outcome.valid
"""
CONFTEST = """
import os

import pytest

def {hook}:
    if {when}:
        {what}
"""


@pytest.mark.parametrize(
    ("when", "what", "code", "words"),
    [
        ("setup", "raise ValueError", 1, "tests failed in setup: model:predict-noise-0"),
        ("teardown", "raise ValueError", 1, "tests failed in teardown: model:predict-noise-0"),
        ("setup", "pytest.skip('no GPU')", 4, "tests skipped in setup (deselect what is not to be judged"),
        ("setup", "pytest.exit('enough', returncode=0)", 4, "tests not finished: model:predict-noise-0"),
        ("setup", "raise KeyboardInterrupt", 2, "the run was interrupted; the same command resumes it"),
    ],
)
def test_a_phase_that_does_not_pass(when: str, what: str, code: int, words: str, repository: Repository) -> None:
    repository.write("robustness/test_grid.py", FIXTURE.format(when=when, what=what))
    require_no_verdict(repository, *repository.pytest(*HERE), code, words)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (
            f"import pytest\n\n@pytest.mark.xfail\n{SUITE}\n    assert rb_outcome.condition.name != 'noise-0'\n",
            4,
            "skipped",
        ),
        (f"{SUITE}    assert rb_outcome.scores()['jaccard'] > 0\n", 1, "tests failed in call: background-clean"),
        ("def test_robustness(rb_outcome):\n    pass\n", 4, "tests of the candidate failed: model:predict-clean"),
    ],
    ids=["expected to fail", "failed by the suite's own limit", "accepted though invalid"],
)
def test_a_test_that_is_not_passed(text: str, code: int, words: str, repository: Repository) -> None:
    repository.write("robustness/test_grid.py", text)
    if "pass\n" in text:
        repository.set_model(f"{IN_A_TEST}found = images")
    require_no_verdict(repository, *repository.pytest(*CALL), code, words)


@pytest.mark.parametrize(
    "call", ["sys.exit(0)", "raise GeneratorExit", "raise SystemExit", "__import__('pytest').skip('x')"]
)
def test_a_model_that_ends_the_program(call: str, repository: Repository) -> None:
    repository.set_model(f"{IN_A_TEST}{call}")
    code, output = repository.pytest(*CALL)
    require_no_verdict(repository, code, output, 1, "model:predict-clean")


def test_a_model_that_ends_the_program_as_it_is_loaded(repository: Repository) -> None:
    repository.set_model("sys.exit(0)")
    code, output = repository.pytest(*CALL)
    require_no_verdict(repository, code, output, 1, "model:predict: raised SystemExit(0), which would end the run")


@pytest.mark.parametrize(
    ("arguments", "code"), [(("-x",), 1), (("--maxfail=1",), 1), (("--continue-on-collection-errors",), 1)]
)
def test_a_run_that_stops_before_its_end(arguments: tuple[str, ...], code: int, repository: Repository) -> None:
    text = "assert False" if "continue" in arguments[0] else "def test_other():\n    assert False\n"
    repository.write("robustness/test_another.py", text)
    words = "could not be collected" if "continue" in arguments[0] else "tests not finished: "
    require_no_verdict(repository, *repository.pytest(*HERE, *arguments), code, words)


@pytest.mark.parametrize(
    ("hook", "when"),
    [
        ("pytest_runtest_teardown(item)", "'predict-noise' in item.name"),
        ("pytest_sessionfinish(session)", "hasattr(session.config, 'workerinput')"),
    ],
    ids=["in a test", "after the last one"],
)
def test_a_worker_that_dies(hook: str, when: str, repository: Repository) -> None:
    repository.write("conftest.py", CONFTEST.format(hook=hook, when=when, what="os._exit(0)"))
    code, output = repository.pytest(*HERE, "-n1", "--max-worker-restart=1")
    require_no_verdict(repository, code, output, code or 1, "worker gw0 died")


@pytest.mark.parametrize("successes", range(9))
def test_a_full_disk(successes: int, repository: Repository) -> None:
    """So many files are written; then none."""
    written = 0

    def sync(handle: int) -> None:
        nonlocal written
        written += 1
        if written > successes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    repository.monkeypatch.setattr("robustbench_cells.files.atomic.os.fsync", sync)
    code, output = repository.pytest(*HERE)
    if written <= successes:
        assert code == 0, output
        return
    assert code == 4, output
    assert "reports" in output
    assert "No space left on device" in output
    assert "PASS" not in output
    assert "PASS" not in repository.verdict_files()


def test_the_disk_is_never_full(repository: Repository) -> None:
    repository.set_model(SAME)
    code, output = repository.pytest(*CALL)
    assert code == 0
    assert "PASS" in output
    assert "PASS" in repository.verdict_files()


@pytest.mark.parametrize("what", ["raise ValueError('no ink')", "raise MemoryError", "raise SystemExit(0)"])
def test_a_report_that_raises(what: str, repository: Repository) -> None:
    hook = (
        f"def fail(*_):\n    {what}\n\ndef pytest_sessionstart(session):\n"
        "    from robustbench_cells.api import finish\n    finish.write_reports = fail\n"
    )
    repository.write("conftest.py", hook)
    code, output = repository.pytest(*HERE)
    assert code == 4, output
    assert "gate: no verdict: not everything could be written to reports (" in output
    assert f"{repository.path / 'conftest.py'}:2" in output or "SystemExit(0), which would end the run" in output
    assert "PASS" not in output + repository.verdict_files()


def test_a_junit_report_that_cannot_be_written(repository: Repository) -> None:
    repository.write("conftest.py", "import os\n\ndef pytest_sessionfinish(session):\n    os.mkdir('junit.xml')\n")
    summary = repository.path / "summary"
    repository.monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    code, output = repository.pytest(*HERE, "--junitxml=junit.xml")
    assert code == 4, output
    assert "gate: no verdict: not everything could be written" in output
    assert "PASS" not in output + repository.verdict_files() + summary.read_text()
    assert summary.read_text().count("# NO VERDICT") == 1


def test_the_summary_of_a_job_has_the_verdict_once(repository: Repository) -> None:
    summary = repository.path / "summary"
    repository.monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert repository.pytest(*HERE)[0] == 0
    assert summary.read_text().count("# PASS") == 1


def test_a_run_that_is_killed_leaves_no_verdict(repository: Repository) -> None:
    repository.write(
        "robustness/test_grid.py", "def test_robustness(rb_outcome):\n    print(open('reports/gate.md').read())\n"
    )
    code, output = repository.pytest(*HERE, "-s")
    assert code == 0, output
    assert output.count("NO VERDICT") == 4
    assert "the run has not ended, or it was killed" in output
