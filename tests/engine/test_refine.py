"""Refinement of a run: intensities between those of the grid, on the same random numbers, through the cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import robustbench_cells as rb
from robustbench_cells.artefacts import Artefact
from robustbench_cells.errors import BenchmarkWarning
from robustbench_cells.types import Image, Labels
from tests.support.frame_arrays import DATA, bright


def test_brackets_are_bisected_and_only_for_the_model_that_breaks_there(tmp_path: Path) -> None:
    models = {"bright": bright, "late": lambda images: images > 120}
    options = {"profile": "quick", "progress": False, "cache": tmp_path / "records.sqlite"}
    grid = {"noise": [0, 200]}
    plain = rb.benchmark(models, DATA, grid, **options)  # type: ignore[arg-type]
    result = rb.benchmark(models, DATA, grid, refine=True, **options)  # type: ignore[arg-type]
    widths = [
        (one.break_points().query("limit == 'absolute'")[["low", "high"]].to_numpy() @ [-1, 1]).tolist()
        for one in (plain, result)
    ]
    assert widths[0] == [200, 200]
    assert max(widths[1]) <= 25
    run = result.results.run
    assert run.settings.grids == {"noise": (0.0, 200.0)}
    assert set(run.settings.refined) == {"noise"}
    assert (run.tests.ran, run.tests.grid, run.tests.failed) == (9, 9, ())
    curve = result.curve("noise", "jaccard")
    assert set(curve.loc[curve["model"] == "background", "intensity"]) == {0, 200}
    added = {tuple(curve.loc[curve["model"] == name, "intensity"]) for name in models}
    assert len(added) == 2  # each model where it breaks

    again = rb.benchmark(models, DATA, grid, refine=True, **options)  # type: ignore[arg-type]
    assert again.results.records.equals(result.results.records)
    assert again.results.run.effort["made"] == 0

    direct = rb.benchmark(models, DATA, {"noise": list(run.settings.refined["noise"])}, profile="quick", progress=False)
    both = result.results.records.merge(
        direct.results.records, on=["segmenter", "artefact", "intensity", "frame", "patch"]
    )
    assert len(both)
    assert np.array_equal(both["jaccard_x"], both["jaccard_y"])  # the same random numbers


def test_a_refined_run_has_the_means_and_tables_of_its_grid() -> None:
    plain = rb.benchmark(bright, DATA, {"noise": [0, 200]}, profile="quick", progress=False)
    result = rb.benchmark(bright, DATA, {"noise": [0, 200]}, profile="quick", progress=False, refine=True)
    one, other = (each._report.cards[0] for each in (plain, result))
    assert (one.mean, one.relative, one.areas, one.conditions) == (
        other.mean,
        other.relative,
        other.areas,
        other.conditions,
    )
    assert repr(plain).partition("\n\n")[0] == repr(result).partition("\n\n")[0]
    gate = result.gate(plain)
    assert gate.status == "pass"
    assert plain.gate(result).status == "pass"
    assert any(name.startswith("bright-noise-") for name in plain.gate(result).not_covered)


def test_an_artefact_that_takes_no_intensity_between_keeps_its_bracket(monkeypatch: pytest.MonkeyPatch) -> None:
    def distort(self: Artefact, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> object:
        if intensity % 200:
            raise ValueError(f"sigma {intensity}: multiples of 200 only")
        return whole(self, image, labels, intensity, rng)

    kind = type(rb.ARTEFACTS.get("noise"))
    whole = kind.distort
    monkeypatch.setattr(kind, "distort", distort)
    with pytest.warns(
        BenchmarkWarning, match="a bracket stays as it is: noise=100: sigma 100.0: multiples of 200 only"
    ):
        result = rb.benchmark(bright, DATA, {"noise": [0, 200]}, profile="quick", progress=False, refine=True)
    assert result.break_points()[["low", "high"]].to_numpy().tolist() == [[0, 200]] * 2
    assert not result.failed
