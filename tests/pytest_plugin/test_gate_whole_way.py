"""A lab's whole way: seeds of a recipe, a plan, candidates, and a new baseline."""

from __future__ import annotations

import pytest

from tests.support.commands import gate as gate_command
from tests.support.gate_repository import GRID, JUDGED, WORSE, Repository

SEED = "found = 1 / (1 + np.exp(-(images - {level}) / 6))"  # another level for each training


def test_from_three_seeds_to_a_new_baseline(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    for name, level in (("runs/2", 112), ("runs/3", 118)):  # the model in use has 115
        repository.set_model(SEED.format(level=level))
        code, output = repository.pytest("robustness", *GRID, f"--rb-reports={name}")
        assert code == 0, output
    assert gate_command(["--plan", "baseline", "runs/2", "runs/3"]) == 0
    assert "wrote baseline/spread.toml" in capsys.readouterr().out
    spread = (repository.path / "baseline" / "spread.toml").read_bytes()

    repository.set_model(WORSE)
    code, output = repository.pytest("robustness", *JUDGED, "--rb-accept")
    assert code == 1, output
    assert "not accepted" in output

    repository.set_model(SEED.format(level=117))
    code, output = repository.pytest("robustness", *JUDGED)
    assert code == 0, output
    assert "no axis of model:predict is worse than what retraining alone does (3 seeds)" in output
    assert gate_command(["--accept"]) == 0
    assert "-noise" in capsys.readouterr().out
    assert (repository.path / "baseline" / "spread.toml").read_bytes() == spread

    code, output = repository.pytest("robustness", *JUDGED)  # the model in use itself
    assert code == 0, output
    repository.set_model(SEED.format(level=114))
    code, output = repository.pytest("robustness", *JUDGED, "--rb-accept")
    assert code == 0, output
    assert "(3 seeds)" in output
    assert "accepted: baseline holds the results of reports" in output
