"""Every way to call the gate: with a worse model and with the same one, it ends in a verdict or in a refusal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.gate_repository import JUDGED, SAME, WORSE, Repository

REPOSITORY = "REPOSITORY"  # in an argument or an ini file: its path
SETTINGS = {
    "rb_model": "model:predict",
    "rb_trust_model": "true",
    "rb_baseline": f"{REPOSITORY}/baseline",
    "rb_reports": f"{REPOSITORY}/reports",
}
INI = "".join(f"{key} = {value}\n" for key, value in SETTINGS.items())
FILES = {
    "pytest.ini": f"[pytest]\n{INI}",
    "tox.ini": f"[pytest]\n{INI}",
    "setup.cfg": f"[tool:pytest]\n{INI}",
    "pyproject.toml": "[tool.pytest.ini_options]\n"
    + "".join(f"{key} = {value if value == 'true' else repr(value)}\n" for key, value in SETTINGS.items()),
}
GROUPED = """
import pytest

@pytest.mark.xdist_group("group")
def test_robustness(rb_outcome):
    assert rb_outcome.valid
"""
REPEATED = """
def pytest_generate_tests(metafunc):
    metafunc.fixturenames.append("again")
    metafunc.parametrize("again", range(2))
"""


WAYS: dict[str, tuple[str, ...]] = {
    "the README": ("robustness", *JUDGED),
    "values after a space": (
        "robustness",
        "--rb-model",
        "model:predict",
        "--rb-trust-model",
        "--rb-baseline",
        "baseline",
    ),
    "an existing folder after a space": ("robustness", *JUDGED, "--rb-reports", "reports"),
    "by id": (*JUDGED, "robustness/test_grid.py::test_robustness"),
    "-k": ("robustness", *JUDGED, "-k", "noise"),
    "--deselect": ("robustness", *JUDGED, "--deselect", "robustness/test_grid.py::test_robustness[background-clean]"),
    "-x": ("robustness", *JUDGED, "-x"),
    "--maxfail": ("robustness", *JUDGED, "--maxfail=2"),
    "twice": ("robustness", "robustness", "--keep-duplicates", *JUDGED),
    "no terminal": ("robustness", *JUDGED, "-p", "no:terminal"),
    "very quiet": ("robustness", *JUDGED, "-qq", "--no-summary"),
    "junit": ("robustness", *JUDGED, "--junitxml=junit.xml"),
    "no xdist": ("robustness", *JUDGED, "-p", "no:xdist"),
    "-o": ("robustness", *JUDGED[:2], "-o", "rb_baseline=baseline"),
    "more criteria": ("robustness", *JUDGED, "--rb-gate=recall=0.05"),
    "sequential": ("robustness", *JUDGED, "--rb-sequential"),
}


PARTS = {"-k", "--deselect"}  # of the grid: the results of the whole stay as they are


def judge(repository: Repository, change: str, *arguments: str, cwd: str = ".", folder: str = "reports") -> None:
    """Call pytest with that model: the exit code, the terminal and the files must say the same."""
    repository.set_model(change)
    code, output = repository.pytest(*arguments, cwd=cwd)
    expected, word = {SAME: (0, "PASS"), WORSE: (1, "FAIL")}[change]
    assert code == expected, output
    assert f"gate: {word}" in output
    assert f"# {word}" in repository.verdict_files(folder)
    assert ("PASS" in repository.verdict_files(folder)) == (word == "PASS")


@pytest.mark.parametrize("change", [SAME, WORSE], ids=["same", "worse"])
@pytest.mark.parametrize("way", WAYS)
def test_a_call_ends_in_a_verdict(way: str, change: str, repository: Repository) -> None:
    judge(repository, change, *WAYS[way], folder="reports/part" if way in PARTS else "reports")


@pytest.mark.parametrize("change", [SAME, WORSE], ids=["same", "worse"])
@pytest.mark.parametrize(
    ("cwd", "arguments"),
    [
        (".", ()),
        (".", ("robustness", "--rb-frames=2")),
        ("robustness", ()),
        ("..", (f"{REPOSITORY}/robustness",)),
        ("..", ("-c", f"{REPOSITORY}/pytest.ini", f"{REPOSITORY}/robustness")),
        (".", ("--rootdir=..", "robustness")),
    ],
)
def test_settings_of_an_ini_file_count_from_everywhere(
    cwd: str, arguments: tuple[str, ...], change: str, repository: Repository
) -> None:
    repository.write("pytest.ini", FILES["pytest.ini"].replace(REPOSITORY, str(repository.path)))
    judge(repository, change, *(one.replace(REPOSITORY, str(repository.path)) for one in arguments), cwd=cwd)


@pytest.mark.parametrize("change", [SAME, WORSE], ids=["same", "worse"])
@pytest.mark.parametrize("name", FILES)
def test_ini_file_is_read_or_the_run_is_refused(name: str, change: str, repository: Repository, tmp_path: Path) -> None:
    repository.write(name, FILES[name].replace(REPOSITORY, str(repository.path)))
    judge(repository, change)
    code, output = repository.pytest("--rb-profile", "quick", "--rb-reports", str(tmp_path))
    assert code == 4
    assert f"{repository.path / name}: has settings of the benchmark" in output
    assert " passed" not in output


@pytest.mark.parametrize("change", [SAME, WORSE], ids=["same", "worse"])
@pytest.mark.parametrize(
    "arguments",
    [("-n2", "--dist=loadgroup"), ("--dist=each", "--tx=2*popen")],
    ids=["loadgroup", "each"],
)
def test_workers_judge_tests_with_any_ids(arguments: tuple[str, ...], change: str, repository: Repository) -> None:
    repository.write("robustness/test_grid.py", GROUPED)
    repository.write("conftest.py", REPEATED)
    judge(repository, change, "robustness", *JUDGED, *arguments)
