"""``--rb-accept``: the run becomes the baseline where the gate passes, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.gate_repository import JUDGED, SAME, WORSE, Repository

BETTER = "found = 1 / (1 + np.exp(-(images - 117) / 6))"


def stored(repository: Repository, folder: str) -> dict[str, bytes]:
    return {name: (repository.path / folder / name).read_bytes() for name in ("run.json", "patches.csv.gz")}


def test_a_run_that_passes_becomes_the_baseline(repository: Repository) -> None:
    before = stored(repository, "baseline")
    repository.set_model(BETTER + "; found[:, 0, 0] = 0")
    code, output = repository.pytest("robustness", *JUDGED, "--rb-gate=area=0.2", "--rb-accept")
    assert code == 0, output
    assert "accepted: baseline holds the results of reports" in output
    assert stored(repository, "baseline") == stored(repository, "reports") != before
    assert stored(repository, "baseline/previous") == before
    code, output = repository.pytest("robustness", *JUDGED)
    assert code == 0, output


@pytest.mark.parametrize("how", ["the model", "another test", "inconclusive"])
def test_a_run_that_does_not_pass_leaves_the_baseline(how: str, repository: Repository) -> None:
    before = stored(repository, "baseline")
    options: tuple[str, ...] = ()
    if how == "the model":
        repository.set_model(WORSE)
    elif how == "another test":
        repository.write("robustness/test_other.py", "def test_fails():\n    assert False\n")
    else:
        repository.set_model(BETTER)
        options = ("--rb-gate=jaccard=0", "--rb-gate=area=0", "--rb-inconclusive=pass")
    code, output = repository.pytest("robustness", *JUDGED, *options, "--rb-accept")
    assert code == (how != "inconclusive"), output
    assert "not accepted: baseline stays as it is, since the run does not pass" in output
    assert stored(repository, "baseline") == before


def test_a_part_of_the_grid_is_no_baseline(repository: Repository) -> None:
    before = stored(repository, "baseline")
    code, output = repository.pytest("robustness", *JUDGED, "--rb-accept", "-k", "clean")
    assert code == 4, output
    assert "not accepted: " in output
    assert "of the 4 tests of its grid" in output
    assert stored(repository, "baseline") == before


def test_a_baseline_that_cannot_be_replaced_is_an_error(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, target: Path) -> None:
        raise OSError(13, "Permission denied")

    before = stored(repository, "baseline")
    monkeypatch.setattr(Path, "rename", fail)
    code, output = repository.pytest("robustness", *JUDGED, "--rb-accept")
    assert code == 4, output
    assert "Permission denied" in output
    assert stored(repository, "baseline") == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--rb-model=model:predict", "--rb-trust-model", "--rb-accept"), "nothing is judged without --rb-baseline"),
        ((*JUDGED, "--rb-sequential", "--rb-accept"), "a baseline needs all frames"),
    ],
)
def test_it_needs_a_baseline_and_all_frames(options: tuple[str, ...], message: str, repository: Repository) -> None:
    repository.set_model(SAME)
    code, output = repository.pytest("robustness", *options)
    assert code == 4, output
    assert message in output
