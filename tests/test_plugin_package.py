"""The example of a plug-in package: built, installed into an environment of its own, and used from there."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.support.plugins import install_plugin

EXAMPLE = REPOSITORY / "examples" / "plugin_package"
SUITE = "def test_robustness(rb_outcome):\n    assert rb_outcome.sound\n"
BROKEN = {"robustbench_cells.artefacts": ["fog = fog:Fog"], "robustbench_cells.metrics": ["fog = fog"]}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with the package's wheel in its own folder, and a broken package; the libraries are lent to it."""
    folder = tmp_path_factory.mktemp("plugin")
    shutil.copytree(EXAMPLE, folder / "source")
    build = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        str(folder),
        str(folder / "source"),
    ]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    show = [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]
    site = Path(subprocess.run(show, capture_output=True, text=True, check=True).stdout.strip())
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True)
    (site / "lent.pth").write_text(f"{REPOSITORY}\n{sysconfig.get_paths()['purelib']}\n")
    install_plugin(site, "robustbench-fog", {"fog": "raise OSError('no licence file')\n"}, BROKEN)
    return python


def run(python: Path, folder: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(python), "-m", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_list_names_the_packages_and_what_is_broken(installed: Path, tmp_path: Path) -> None:
    shown = run(installed, tmp_path, "robustbench_cells", "list")
    tables, _, outside = shown.partition("Plug-ins of other packages")
    loaded, _, rest = outside.partition("Plug-ins that could not be loaded")
    broken, *warned = rest.split(f"{REPOSITORY}", 1)
    assert "0.25, 0.5, 0.75, 1" in tables
    assert "Twice the overlap of predicted and true cell pixels" in tables
    assert [line.split() for line in loaded.splitlines() if "robustbench" in line] == [
        ["artefact", "fading", "robustbench-fading", "0.1.0"],
        ["metric", "dice", "robustbench-fading", "0.1.0"],
    ]
    assert [line.split(maxsplit=4) for line in broken.splitlines() if "robustbench" in line] == [
        ["artefact", "fog", "robustbench-fog", "1.2", "OSError: no licence file"],
        ["metric", "fog", "robustbench-fog", "1.2", "OSError: no licence file"],
    ]
    assert (
        "PluginWarning: artefact 'fog' of robustbench-fog 1.2 (OSError: no licence file) cannot be loaded" in warned[0]
    )


def test_the_package_passes_its_own_contract_suite(installed: Path, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE / "tests", tmp_path / "tests")
    shown = run(installed, tmp_path, "pytest", "-v", "-p", "no:randomly", "tests/")
    assert "TestFading::test_contract[transforms_image_and_labels_together] PASSED" in shown
    assert "TestDice::test_contract[is_best_for_the_truth_itself] PASSED" in shown
    assert "test_the_installed_package_is_found PASSED" in shown


def test_the_artefact_is_in_the_grid_and_both_are_in_the_report(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "test_robustness.py").write_text(SUITE)
    grid = run(installed, tmp_path, "pytest", "--collect-only", "-q")
    assert "test_robustness.py::test_robustness[dog_otsu-fading-0.25]" in grid
    assert "-fog-" not in grid
    options = ("--rb-model", "dog_otsu", "-k", "fading or clean", "--rb-frames", "2")
    shown = run(installed, tmp_path, "pytest", *options)
    assert "10 passed" in shown
    assert "PluginWarning: artefact 'fog' of robustbench-fog 1.2 (OSError: no licence file) cannot be loaded" in shown
    with (tmp_path / "reports" / "summary.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["artefact"] for row in rows} == {"clean", "fading"}
    clean = next(row for row in rows if (row["segmenter"], row["artefact"]) == ("dog_otsu", "clean"))
    assert float(clean["jaccard"]) < float(clean["dice"]) < 1
    page = (tmp_path / "reports" / "index.html").read_text()
    assert "fading" in page
    assert "dice" in page
