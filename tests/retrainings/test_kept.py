"""What is kept of the retrainings: whole, small, usable by the gate, and what the page says of it is so."""

from __future__ import annotations

from pathlib import Path

import pytest

import robustbench_cells as rb
from benchmarks.retrainings.evaluation import GRID, MODEL
from benchmarks.retrainings.networks import EQUAL
from benchmarks.retrainings.scores import FRAMES, KEPT, read_networks, read_run
from benchmarks.retrainings.spread import losses
from benchmarks.retrainings.tables import loss_text, spread_text
from robustbench_cells.results.storage import save
from robustbench_cells.types import REFERENCE
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "gate" / "retrainings.md").read_text(encoding="utf-8")
LONGER = KEPT.with_name("kept_longer")
FILES = {"networks.csv", "scores.csv.gz", *(f"{part}.json" for part in FRAMES)}


@pytest.mark.parametrize("folder", [KEPT, LONGER])
def test_it_is_small_and_names_no_place_of_a_machine(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == FILES
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2_000_000
    for name in FILES - {"scores.csv.gz"}:
        text = (folder / name).read_text(encoding="utf-8")
        assert not any(place in text for place in ("/home", "/tmp", "/work", "/root"))  # noqa: S108


@pytest.mark.parametrize("part", FRAMES)
def test_every_network_has_every_frame_under_every_condition(part: str) -> None:
    conditions = 1 + sum(len(levels or ()) for levels in GRID.values())
    for name in read_networks()["name"]:
        results = read_run(part, name)
        frames = results.run.dataset.frames
        assert len(frames) == {"real": 60, "synthetic": 8}[part]
        for segmenter in (MODEL, REFERENCE):
            rows = results.records[results.records["segmenter"] == segmenter]
            assert len(rows) == conditions * len(frames)
            assert not rows.duplicated(["artefact", "intensity", "frame"]).any()
            assert rows[["jaccard", "cells_predicted", "cells_true"]].notna().all(axis=None)


def test_there_are_eight_equal_networks_that_learnt() -> None:
    networks = read_networks().set_index("name")
    equal = networks[networks["kind"] == EQUAL]
    assert len(equal) >= 8
    assert equal["seed"].is_unique
    assert networks["digest"].is_unique
    for name in equal.index:
        records = read_run("real", name).records
        clean = records[(records["segmenter"] == MODEL) & (records["artefact"] == "clean")]
        assert clean["jaccard"].mean() > 0.75


def test_four_times_the_training_gives_better_networks() -> None:
    equal = [name for name, kind in read_networks(LONGER)[["name", "kind"]].itertuples(index=False) if kind == EQUAL]
    assert len(equal) == 8
    runs = [read_run("real", name, folder) for folder in (KEPT, LONGER) for name in equal]
    clean = [float(run.records.query("artefact == 'clean' and segmenter == @MODEL")["jaccard"].mean()) for run in runs]
    assert max(clean[:8]) < min(clean[8:])


def test_the_gate_takes_the_kept_runs(tmp_path: Path) -> None:
    for name in ("equal-1", "wrong_range_card-1"):
        (tmp_path / name).mkdir()
        save(read_run("real", name), tmp_path / name)
    first = rb.open_run(tmp_path / "equal-1")
    assert first.gate(tmp_path / "equal-1").status == "pass"
    assert rb.open_run(tmp_path / "wrong_range_card-1").gate(tmp_path / "equal-1").status == "fail"


@pytest.mark.parametrize("part", FRAMES)
def test_the_page_has_the_tables(part: str) -> None:
    """``python -m benchmarks.retrainings tables``."""
    assert spread_text(part) in PAGE
    assert loss_text(part) in PAGE


def test_the_equal_networks_lose_about_nothing() -> None:
    equal = set(read_networks().query("kind == @EQUAL")["name"])
    mine = [loss for loss in losses("real") if loss.network in equal]
    for axis in mine[0].axes:
        assert abs(sum(loss.axes[axis] for loss in mine)) < 1e-9
