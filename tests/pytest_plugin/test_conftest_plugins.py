"""Plug-ins that a suite registers in its own ``conftest.py``: the one that docs/plugins.md shows."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from robustbench_cells.artefacts import Artefact
from robustbench_cells.testing import check_artefact
from tests.conftest import REPOSITORY
from tests.support.pytest_runs import WITHOUT_FIGURES, records

CONFTEST, SUITE = re.findall(r"```python\n(.*?)```", (REPOSITORY / "docs" / "plugins.md").read_text(), re.DOTALL)
LOOKED_UP_BEFORE = CONFTEST.replace("\n\n\n@ARTEFACTS", "\n\nassert 'noise' in ARTEFACTS\n\n\n@ARTEFACTS")
METRIC = '''
from robustbench_cells.metrics import METRICS, Metric


@METRICS.register
class Missed(Metric):
    """Cell pixels that are missed, in a patch."""

    name, version, pooled, best = "overlooked", 1, "mean", "lowest"

    def score(self, comparison):
        return (comparison.actual - comparison.true_positives).astype(float)
'''
TEST = """
from robustbench_cells.artefacts import ARTEFACTS


def test_robustness(rb_outcome):
    assert rb_outcome.sound


def test_fading_comes_from_here():
    print("origin:", ARTEFACTS.origin("fading"))
"""


def bench(folder: Path, *arguments: str, code: int = 0) -> str:
    options = (
        "--rb-model",
        "dog_otsu",
        "--rb-frames",
        "1",
        "-k",
        "dog_otsu and (clean or fading) or comes",
        *arguments,
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-rP", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("conftest", "options"),
    [(CONFTEST, ("-n", "2", *WITHOUT_FIGURES)), (LOOKED_UP_BEFORE, ())],
    ids=["before the others are found, in workers", "after the others are found"],
)
def test_an_artefact_in_a_conftest_is_in_the_grid(tmp_path: Path, conftest: str, options: tuple[str, ...]) -> None:
    (tmp_path / "conftest.py").write_text(conftest + METRIC, encoding="utf-8")
    (tmp_path / "test_own.py").write_text(TEST)
    shown = bench(tmp_path, *options)
    assert "6 passed" in shown
    digest = hashlib.sha256((tmp_path / "conftest.py").read_bytes()).hexdigest()
    assert f"origin: conftest {digest[:16]}\n" in shown
    found = records(tmp_path)
    assert sorted(set(found["artefact"] + found["intensity"].map(" {:g}".format))) == [
        "clean 0",
        *(f"fading {factor}" for factor in ("0.25", "0.5", "0.75", "1")),
    ]
    assert (found["overlooked"] >= 0).all()
    assert (tmp_path / "reports" / "figures" / "overlooked.svg").exists() == (WITHOUT_FIGURES[1] not in options)


def test_a_conftest_beside_its_tests_is_found_as_they_are_collected(tmp_path: Path) -> None:
    folder = tmp_path / "robustness" / "suite"
    folder.mkdir(parents=True)
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (folder / "test_own.py").write_text(TEST)
    digest = hashlib.sha256((folder / "conftest.py").read_bytes()).hexdigest()
    shown = bench(tmp_path, "--import-mode", "importlib", *WITHOUT_FIGURES)
    assert "6 passed" in shown
    assert re.search(rf"^origin: robustness\.suite\.conftest {digest[:16]}$", shown, re.MULTILINE)


def test_a_name_that_is_taken_ends_the_run_and_names_both(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST.replace('"fading"', '"noise"'), encoding="utf-8")
    (tmp_path / "test_own.py").write_text(TEST)
    shown = bench(tmp_path, code=4)
    assert re.search(
        r"artefact 'noise' is registered twice: by robustbench_cells\.artefacts\.\w+\.noise\.Noise "
        r"\(robustbench_cells\) and by conftest\.Fading \(conftest [0-9a-f]{16}\); give one of them another name",
        shown,
    )


def test_the_page_s_artefact_passes_the_contract_suite_as_shown() -> None:
    names: dict[str, object] = {"__name__": "tests.shown"}
    exec(CONFTEST.replace("@ARTEFACTS.register\n", ""), names)  # noqa: S102 - our own page
    exec(SUITE, names)  # noqa: S102
    artefact = vars(names["TestFading"])["artefact"]
    assert isinstance(artefact, names["Fading"])  # type: ignore[arg-type]
    assert Artefact in type(artefact).__mro__
    check_artefact(artefact)
