"""The contract suite as plug-in authors use it."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import robustbench_cells.testing
from robustbench_cells.testing.artefacts import ARTEFACT_RULES


@pytest.mark.parametrize("module", [one.name for one in pkgutil.iter_modules(robustbench_cells.testing.__path__)])
def test_the_examples_in_the_docstrings_run(module: str) -> None:
    found = doctest.testmod(importlib.import_module(f"robustbench_cells.testing.{module}"))
    assert found.failed == 0
    assert doctest.testmod(robustbench_cells.testing).attempted == 2


SUITE = """
import numpy as np
import pytest
from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.datasets.sources import SOURCES
from robustbench_cells.metrics import METRICS
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.testing import *
from robustbench_cells.training.recipes import RECIPES

class TestArtefact(ArtefactContract):
    artefact = ARTEFACTS.get("noise")

class TestBaseline(BaselineContract):
    baseline = BASELINES.get("background")

class TestDatasetSource(DatasetSourceContract):
    source = SOURCES.get("npz")

    @pytest.fixture
    def where(self, tmp_path):
        np.savez(tmp_path / "frames.npz", images=np.eye(64)[None] * 200, labels=np.eye(64, dtype=np.uint8)[None])
        return str(tmp_path / "frames.npz")

class TestMetric(MetricContract):
    metric = METRICS.get("recall")

class TestRecipe(RecipeContract):
    recipe = RECIPES.get("original")

def test_what_is_imported():
    import sys
    assert not {"hypothesis", "tensorflow", "keras"} & set(sys.modules)
"""


def test_a_class_has_a_test_for_each_rule_and_needs_pytest_and_numpy_alone(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(SUITE)
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:randomly", "-p", "no:hypothesispytest", "test_mine.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "TestArtefact::test_contract[transforms_image_and_labels_together] PASSED" in done.stdout
    for kind in ("Artefact", "Baseline", "DatasetSource", "Metric", "Recipe"):
        assert f"Test{kind}::test_contract[declares_what_it_is] PASSED" in done.stdout


def test_a_class_fails_by_the_rule_that_is_broken(tmp_path: Path) -> None:
    code = (
        "from robustbench_cells.artefacts import ARTEFACTS\nfrom robustbench_cells.testing import ArtefactContract\n\n"
        "class Shaky(type(ARTEFACTS.get('noise'))):\n    '''Noise.'''\n    version = 0\n\n"
        "class TestShaky(ArtefactContract):\n    artefact = Shaky()\n"
    )
    (tmp_path / "test_mine.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "test_mine.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "FAILED test_mine.py::TestShaky::test_contract[declares_what_it_is]" in done.stdout
    assert "AssertionError: noise: version 0; a whole number from 1 up is needed" in done.stdout
    assert f"1 failed, {len(ARTEFACT_RULES) - 1} passed" in done.stdout
