"""A part of a grid never replaces a whole run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from robustbench_cells.results.manifest import GridTests, RunManifest
from robustbench_cells.results.parts import folder_of_results
from robustbench_cells.results.storage import save
from robustbench_cells.results.tables import Results
from tests.support.tiny_results import RESULTS, RUN

GRID = {"noise": (0.0, 50.0), "cell_size": (1.0, 2.0)}
WHOLE = replace(RUN, tests=GridTests(15, 15, ()), settings=replace(RUN.settings, grids=GRID))


def with_grid(**grids: tuple[float, ...]) -> RunManifest:
    return replace(WHOLE, settings=replace(WHOLE.settings, grids=grids))


def with_tests(ran: int) -> RunManifest:
    return replace(WHOLE, tests=GridTests(ran, 15, ()))


def with_models(**segmenters: str) -> RunManifest:
    return replace(WHOLE, segmenters=segmenters)


OTHER_SEED = replace(with_grid(noise=(50.0,)), settings=replace(with_grid(noise=(50.0,)).settings, seed=1))


@pytest.mark.parametrize(
    ("run", "is_part"),
    [
        (WHOLE, False),
        (with_tests(3), True),
        (with_tests(0), True),
        (with_grid(noise=(50.0,)), True),
        (with_grid(noise=(0.0, 50.0)), True),
        (with_grid(noise=(5.0, 15.0)), False),
        (with_grid(noise=(0.0, 50.0, 200.0), cell_size=(1.0, 2.0)), False),
        (with_models(good="one", background="background 1"), True),
        (with_models(good="retrained", background="background 1"), False),
        (replace(WHOLE, dataset=replace(WHOLE.dataset, key="other")), False),
        (OTHER_SEED, False),
    ],
)
def test_what_would_leave_less_of_a_whole_run_goes_to_a_folder_of_its_own(
    run: RunManifest, is_part: bool, tmp_path: Path
) -> None:
    assert folder_of_results(run, tmp_path) == tmp_path  # nothing is there yet
    save(Results(RESULTS.records, WHOLE), tmp_path)
    assert folder_of_results(run, tmp_path) == (tmp_path / "part" if is_part else tmp_path)


def test_fewer_frames_are_a_part_and_a_part_is_replaced(tmp_path: Path) -> None:
    more = replace(WHOLE, dataset=replace(WHOLE.dataset, frames=("a", "b"), positions=(0, 1)))
    save(Results(RESULTS.records, more), tmp_path)
    assert folder_of_results(WHOLE, tmp_path) == tmp_path / "part"
    save(Results(RESULTS.records, with_tests(14)), tmp_path)
    assert folder_of_results(with_tests(3), tmp_path) == tmp_path


def test_results_that_cannot_be_read_are_no_whole_run(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")
    assert folder_of_results(with_tests(3), tmp_path) == tmp_path
