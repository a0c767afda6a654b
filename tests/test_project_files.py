"""What GitHub, PyPI and readers of citations take from the repository: it parses, and says what is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import robustbench_cells
from tests.conftest import LONG_FILES, REPOSITORY

yaml = pytest.importorskip("yaml", reason="needs the extra 'test'")

FILES = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for path in (
        *REPOSITORY.glob(".github/**/*.yml"),
        REPOSITORY / ".pre-commit-config.yaml",
        REPOSITORY / "CITATION.cff",
    )
)
WORKFLOWS = [name for name in FILES if name.startswith(".github/workflows/")]
FORMS = [name for name in FILES if "ISSUE_TEMPLATE" in name and not name.endswith("config.yml")]
PINNED = re.compile(r"uses: ([\w./-]+)@(?:([0-9a-f]{40})  # v\d+\.\d+\.\d+|v\d+\.\d+\.\d+)$", re.MULTILINE)
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def text_of(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def parsed(name: str) -> dict[Any, Any]:
    read: dict[Any, Any] = yaml.safe_load(text_of(name))
    return read


def jobs_of(name: str) -> list[dict[str, Any]]:
    return list(parsed(name)["jobs"].values())


def commands_of(name: str) -> list[str]:
    return [step["run"] for job in jobs_of(name) for step in job["steps"] if "run" in step]


def test_the_files_are_there() -> None:
    assert {Path(name).name for name in WORKFLOWS} == {"ci.yml", "gate.yml", "release.yml"}
    assert {Path(name).name for name in FORMS} == {"file_refused.yml", "new_artefact.yml", "wrong_number.yml"}
    assert ".github/dependabot.yml" in FILES


def test_the_files_that_run_first_exist() -> None:
    assert [name for name in LONG_FILES if not (REPOSITORY / "tests" / name).is_file()] == []


@pytest.mark.parametrize("name", FILES)
def test_it_parses(name: str) -> None:
    assert isinstance(parsed(name), dict)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned(name: str) -> None:
    """By the SHA of a version that is named beside it, or by a full version."""
    assert text_of(name).count("uses:") == len(PINNED.findall(text_of(name))) > 0


def test_every_workflow_pins_an_action_alike() -> None:
    pins = {pin for name in WORKFLOWS for pin in PINNED.findall(text_of(name))}
    assert len(pins) == len({action for action, _ in pins})


@pytest.mark.parametrize("name", WORKFLOWS)
def test_permissions_are_the_least(name: str) -> None:
    assert parsed(name)["permissions"] == {"contents": "read"}
    granted = [job["permissions"] for job in jobs_of(name) if "permissions" in job]
    assert granted == ([{"id-token": "write"}] if name.endswith("release.yml") else [])


@pytest.mark.parametrize("name", WORKFLOWS)
def test_jobs_end_and_systems_are_named(name: str) -> None:
    for job in jobs_of(name):
        assert job["timeout-minutes"] <= 60
        systems = job.get("strategy", {}).get("matrix", {}).get("os", [job["runs-on"]])
        assert not [system for system in systems if system.endswith("latest")]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_commands_take_nothing_from_a_pull_request(name: str) -> None:
    """A title or a branch that is put into a shell line is run by the shell."""
    assert not [command for command in commands_of(name) if "${{" in command]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_what_is_installed_is_ours_or_pinned(name: str) -> None:
    for command in commands_of(name):
        words = command.partition("pip install ")[2].split()
        packages = [word.strip("\"'") for word in words if word not in {"-e", "-r"}]
        ours = {f".[{extra}]" for extra in PROJECT["optional-dependencies"]}
        assert all(word in ours or "==" in word or word == "requirements.txt" for word in packages), command


@pytest.mark.parametrize("name", WORKFLOWS)
def test_make_targets_of_workflows_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    assert {command.split()[1] for command in commands_of(name) if command.startswith("make ")} <= targets


def test_every_make_target_says_what_it_does() -> None:
    targets = re.findall(r"^([a-z]+):(.*)$", text_of("Makefile"), re.MULTILINE)
    assert {"bench", "quick", "test", "check"} <= {target for target, _ in targets}
    assert not [target for target, rest in targets if "##" not in rest]
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text_of("Makefile"), re.MULTILINE)
    assert set(phony.split()) == {target for target, _ in targets}


def test_the_versions_of_python_that_are_checked_are_those_that_are_supported() -> None:
    matrix = parsed(".github/workflows/ci.yml")["jobs"]["check"]["strategy"]["matrix"]["python"]
    supported = SpecifierSet(PROJECT["requires-python"])
    assert matrix == ["3.11", "3.12", "3.13"]
    assert all(version in supported for version in matrix)
    assert "3.10" not in supported


def test_the_example_of_the_gate_pins_this_version() -> None:
    (line,) = text_of("examples/gate_a_retrained_model/requirements.txt").splitlines()
    requirement = Requirement(line)
    assert str(requirement.specifier) == f"=={robustbench_cells.__version__}"
    assert requirement.extras <= set(PROJECT["optional-dependencies"])


def test_the_example_of_the_gate_caches_by_a_file_that_its_repository_has() -> None:
    (steps,) = (job["steps"] for job in jobs_of(".github/workflows/gate.yml"))
    (python,) = (step["with"] for step in steps if "python-version" in step.get("with", {}))
    assert python["cache"] == "pip"
    assert (REPOSITORY / "examples" / "gate_a_retrained_model" / python["cache-dependency-path"]).is_file()


@pytest.mark.parametrize("name", FORMS)
def test_an_issue_form_has_what_github_asks_for(name: str) -> None:
    form = parsed(name)
    assert {"name", "description", "body"} <= set(form)
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    for field in fields:
        assert field["type"] in {"input", "textarea", "dropdown", "checkboxes"}
        assert field["attributes"]["label"]
        assert ("options" in field["attributes"]) == (field["type"] in {"dropdown", "checkboxes"})
    assert any(field.get("validations", {}).get("required") for field in fields)


def test_dependabot_watches_libraries_and_actions() -> None:
    watched = {update["package-ecosystem"] for update in parsed(".github/dependabot.yml")["updates"]}
    assert watched == {"pip", "github-actions"}


def test_the_citation_names_this_version_the_study_and_the_data() -> None:
    citation = parsed("CITATION.cff")
    assert {"cff-version", "message", "title", "authors", "license"} <= set(citation)
    assert citation["version"] == robustbench_cells.__version__
    assert citation["license"] == PROJECT["license"]
    study, data, article = citation["references"]
    assert [author["family-names"] for author in study["authors"]] == ["Oliveri", "Chkroun", "Conde"]
    assert "PhC-C2DL-PSC" in data["title"]
    assert article["doi"] == "10.1038/nmeth.4473"


def test_what_a_run_warns_its_user_of_does_not_end_it(pytestconfig: pytest.Config) -> None:
    filters = pytestconfig.getini("filterwarnings")
    told = ("BenchmarkWarning", "DataWarning", "DeclarationWarning", "MissingExtraWarning")
    assert all(f"default::robustbench_cells.errors.{name}" in filters for name in told)
