"""What is published: built, and used from an empty folder by the five lines of a stranger."""

from __future__ import annotations

import ast
import email
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from robustbench_cells.models.loading import shipped_models
from tests.conftest import REPOSITORY
from tests.support.extras import needs

EXAMPLE = REPOSITORY / "examples" / "your_own_model"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source distribution, and the wheel that is made from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(REPOSITORY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_wheel_holds_the_package_and_the_weights_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in shipped_models():
        assert f"robustbench_cells/models/shipped/{name}.keras" in names
        assert f"robustbench_cells/models/shipped/{name}.toml" in names
    assert "robustbench_cells/reporting/page/page.css" in names
    assert {name.split("/")[0] for name in names} - {"robustbench_cells"} == {
        next(name.split("/")[0] for name in names if ".dist-info" in name)
    }
    assert wheel.stat().st_size < 15_000_000


def test_the_source_distribution_holds_what_builds_and_tests_it(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "benchmarks/test_robustness.py", "tests/conftest.py"} <= names
    assert not any(name.endswith((".sqlite", ".tif")) or ".venv" in name for name in names)


@needs("keras")
def test_five_lines_in_an_empty_folder(built: Path, tmp_path: Path) -> None:
    """The wheel alone on the path, with the libraries that it needs; the checkout is nowhere on it."""
    (wheel,) = built.glob("*.whl")
    installed, folder = tmp_path / "installed", tmp_path / "empty"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(installed)]
    subprocess.run([*pip, str(wheel)], check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    shutil.copytree(EXAMPLE, folder)
    assert len((folder / "test_mine.py").read_text().splitlines()) <= 5
    path = os.pathsep.join((str(installed), sysconfig.get_paths()["purelib"]))
    python = str(tmp_path / "venv" / "bin" / "python")
    where = [python, "-c", "import robustbench_cells; print(robustbench_cells.__file__)"]
    command = [python, "-m", "pytest", "-p", "no:randomly", "--rb-frames", "1"]
    environment = {**os.environ, "PYTHONPATH": path}
    shown = subprocess.run(where, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout
    assert shown.startswith(str(installed))
    done = subprocess.run(
        [*command, "-k", "clean"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    assert (folder / "reports" / "index.html").exists()


COMES_WITH = {  # what these need to work, and what a module is part of
    "bioimageio": "bioimageio.core",
    "csbdeep": "stardist",
    "google": "onnx",
    "markupsafe": "jinja2",
    "ruyaml": "bioimageio.core",
}


def test_every_library_that_is_imported_is_asked_for(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    archive = zipfile.ZipFile(wheel)
    metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    lines = email.message_from_bytes(archive.read(metadata)).get_all("Requires-Dist", [])
    needed = [Requirement(line) for line in lines if not re.search("extra == '(core-test|dev|test)'", line)]
    asked = {canonicalize_name(requirement.name) for requirement in needed}
    provided = packages_distributions()
    for name in (name for name in archive.namelist() if name.endswith(".py")):
        for module in _imported(ast.parse(archive.read(name))) - sys.stdlib_module_names - {"robustbench_cells"}:
            names = {*provided.get(module, ()), COMES_WITH.get(module, module)}
            assert asked & set(map(canonicalize_name, names)), f"{name} imports {module}"


def _imported(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return found
