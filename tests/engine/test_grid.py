"""The artefacts and intensities of each profile, and the patches that each condition takes."""

from __future__ import annotations

import pytest

import robustbench_cells as rb
from robustbench_cells.artefacts import ARTEFACTS, PhysicalArtefact
from robustbench_cells.engine.grid import artefacts_of, make_conditions, profile_grid
from tests.support.frame_arrays import DATA, bright

PAPER = {
    "quick": {"cell_size": (0.5, 1, 2), "illumination": (0, 1000, 4000), "noise": (0, 50, 200)},
    "default": {
        "cell_size": (0.5, 0.7, 1, 1.5, 2, 3, 5),
        "illumination": (0, 300, 1000, 2000, 3000, 4000),
        "noise": (0, 10, 30, 50, 100, 150, 200),
    },
}
FAMILIES = {"camera", "optics", "light", "sampling", "specimen", "file"}


@pytest.mark.parametrize(("profile", "least"), [("quick", 6), ("default", 14)])
def test_a_profile_has_what_a_microscope_does_and_the_papers_three(profile: str, least: int) -> None:
    artefacts = artefacts_of(profile)
    physical = [one for one in artefacts if isinstance(one, PhysicalArtefact)]
    assert len(physical) >= least
    assert {one.family for one in physical} >= FAMILIES
    grid = profile_grid(profile)
    assert {name: grid[name] for name in PAPER[profile]} == PAPER[profile]


def test_physical_artefacts_take_fewer_patches_and_the_papers_take_theirs() -> None:
    conditions = {
        one.name: one for one in make_conditions("default", {"noise": (50,), "blur": (2,), "cell_size": (5,)})
    }
    taken = {name: one.patches_per_frame((512, 512), 12) for name, one in conditions.items()}
    assert taken == {"clean": 6, "noise-50": 6, "blur-2": 1, "cell_size-5": 12}
    (_, full) = make_conditions("full", {"blur": (2,)})
    assert full.patches_per_frame((512, 512), 12) == 2


def test_the_first_patches_of_more_are_those_of_fewer() -> None:
    few, many = (
        rb.benchmark(bright, DATA, {"read_noise": [30]}, profile=profile, progress=False).results.records
        for profile in ("default", "full")
    )
    of_few, of_many = (one.query("artefact == 'read_noise'") for one in (few, many))
    both = of_few.merge(of_many, on=["segmenter", "frame", "patch"])
    assert 0 < len(of_few) == len(both) < len(of_many)
    assert both["jaccard_x"].equals(both["jaccard_y"])


def test_what_is_refined_takes_as_many_patches_as_its_grid() -> None:
    grid = {"read_noise": [10, 80]}
    result = rb.benchmark({"late": lambda images: images > 120}, DATA, grid, progress=False, refine=True)
    added = result.results.run.settings.refined["read_noise"]
    rows = result.results.records.query("segmenter == 'late' and artefact == 'read_noise'")
    patches = rows.groupby("intensity").size()
    assert set(added) < set(patches.index)
    assert patches.nunique() == 1


def test_every_physical_artefact_is_in_the_profile_full() -> None:
    names = {one.name for one in ARTEFACTS if isinstance(one, PhysicalArtefact)}
    assert names <= set(profile_grid("full"))
