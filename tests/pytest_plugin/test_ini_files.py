"""An ini file with settings that pytest has not read ends the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustbench_cells.pytest_plugin.collected import Collected
from robustbench_cells.pytest_plugin.ini_files import replaced_options, require_ini_in_force

SETTINGS = {
    "pytest.ini": "[pytest]\nrb_baseline = base\n",
    ".pytest.ini": "[pytest]\nrb_model =\n  one\n  two\n",
    "tox.ini": "[pytest]\naddopts = --rb-baseline=base\n",
    "setup.cfg": "[tool:pytest]\nrb_baseline = base\n",
    "pyproject.toml": '[tool.pytest.ini_options]\naddopts = ["-q", "--rb-baseline=base"]\n',
}


@pytest.fixture
def repository(pytester: pytest.Pytester) -> Path:
    (pytester.path / "repo/robustness").mkdir(parents=True)
    (pytester.path / "elsewhere").mkdir()
    return pytester.path / "repo"


def check(pytester: pytest.Pytester, here: Path, *arguments: str, tests: Path | None = None) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        config = pytester.parseconfig(*arguments)
        keys, folders = ([("clean", "m")], [str(tests)]) if tests else ([], [])
        require_ini_in_force(config, Collected(keys, folders, str(config.inipath or "")))


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("within", [".", "robustness"], ids=["above the tests", "in a folder below"])
def test_ini_file_that_an_option_s_value_hides_is_refused(
    name: str, within: str, pytester: pytest.Pytester, repository: Path
) -> None:
    (repository / name).write_text(SETTINGS[name])
    here, tests = repository / within, repository / "robustness"
    with pytest.raises(pytest.UsageError, match=r"has settings of the benchmark, but pytest has read no ini file"):
        check(pytester, here, "--rb-reports", str(pytester.path / "elsewhere"), tests=tests)
    check(pytester, here, f"--rb-reports={pytester.path / 'elsewhere'}", tests=tests)
    check(pytester, here, tests=tests)


@pytest.mark.parametrize("name", SETTINGS)
def test_ini_file_near_the_tests_counts_too(name: str, pytester: pytest.Pytester, repository: Path) -> None:
    (repository / name).write_text(SETTINGS[name])
    tests, other = repository / "robustness", pytester.path / "elsewhere"
    check(pytester, pytester.path, str(tests), tests=tests)
    check(pytester, pytester.path, str(tests), "--rb-reports", str(other), tests=tests)  # pytest looks there too
    with pytest.raises(pytest.UsageError, match="would be ignored"):  # a suite that stands elsewhere
        check(pytester, repository, str(other), tests=other)


def test_another_ini_file_in_the_same_folder_hides_one(pytester: pytest.Pytester, repository: Path) -> None:
    (repository / "pyproject.toml").write_text(SETTINGS["pyproject.toml"])
    (repository / "pytest.ini").write_text("[pytest]\n")
    with pytest.raises(pytest.UsageError, match=r"pyproject.toml: has settings .* has read .*pytest.ini"):
        check(pytester, repository, tests=repository / "robustness")


def test_nearer_ini_file_without_settings_hides_one(pytester: pytest.Pytester, repository: Path) -> None:
    (repository / "pytest.ini").write_text(SETTINGS["pytest.ini"])
    (repository / "robustness" / "pytest.ini").write_text("[pytest]\n")
    with pytest.raises(pytest.UsageError, match="would be ignored"):
        check(pytester, repository / "robustness", tests=repository / "robustness")


def test_nearer_ini_file_with_settings_of_its_own_is_the_one(pytester: pytest.Pytester, repository: Path) -> None:
    (repository / "pytest.ini").write_text(SETTINGS["pytest.ini"])
    (repository / "robustness" / "tox.ini").write_text(SETTINGS["tox.ini"])
    check(pytester, repository / "robustness", tests=repository / "robustness")


def test_settings_in_a_section_that_pytest_does_not_read(pytester: pytest.Pytester, repository: Path) -> None:
    (repository / "pytest.ini").write_text("[tool:pytest]\nrb_baseline = base\n")
    with pytest.raises(pytest.UsageError, match="pytest reads no rb_baseline there"):
        check(pytester, repository, tests=repository / "robustness")


def test_file_that_is_asked_for_is_taken_and_the_other_named(
    pytester: pytest.Pytester, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "pytest.ini").write_text(SETTINGS["pytest.ini"])
    (repository / "other.ini").write_text("[pytest]\nrb_model = one\n")
    check(pytester, repository, "-c", "other.ini", tests=repository / "robustness")
    check(pytester, pytester.path, "-c", "repo/pytest.ini", tests=pytester.path / "elsewhere")


def test_other_suites_are_left_alone(pytester: pytest.Pytester, repository: Path) -> None:
    (repository / "pytest.ini").write_text(SETTINGS["pytest.ini"])
    check(pytester, repository, str(pytester.path / "elsewhere"))
    with pytest.raises(pytest.UsageError, match="would be ignored"):  # an option of ours, and no test of the grid
        check(pytester, repository, "--rb-baseline=base", str(pytester.path / "elsewhere"))


@pytest.mark.parametrize(
    "text", ["", "\x00", "[pytest", "[tool:pytest]\nrb", "tool = 3", "[tool]\npytest = 3", "[pytest]\naddopts = -q\n"]
)
def test_unreadable_and_other_files_do_not_matter(text: str, pytester: pytest.Pytester, repository: Path) -> None:
    for name in ("tox.ini", "setup.cfg", "pyproject.toml"):
        (pytester.path / name).write_text(text)
    (repository / "pytest.ini").write_text("[pytest]\n")
    check(pytester, repository, tests=repository / "robustness")


def test_workers_that_read_another_file_are_refused(pytester: pytest.Pytester, repository: Path) -> None:
    (repository / "pytest.ini").write_text(SETTINGS["pytest.ini"])
    config = pytester.parseconfig()
    found = Collected([("clean", "m")], [], str(repository / "pytest.ini"))
    with pytest.raises(pytest.UsageError, match="pytest has read no ini file, and its workers"):
        require_ini_in_force(config, found)


@pytest.mark.parametrize("name", ["pytest.ini", "setup.cfg", "pyproject.toml"])
def test_options_that_o_addopts_replaces_are_named(name: str, pytester: pytest.Pytester, repository: Path) -> None:
    (repository / name).write_text(
        {
            "pytest.ini": "[pytest]\naddopts = -q '--rb-model=a b' --rb-baseline=base\n",
            "setup.cfg": "[tool:pytest]\naddopts = -q '--rb-model=a b' --rb-baseline=base\n",
            "pyproject.toml": '[tool.pytest.ini_options]\naddopts = ["-q", "--rb-model=a b", "--rb-baseline=base"]\n',
        }[name]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        assert replaced_options(pytester.parseconfig()) == []
        assert replaced_options(pytester.parseconfig("-o", "addopts=-v")) == ["--rb-model=a b", "--rb-baseline=base"]
        assert replaced_options(pytester.parseconfig("-o", "addopts=--rb-baseline=base")) == ["--rb-model=a b"]
        assert replaced_options(pytester.parseconfig("-c", "/dev/null")) == []


def test_options_in_a_section_that_pytest_does_not_read(pytester: pytest.Pytester, repository: Path) -> None:
    (repository / "pytest.ini").write_text("[tool:pytest]\naddopts = --rb-baseline=base\n")
    with pytest.raises(pytest.UsageError, match="pytest reads no addopts there"):
        check(pytester, repository, tests=repository / "robustness")
