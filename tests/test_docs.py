"""The pages: links resolve, and the options, commands, files and names that they mention exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from itertools import takewhile
from pathlib import Path

import pytest

import robustbench_cells
from robustbench_cells.cli.main import main
from tests.conftest import REPOSITORY

PAGES = sorted(
    page.relative_to(REPOSITORY).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "models/*.md", "reports/*.md", "examples/*/*.md")
    for page in REPOSITORY.glob(pattern)
)
CURRENT = [page for page in PAGES if page != "CHANGELOG.md"]  # which names what was, too
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"(?:\brobustbench-cells|-m robustbench_cells)[ .](?=[a-z])([^\n`#]*)")
FILE = re.compile(r"(?<![\w/.-])(?:tests|benchmarks|robustbench_cells|docs)/[\w./-]*")


def text_of(page: str) -> str:
    return (REPOSITORY / page).read_text(encoding="utf-8")


def python_blocks(page: str) -> list[str]:
    return [code for language, code in FENCE.findall(text_of(page)) if language == "python"]


def anchors_of(page: Path) -> set[str]:
    """GitHub's anchors of the headings."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def run_code(code: str, folder: Path = REPOSITORY) -> str:
    """What a block prints, run in a process of its own: it may register plug-ins."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "MPLBACKEND": "agg"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_are_pages() -> None:
    assert {"README.md", "SECURITY.md", "docs/README.md", "docs/gate/README.md", "models/README.md"} < set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_links_and_pictures_resolve(page: str) -> None:
    here = REPOSITORY / page
    for target in LINK.findall(text_of(page)):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        there = here.parent / path if path else here
        assert there.exists(), target
        assert not anchor or anchor in anchors_of(there), target


def test_every_page_of_the_docs_is_in_their_index() -> None:
    links = set(LINK.findall(text_of("docs/README.md")))
    pages = {path.relative_to(REPOSITORY / "docs").as_posix() for path in (REPOSITORY / "docs").rglob("*.md")}
    assert pages - {"README.md"} <= links


@pytest.fixture(scope="module")
def pytest_help() -> str:
    command = [sys.executable, "-m", "pytest", "--help"]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("page", CURRENT)
def test_options_and_ini_keys_exist(page: str, pytest_help: str) -> None:
    options = set(re.findall(r"--rb-[a-z-]+\b", text_of(page)))
    keys = set(re.findall(r"\brb_[a-z_]+(?= ?=)", text_of(page)))
    assert options <= set(re.findall(r"^ +(--rb-[a-z-]+)", pytest_help, re.MULTILINE))
    takes_a_value = "|".join(re.findall(r"^ +(--rb-[a-z-]+)[= ]\S", pytest_help, re.MULTILINE))
    assert not re.search(rf"(?:{takes_a_value}) [\w./{{]", text_of(page)), (
        "pytest takes a value after a space for a path"
    )
    assert keys <= set(re.findall(r"^ +(rb_[a-z_]+) \(", pytest_help, re.MULTILINE))


@pytest.mark.parametrize("page", CURRENT)
def test_commands_and_their_options_exist(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMAND.findall(re.sub(r"\\\n\s*", " ", text_of(page))):
        words = shlex.split(command)
        names = list(takewhile(lambda word: not word.startswith("-"), words))
        with pytest.raises(SystemExit) as stopped:
            main([*names, "--help"])
        shown = capsys.readouterr()
        assert stopped.value.code == 0, command + shown.err
        for option in (word for word in words if re.match(r"--?[a-z]", word)):
            assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", shown.out), f"{command}: {option}"


@pytest.mark.parametrize("page", CURRENT)
def test_files_exist(page: str) -> None:
    missing = [name for name in FILE.findall(text_of(page)) if not (REPOSITORY / name.rstrip(".")).exists()]
    assert not missing


@pytest.mark.parametrize("page", CURRENT)
def test_public_names_exist(page: str) -> None:
    code = "\n".join(python_blocks(page))
    names = re.findall(r"\brb\.(\w+)", code) + re.findall(r"`robustbench_cells\.(\w+)\(", text_of(page))
    assert [name for name in names if name not in robustbench_cells.__all__] == []


def test_extras_exist_and_are_in_the_readme() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {page: set(re.findall(r"(?:robustbench-cells|…)\[([\w-]+)\]", text_of(page))) for page in PAGES}
    assert set().union(*named.values()) <= set(project["optional-dependencies"])
    assert set(project["optional-dependencies"]) - {"core-test", "dev", "test"} <= named["README.md"]


def test_contributing_lists_the_folders() -> None:
    package = Path(robustbench_cells.__file__).parent
    entries = {path.name for path in package.iterdir() if path.is_dir() or path.suffix == ".py"}
    layout = text_of("CONTRIBUTING.md").partition("## Layout")[2].partition("\n## ")[0]
    doors = {"__init__.py", "__main__.py", "__pycache__", "report.py", "train.py"}
    assert [name for name in sorted(entries - doors) if f"`{name.removesuffix('.py')}" not in layout] == []


def test_the_readme_is_short() -> None:
    assert len(text_of("README.md").splitlines()) < 200


NOTEBOOK = """
import numpy as np
import robustbench_cells as rb

frames = rb.open_dataset("synthetic", frames=2)
samples = [frames.read(name) for name in frames.frames]
images, labels = np.stack([one.image for one in samples]), np.stack([one.labels for one in samples])


def predict(images):
    return images > 150


grid = {"noise": [0, 50, 200], "cell_size": None}
models = {"mine": predict, "old": "unet_original"}
rb.benchmark(models, rb.from_arrays(images, labels), grid, cache="records.sqlite").save("baseline")
"""


def test_the_api_of_the_pages_runs(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="needs the extra 'keras'")
    pages = ("README.md", "docs/python.md")
    blocks = [code for page in pages for code in python_blocks(page) if "robustbench_cells" in code]
    assert len(blocks) == 3
    printed = run_code("\n".join([NOTEBOOK, *blocks, "print(gate.status)"]), tmp_path)
    assert "'jaccard': 0." in printed
    assert printed.splitlines()[-1] == "pass"
    assert (tmp_path / "reports" / "index.html").exists()


def test_the_artefact_of_contributing_registers() -> None:
    (code,) = python_blocks("CONTRIBUTING.md")
    assert "fading" in run_code(f"{code}\nprint(ARTEFACTS.names())")


def collected(*arguments: str) -> list[str]:
    command = [sys.executable, "-m", "pytest", *arguments, "--collect-only", "-q"]
    found = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    return [line for line in found.splitlines() if "::" in line]


def test_the_benchmark_is_the_grid_alone_and_timings_run_where_they_are_named() -> None:
    pytest.importorskip("tensorflow", reason="needs the extra 'keras'")  # the shipped models are in the grid
    grid = collected("benchmarks/")
    assert {test.partition("::")[0] for test in grid} == {"benchmarks/test_robustness.py"}
    assert f"({len(grid)} tests, " in " ".join(text_of("docs/speed.md").split())
    assert collected("benchmarks/test_speed.py", "-k", "report") == [
        "benchmarks/test_speed.py::test_report_of_100_000_records"
    ]
