"""The gate with several baselines, from the models to the verdict."""

from __future__ import annotations

import pytest

from tests.support.gate_repository import GRID, JUDGED, Repository

SEED = "found = 1 / (1 + np.exp(-(images - {level}) / 6))"  # another level for each training


@pytest.mark.parametrize("by_ini", [False, True], ids=["options", "ini file"])
def test_seeds_of_a_recipe_excuse_what_retraining_does(by_ini: bool, repository: Repository) -> None:
    names = ["baseline", "runs/2", "runs/third one"]
    for name, level in zip(names[1:], (112, 118), strict=True):
        repository.set_model(SEED.format(level=level))
        code, output = repository.pytest("robustness", *GRID, f"--rb-reports={name}")
        assert code == 0, output
    seeds = [f"--rb-baseline={name}" for name in names[1:]]
    if by_ini:
        lines = "".join(f"    {name}\n" for name in names)
        repository.write("pytest.ini", f"[pytest]\nrb_reports = reports\nrb_baseline =\n{lines}")
        judged = ("robustness", "--rb-model=model:predict", "--rb-trust-model")
    else:
        judged = ("robustness", *JUDGED, *seeds)
    for change, code, words in (
        (
            SEED.format(level=117),
            0,
            "gate: PASS   no axis of model:predict is worse than what retraining alone does (3 seeds)",
        ),
        ("found[:, ::2] = 0", 1, "gate: FAIL"),
        (SEED.format(level=118), 4, "a model is no evidence about itself"),
    ):
        repository.set_model(change)
        given, output = repository.pytest(*judged)
        assert given == code, output
        assert words in output
