"""Simulated retrainings: how often the gate is right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.gate.simulation import Retrainings, frame_scores, read_frame_scores, simulate
from tests.conftest import REPOSITORY
from tests.support.commands import simulate as simulate_command
from tests.support.gate_runs import BASELINE

STORED = sorted((REPOSITORY / "docs" / "gate").glob("*.csv"))


def make_retrainings(spread: float = 0.003, frames: int = 60) -> Retrainings:
    rng = np.random.default_rng(0)
    names = ["clean", "noise-50", "noise-200"]
    table = pd.DataFrame(
        [(name, frame, 0.8, 0.8 + rng.normal(0, spread)) for name in names for frame in range(frames)],
        columns=["condition", "frame", "first", "second"],
    )
    return Retrainings.from_frame_scores(table)


def simulated_rates(retrainings: Retrainings, **settings: int) -> dict[str, tuple[float, float, float]]:
    given = {"frames": 60, "runs": 60, "seed": 0, **settings}
    found = simulate(retrainings, tolerance=0.01, **given)
    return {one.kind: (one.passed, one.inconclusive, one.regressed) for one in found}


def test_no_drop_passes_and_a_drop_regresses() -> None:
    found = simulated_rates(make_retrainings())
    assert found["no drop"][0] > 0.95
    assert found["a drop of twice the tolerance everywhere"][2] > 0.95
    assert found["a drop of twice the tolerance at noise-50"][2] > 0.95
    assert found["a drop of the tolerance everywhere"][2] <= 0.15
    assert len(found) == 3 + 3
    assert all(sum(shares) == pytest.approx(1) for shares in found.values())


def test_early_stopping_is_as_reliable_and_saves_forward_passes() -> None:
    whole, early = ({one.kind: one for one in simulate(
        make_retrainings(), frames=60, runs=60, seed=0, tolerance=0.01, sequential=sequential
    )} for sequential in (False, True))  # fmt: skip
    for kind in ("no drop", "a drop of twice the tolerance everywhere", "a drop of twice the tolerance at clean"):
        assert whole[kind].forward_passes == 1
        assert early[kind].forward_passes < 0.5
        assert early[kind].passed == pytest.approx(whole[kind].passed, abs=0.05)
    assert early["a drop of the tolerance everywhere"].regressed <= 0.15


def test_a_single_kind_has_the_same_rates() -> None:
    whole = {one.kind: one for one in simulate(make_retrainings(), frames=60, runs=5, seed=0, tolerance=0.01)}
    only = {"frames": 60, "runs": 5, "seed": 0, "tolerance": 0.01, "only": "tolerance everywhere"}
    alone = list(simulate(make_retrainings(), **only))  # type: ignore[arg-type]
    assert [one.kind for one in alone] == [
        "a drop of the tolerance everywhere",
        "a drop of twice the tolerance everywhere",
    ]
    assert all(whole[one.kind] == one for one in alone)
    with pytest.raises(ResultsError, match="no kind of retraining contains 'rise'"):
        list(simulate(make_retrainings(), frames=60, runs=5, seed=0, tolerance=0.01, only="rise"))


def test_fewer_frames_are_inconclusive_more_often() -> None:
    many, few = (simulated_rates(make_retrainings(0.03), frames=frames)["no drop"] for frames in (60, 20))
    assert few[1] > many[1]


def test_the_same_seed_gives_the_same_rates() -> None:
    assert simulated_rates(make_retrainings(), runs=10) == simulated_rates(make_retrainings(), runs=10)


def test_a_draw_keeps_blocks_of_frames_and_conditions_together() -> None:
    retrainings = make_retrainings()
    drawn = retrainings.draw(60, np.random.default_rng(1))
    assert drawn.shape == (60, 3)
    sign = 1 if (retrainings.differences == drawn[0]).all(axis=1).any() else -1
    (place,) = np.flatnonzero((sign * retrainings.differences == drawn[0]).all(axis=1))
    np.testing.assert_array_equal(drawn[:10], sign * retrainings.differences[(place + np.arange(10)) % 60])


@pytest.mark.parametrize("path", STORED, ids=[path.stem for path in STORED])
def test_the_committed_frame_scores_are_complete(path: Path) -> None:
    table = read_frame_scores(path)
    assert table["frame"].nunique() == 60
    assert table["condition"].nunique() == 18


def test_frame_scores_round_trip_through_a_file(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="the results have no second"):
        frame_scores(BASELINE, "unet", "second")
    table = frame_scores(BASELINE, "unet", "background")
    table.to_csv(tmp_path / "scores.csv", index=False)
    pd.testing.assert_frame_equal(read_frame_scores(tmp_path / "scores.csv"), table, check_dtype=False)


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "condition,frame,first,second\nclean,0,high,1\n"])
def test_another_file_is_refused(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "scores.csv").write_text(content)
    assert simulate_command([str(tmp_path / "scores.csv")]) == 2
    assert "not a table with the columns condition, frame, first, second" in capsys.readouterr().err


def test_scores_that_are_no_jaccard_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("condition,frame,first,second\nclean,0,0.5,7\nclean,1,0.5,0.5\n")
    with pytest.raises(ResultsError, match="1 scores are no Jaccard, whose values are finite numbers from 0 to 1"):
        read_frame_scores(path)


@pytest.mark.parametrize("tolerance", ["-0.01", "nan", "inf", "1", "5"])
def test_a_tolerance_without_meaning_is_refused(tolerance: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate_command([str(next(iter(STORED))), f"--tolerance={tolerance}"]) == 2
    assert "the tolerance of jaccard is" in capsys.readouterr().err


def test_the_command_prints_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = next(iter(STORED))
    assert simulate_command([str(path), "--runs", "3", "--frames", "30"]) == 0
    printed = capsys.readouterr().out
    assert "3 retrainings of each kind, 30 frames, 18 conditions, tolerance 0.01" in printed
    assert "| no drop " in printed
