"""What a reader of intervals must know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from robustbench_cells.reporting.interval_warnings import interval_warnings
from robustbench_cells.reporting.terminal import terminal_table
from robustbench_cells.results.break_points import break_points
from robustbench_cells.results.tables import Results
from tests.support.report_results import make_results


def _with_scores(frames: int, by_frame: np.ndarray) -> Results:
    """Results whose scores are those of the frames."""
    results = make_results({"m": 0.9}, frames=frames)
    return Results(results.records.assign(jaccard=by_frame[results.records["frame"].astype(int)]), results.run)


@pytest.mark.parametrize(("frames", "words"), [(1, "a single block"), (5, "only 5 blocks of frames")])
def test_few_frames_are_warned_of_in_the_terminal_too(frames: int, words: str) -> None:
    results = make_results({"m": 0.9}, frames=frames)
    assert words in " ".join(interval_warnings(results))
    assert words in terminal_table(results)


def test_enough_frames_that_differ_are_not_warned_of() -> None:
    results = _with_scores(30, np.random.default_rng(0).random(30))
    assert list(interval_warnings(results)) == []


def test_frames_that_are_alike_are_told_with_the_remedy() -> None:
    results = _with_scores(60, 0.5 + 0.1 * np.sin(np.arange(60) / 5))
    text = " ".join(interval_warnings(results))
    assert "Neighbouring frames are alike" in text
    assert "--rb-block=" in text
    assert "Intervals marked * are over fewer than 6 blocks" in text


def test_a_value_on_few_frames_is_told() -> None:
    results = make_results({"m": 0.9}, frames=12)
    is_lost = (results.records["artefact"] == "noise") & (results.records["frame"].astype(int) > 3)
    thin = Results(results.records.assign(jaccard=results.records["jaccard"].mask(is_lost)), results.run)
    assert "some frames have no value" in " ".join(interval_warnings(thin))


def test_a_marked_bracket_is_explained_where_no_mean_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    results = _with_scores(30, np.random.default_rng(0).random(30))
    marked = {name: tuple(replace(one, blocks=5) for one in points) for name, points in break_points(results).items()}
    monkeypatch.setattr("robustbench_cells.reporting.interval_warnings.break_points", lambda results: marked)
    assert "Intervals marked * are over fewer than 6 blocks" in " ".join(interval_warnings(results))
