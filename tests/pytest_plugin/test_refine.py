"""``--rb-refine``, in processes of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from tests.support.pytest_runs import bench

_GRID = ("--rb-model=dog_otsu", "--rb-frames=4", "--rb-artefact=noise=0,200")


def test_refinement_follows_the_tests_and_a_candidate_follows_the_baseline(tmp_path: Path) -> None:
    output = bench(tmp_path, *_GRID, "--rb-refine")
    assert "6 passed" in output
    reports = tmp_path / "reports"
    run = json.loads((reports / "run.json").read_text())
    added = run["settings"]["refined"]["noise"]
    assert run["settings"]["grids"] == {"noise": [0.0, 200.0]}
    assert (run["tests"]["ran"], run["tests"]["grid"]) == (6, 6)
    brackets = pd.read_csv(reports / "break_points.csv")
    assert {*brackets["low"], *brackets["high"]} <= {0, 200, *added}
    assert (brackets["high"] - brackets["low"] < 200).all()
    assert f"brackets refined at {len(added)} intensities" in (reports / "leaderboard.md").read_text()
    assert "all cached" in bench(tmp_path, *_GRID, "--rb-refine", "-n", "2")
    assert json.loads((reports / "run.json").read_text())["settings"]["refined"]["noise"] == added

    reports.rename(tmp_path / "baseline")
    output = bench(tmp_path, "--rb-model=dog_otsu", "--rb-baseline=baseline", "--rb-gate=break_point")
    assert "gate: PASS" in output
    candidate = json.loads((reports / "run.json").read_text())
    assert (candidate["tests"]["ran"], candidate["tests"]["grid"]) == (2 * (3 + len(added)),) * 2
    assert candidate["settings"]["refined"]["noise"] == added
    assert candidate["settings"]["grids"] == {"noise": [0.0, 200.0]}
    assert "both are interpolated; the baseline falls between" in (reports / "gate.md").read_text()


def test_a_baseline_without_refinement_is_not_refined(tmp_path: Path) -> None:
    bench(tmp_path, *_GRID)
    (tmp_path / "reports").rename(tmp_path / "baseline")
    output = bench(tmp_path, "--rb-model=dog_otsu", "--rb-baseline=baseline", "--rb-refine", code=4)
    assert "refine contradicts the baseline, which ran with its grid alone; leave it out" in output


def test_a_model_that_fails_between_the_intensities_of_the_grid_fails_the_run(tmp_path: Path) -> None:
    (tmp_path / "moody.py").write_text(
        "def predict(images):\n"
        "    spread = float(abs(images[:, 1:] - images[:, :-1]).mean())\n"
        "    if len(images) > 8 and 15 < spread < 33:\n"
        "        raise RuntimeError('not in this mood')\n"
        "    return (images > 150).astype('float32')\n"
    )
    model = ("--rb-model=moody:predict", "--rb-trust-model", "--rb-frames=4", "--rb-artefact=noise=0,200")
    bench(tmp_path, *model)
    output = bench(tmp_path, *model, "--rb-refine", code=1)
    assert "moody:predict-noise-100 failed (" in output
    assert "not in this mood" in output
