from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.gate.simulation import Retrainings, frame_scores, read_frame_scores, simulate
from tests.conftest import REPOSITORY
from tests.support.commands import simulate as command
from tests.support.gate_runs import BASELINE

STORED = sorted((REPOSITORY / "docs" / "gate").glob("*.csv"))


def made_up(spread: float = 0.003, frames: int = 60) -> Retrainings:
    rng = np.random.default_rng(0)
    names = ["clean", "noise-50", "noise-200"]
    table = pd.DataFrame(
        [(name, frame, 0.8, 0.8 + rng.normal(0, spread)) for name in names for frame in range(frames)],
        columns=["condition", "frame", "first", "second"],
    )
    return Retrainings.of(table)


def tallies(retrainings: Retrainings, **settings: int) -> dict[str, tuple[float, float, float]]:
    given = {"frames": 60, "runs": 60, "seed": 0, **settings}
    found = simulate(retrainings, tolerance=0.01, **given)
    return {tally.kind: (tally.passed, tally.inconclusive, tally.stopped) for tally in found}


def test_what_is_no_worse_passes_and_what_is_worse_does_not() -> None:
    found = tallies(made_up())
    assert found["no drop"][0] > 0.95
    assert found["a drop of twice the tolerance everywhere"][2] > 0.95
    assert found["a drop of twice the tolerance at noise-50"][2] > 0.95
    assert found["a drop of the tolerance everywhere"][2] <= 0.15
    assert len(found) == 3 + 3
    assert all(sum(shares) == pytest.approx(1) for shares in found.values())


def test_stopping_early_is_as_right_and_costs_less() -> None:
    whole, early = ({tally.kind: tally for tally in simulate(
        made_up(), frames=60, runs=60, seed=0, tolerance=0.01, sequential=sequential
    )} for sequential in (False, True))  # fmt: skip
    for kind in ("no drop", "a drop of twice the tolerance everywhere", "a drop of twice the tolerance at clean"):
        assert whole[kind].spent == 1
        assert early[kind].spent < 0.5
        assert early[kind].passed == pytest.approx(whole[kind].passed, abs=0.05)
    assert early["a drop of the tolerance everywhere"].stopped <= 0.15


def test_a_kind_alone_gives_the_same_figures() -> None:
    whole = {tally.kind: tally for tally in simulate(made_up(), frames=60, runs=5, seed=0, tolerance=0.01)}
    only = {"frames": 60, "runs": 5, "seed": 0, "tolerance": 0.01, "only": "tolerance everywhere"}
    alone = list(simulate(made_up(), **only))  # type: ignore[arg-type]
    assert [tally.kind for tally in alone] == [
        "a drop of the tolerance everywhere",
        "a drop of twice the tolerance everywhere",
    ]
    assert all(whole[tally.kind] == tally for tally in alone)
    with pytest.raises(ResultsError, match="no kind of retraining has the words 'rise'"):
        list(simulate(made_up(), frames=60, runs=5, seed=0, tolerance=0.01, only="rise"))


def test_fewer_frames_can_tell_less() -> None:
    many, few = (tallies(made_up(0.03), frames=frames)["no drop"] for frames in (60, 20))
    assert few[1] > many[1]


def test_the_same_seed_gives_the_same_figures() -> None:
    assert tallies(made_up(), runs=10) == tallies(made_up(), runs=10)


def test_a_drawn_retraining_keeps_frames_in_their_order_and_conditions_together() -> None:
    retrainings = made_up()
    drawn = retrainings.draw(60, np.random.default_rng(1))
    assert drawn.shape == (60, 3)
    sign = 1 if (retrainings.differences == drawn[0]).all(axis=1).any() else -1
    (place,) = np.flatnonzero((sign * retrainings.differences == drawn[0]).all(axis=1))
    np.testing.assert_array_equal(drawn[:10], sign * retrainings.differences[(place + np.arange(10)) % 60])


@pytest.mark.parametrize("path", STORED, ids=[path.stem for path in STORED])
def test_the_committed_frame_scores_are_whole(path: Path) -> None:
    table = read_frame_scores(path)
    assert table["frame"].nunique() == 60
    assert table["condition"].nunique() == 18


def test_frame_scores_of_a_run_come_back_from_a_file(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="have no second"):
        frame_scores(BASELINE, "unet", "second")
    table = frame_scores(BASELINE, "unet", "background")
    table.to_csv(tmp_path / "scores.csv", index=False)
    pd.testing.assert_frame_equal(read_frame_scores(tmp_path / "scores.csv"), table, check_dtype=False)


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "condition,frame,first,second\nclean,0,high,1\n"])
def test_another_file_is_refused_in_words(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "scores.csv").write_text(content)
    assert command([str(tmp_path / "scores.csv")]) == 2
    assert "is no table of condition, frame, first, second" in capsys.readouterr().err


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = next(iter(STORED))
    assert command([str(path), "--runs", "3", "--frames", "30"]) == 0
    printed = capsys.readouterr().out
    assert "3 retrainings of each kind, 30 frames, 18 conditions, tolerance 0.01" in printed
    assert "| no drop " in printed
