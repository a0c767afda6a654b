"""The gate as CI runs it: pytest in a process of its own, beside a baseline."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.support.pytest_runs import QUICK_PAPER, bench, breaking_model, own_suite, records, worse_model


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("baseline")
    bench(folder, *QUICK_PAPER, "--rb-frames", "8", "--rb-model", "dog_otsu")
    return folder / "reports"


def gated(folder: Path, baseline: Path, *arguments: str, code: int) -> str:
    store = str(baseline / "records.sqlite")
    return bench(folder, "--rb-store", store, "--rb-baseline", str(baseline), *arguments, code=code)


def candidate(model: str) -> tuple[str, ...]:
    """Options that compare a model with the baseline's."""
    return ("--rb-model", model, "--rb-trust-model", "--rb-against", f"{model}=dog_otsu")


def test_the_gate_passes_what_is_no_worse(tmp_path: Path, baseline: Path) -> None:
    output = gated(tmp_path, baseline, "--rb-model", "dog_otsu", "--junitxml", "junit.xml", code=0)
    assert "PASS   no axis of dog_otsu is worse than the tolerance allows" in output
    assert "decisions: 12 holds" in output
    assert "PASS" in (tmp_path / "reports" / "gate.md").read_text()
    assert "clean = cell_size-1" in (tmp_path / "reports" / "gate.md").read_text()
    junit = (tmp_path / "junit.xml").read_text()
    assert '<property name="gate" value="holds"' in junit
    for criterion in ("area", "jaccard"):
        assert f'<testcase classname="gate.dog_otsu" name="{criterion}"' in junit
    assert 'errors="0" failures="0" skipped="0" tests="22"' in junit
    assert '<property name="gate jaccard dog_otsu-noise-50" value="holds: +0.0000' in junit


def test_the_gate_stops_what_is_worse(tmp_path: Path, baseline: Path) -> None:
    arguments = (*candidate(worse_model(tmp_path)), "-k", "noise or illumination")
    output = gated(tmp_path, baseline, *arguments, "--junitxml", "junit.xml", code=1)
    assert "FAIL   the candidate is significantly worse" in output
    assert re.search(r"FAILED \S*gate::worse:predict::jaccard - FAIL: ", output)  # as seen from where pytest was called
    assert "2 failed, 12 passed" in output
    assert 'errors="0" failures="2" skipped="0" tests="14"' in (tmp_path / "junit.xml").read_text()
    assert "of the part that ran" in output
    assert "jaccard worse:predict-illumination-1000" in output
    assert "not covered: worse:predict-cell_size-0.5" in output


@pytest.mark.parametrize(
    ("option", "code", "counts"),
    [((), 8, "1 failed, 3 passed"), (("--rb-inconclusive", "pass"), 0, "3 passed, 1 skipped")],
)
def test_the_gate_says_when_the_frames_cannot_tell(
    option: tuple[str, ...], code: int, counts: str, tmp_path: Path, baseline: Path
) -> None:
    arguments = (*candidate("nlm_otsu"), "-k", "noise-0", *option)
    output = gated(tmp_path, baseline, *arguments, code=code)
    assert "INCONCLUSIVE   too few frames" in output
    assert counts in output


def test_a_run_that_stops_early(tmp_path: Path) -> None:
    few = ("--rb-profile", "quick", "--rb-split", "train", "--rb-frames", "12", "--rb-model", "dog_otsu")
    few = (*few, "-k", "noise-0")
    bench(tmp_path, *few, "--rb-reports", "whole")
    options = (*few, "--rb-baseline", "whole", "--rb-sequential")
    saved = "decided on 36 of 72 patches: 50% of the forward passes were not needed"
    output = bench(tmp_path, *options)
    assert saved in output
    assert "54 records: 54 computed" in output  # the background's too
    assert json.loads((tmp_path / "reports" / "run.json").read_text())["settings"]["sequential"]
    kept = records(tmp_path)
    assert saved in bench(tmp_path, *options, "-n", "2", "--rb-store", "whole/records.sqlite")  # which has all
    pd.testing.assert_frame_equal(records(tmp_path), kept)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rb-model", "dog_otsu", "--rb-inconclusive", "maybe"), "inconclusive: 'maybe' must be fail or pass"),
        (("--rb-model", "dog_otsu", "--rb-baseline", ""), "--rb-baseline: is empty"),
        (("--rb-model", "nothing.keras", "--rb-baseline", "absent"), "absent/run.json: no stored results"),
        (("--rb-model", "dog_otsu", "--rb-block", "0"), "block 0 contradicts the baseline, which ran with block 1"),
        (("--rb-model", "dog_otsu", "--rb-frames", "4"), "frames 4 contradicts the baseline, which ran with frames 8"),
        (("--rb-model", "dog_otsu", "-k", "nothing"), "no test of the grid is left to be judged"),
        (("--rb-model", "dog_otsu", "--rb-seed=1"), "seed 1 contradicts the baseline, which ran with seed 0"),
        (
            ("--rb-model", "dog_otsu", "--rb-profile=default"),
            "profile default contradicts the baseline, which ran with profile quick",
        ),
        (
            ("--rb-model", "dog_otsu", "--rb-artefact=noise=51"),
            "artefact noise=51 contradicts the baseline, which ran with noise=0,50,200",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused_before_the_run(
    arguments: tuple[str, ...], words: str, refused: Callable[..., str], tmp_path: Path, baseline: Path
) -> None:
    output = refused(f"--rb-baseline={baseline}", f"--rb-store={baseline / 'records.sqlite'}", *arguments)
    assert words in output
    assert not list(tmp_path.glob("reports/*"))


def test_what_cannot_be_judged_is_refused_with_workers(tmp_path: Path, baseline: Path) -> None:
    output = gated(tmp_path, baseline, "--rb-model", "dog_otsu", "-k", "nothing", "-n", "1", code=4)
    assert "no test of the grid is left to be judged" in output
    assert not list(tmp_path.glob("reports/*.json"))


def test_baseline_is_not_overwritten(refused: Callable[..., str], tmp_path: Path, baseline: Path) -> None:
    shutil.copytree(baseline, tmp_path / "reports")
    before = (tmp_path / "reports" / "run.json").read_bytes()
    assert "this run may overwrite it" in refused("--rb-model=dog_otsu", "--rb-baseline=reports")
    assert (tmp_path / "reports" / "run.json").read_bytes() == before


@pytest.mark.parametrize(
    "option", ["--rb-gate=recall", "--rb-against=a=b", "--rb-inconclusive=pass", "--rb-sequential"]
)
def test_what_is_for_judging_needs_a_baseline(option: str, refused: Callable[..., str]) -> None:
    output = refused("--rb-model", "dog_otsu", "-k", "clean", "--rb-frames", "1", option)
    assert f"{option.partition('=')[0]}: nothing is judged without --rb-baseline" in output


def test_workers_judge_a_suite_of_ones_own_too(tmp_path: Path, baseline: Path) -> None:
    arguments = (*candidate(worse_model(tmp_path)), "-k", "illumination-1000")
    done = own_suite(tmp_path, *arguments, "--rb-baseline", str(baseline), "-n", "2")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "2 failed, 4 passed" in done.stdout
    assert "decisions: 2 regresses, of the part that ran" in done.stdout


def test_a_failed_test_leaves_no_verdict(tmp_path: Path, baseline: Path) -> None:
    arguments = (*candidate(breaking_model(tmp_path)), "--rb-model", "dog_otsu", "-k", "clean")
    output = gated(tmp_path, baseline, *arguments, code=1)
    assert "tests of the candidate failed: breaks:predict-clean" in output
    assert "no verdict" in output
    assert output.rstrip().splitlines()[-1].startswith("gate: no verdict: the candidate cannot be compared")
    assert (tmp_path / "reports" / "gate.md").read_text().startswith("# NO VERDICT")


def test_no_verdict_outlives_its_results(tmp_path: Path, baseline: Path) -> None:
    gated(tmp_path, baseline, "--rb-model", "dog_otsu", "-k", "clean", code=0)
    assert (tmp_path / "reports" / "gate.md").exists()
    bench(tmp_path, "--rb-frames", "1", "--rb-model", "dog_otsu", "-k", "clean")
    assert not (tmp_path / "reports" / "gate.md").exists()


def test_what_cannot_be_judged_after_all_is_no_failure_of_the_model(
    tmp_path: Path, baseline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    arguments = ("--rb-model", "dog_otsu", "-k", "noise", "--rb-gate", "break_point", "--junitxml", "junit.xml")
    output = gated(tmp_path, baseline, *arguments, code=4)
    assert "the conditions that ran give no break_point of dog_otsu" in output
    assert "# NO VERDICT" in (tmp_path / "summary.md").read_text()
    assert '<property name="gate" value="none: ' in (tmp_path / "junit.xml").read_text()


def test_a_summary_that_cannot_be_written_costs_no_verdict(
    tmp_path: Path, baseline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "/nowhere/summary.md")
    output = gated(tmp_path, baseline, "--rb-model", "dog_otsu", "-k", "clean", code=0)
    assert "warning: /nowhere/summary.md (from GITHUB_STEP_SUMMARY) cannot be written to" in output
    assert "\ngate: PASS" in output


def test_an_interrupted_run_has_no_verdict(tmp_path: Path, baseline: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import pytest\n\n\ndef pytest_runtest_setup(item):\n    if 'noise-50' in item.name:\n"
        "        raise KeyboardInterrupt\n"
    )
    done = own_suite(tmp_path, "--rb-model", "dog_otsu", "--rb-baseline", str(baseline), "-p", "no:randomly")
    assert done.returncode == 2
    assert "gate: no verdict: the run was interrupted; the same command resumes it" in done.stdout
    assert (tmp_path / "reports" / "gate.md").read_text().startswith("# NO VERDICT")


def test_run_with_a_baseline_covers_what_the_baseline_ran(tmp_path: Path) -> None:
    grid = ("--rb-artefact=noise=7,70", "--rb-artefact=illumination")
    made = ("--rb-model=dog_otsu", "--rb-profile=quick", "--rb-frames=3", "--rb-seed=5", "--rb-block=2", *grid)
    bench(tmp_path, *made, f"--rb-reports={tmp_path / 'baseline'}")
    output = bench(tmp_path, "--rb-model=dog_otsu", "--rb-baseline=baseline")
    assert "of the part that ran" not in output
    old, new = (pd.read_csv(tmp_path / name / "patches.csv.gz") for name in ("baseline", "reports"))
    assert old.equals(new)
    runs = [json.loads((tmp_path / name / "run.json").read_text()) for name in ("baseline", "reports")]
    assert runs[0]["settings"] == runs[1]["settings"]


@pytest.mark.parametrize("grid", [("noise",), ("noise=50", "cell_size"), ("illumination=0,4000",)])
def test_part_of_the_baselines_grid_is_judged_and_the_rest_named(
    grid: tuple[str, ...], tmp_path: Path, baseline: Path
) -> None:
    chosen = [f"--rb-artefact={one}" for one in grid]
    output = gated(tmp_path, baseline, "--rb-model", "dog_otsu", *chosen, code=0)
    assert "of the part that ran" in output
    assert "not covered: dog_otsu-" in output
