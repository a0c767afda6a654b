from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("keras", reason="needs the extra 'keras'")

import robustbench_cells as rb
from benchmarks.retrainings import __main__ as command
from benchmarks.retrainings import evaluation
from benchmarks.retrainings.damage import add_noise_to_weights
from benchmarks.retrainings.evaluation import MODEL
from benchmarks.retrainings.networks import EQUAL, Network, Trained
from benchmarks.retrainings.scores import FRAMES, read_networks, read_run
from benchmarks.retrainings.spread import axes_of_frames, conditions_of_frames, losses
from robustbench_cells.results.storage import load, save
from robustbench_cells.results.tables import Results

TRAINED = Network(EQUAL, 1, 1, Trained(epochs=1, frames=(2, 1)))
FACTORS = {"equal-1": 1.0, "noisy-1": 0.9, "equal-2": 0.97, "equal-3": 0.95}  # on the scores of the trained one
NETWORKS = [
    TRAINED,
    Network("noisy", 1, 7, add_noise_to_weights),
    Network(EQUAL, 2, 2, Trained()),
    Network(EQUAL, 3, 3, Trained()),
]
GRID = {"cell_size": (0.5, 1), "noise": (0, 50)}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network, trained on almost nothing and measured on two frames of each kind; the runs of others made from it."""
    folder = tmp_path_factory.mktemp("work")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "list_networks", lambda equal, harmed, epochs: [TRAINED])
        patch.setattr(command, "open_frames", lambda dataset: evaluation.open_frames(dataset, 2))
        patch.setattr(command, "GRID", GRID)
        assert command.main(["run", "synthetic", str(folder)]) == 0
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        made = [path.stat().st_mtime_ns for path in files]
        assert command.main(["run", "synthetic", str(folder)]) == 0
        assert [path.stat().st_mtime_ns for path in files if path.suffix != ".sqlite"] == [
            moment for path, moment in zip(files, made, strict=True) if path.suffix != ".sqlite"
        ]
        for part, network in product(FRAMES, NETWORKS[1:]):
            results = load(folder / part / TRAINED.name)
            records = results.records.assign(jaccard=results.records["jaccard"] * FACTORS[network.name])
            digests = {**results.run.segmenters, MODEL: network.name}
            (folder / part / network.name).mkdir()
            save(Results(records, replace(results.run, segmenters=digests)), folder / part / network.name)
        patch.setattr(command, "list_networks", lambda equal, harmed, epochs: NETWORKS)
        assert command.main(["keep", str(folder), "--kept", str(folder / "kept")]) == 0
    return folder


def test_every_network_has_a_stored_run_on_each_set_of_frames(work: Path) -> None:
    for part in FRAMES:
        for network in NETWORKS:
            results = load(work / part / network.name)
            rows = results.records[results.records["segmenter"] == MODEL]
            patches = {"real": 2, "synthetic": 4}[part]
            assert len(rows) == (1 + 4) * 2 * patches  # clean and four intensities, two frames
            assert not results.run.incomplete


@pytest.mark.parametrize("part", FRAMES)
def test_a_kept_run_is_the_whole_run_frame_by_frame(work: Path, part: str) -> None:
    whole, kept = load(work / part / "noisy-1"), read_run(part, "noisy-1", work / "kept")
    by = ["segmenter", "artefact", "intensity", "frame"]
    expected = whole.records.groupby(by)[["jaccard", "cells_predicted", "cells_true"]]
    means, sums = expected.mean(), expected.sum()
    found = kept.records.set_index(by)
    np.testing.assert_allclose(found["jaccard"].loc[means.index], means["jaccard"], atol=6e-6)
    for count in ("cells_predicted", "cells_true"):
        assert (found[count].loc[sums.index] == sums[count]).all()
    assert kept.run.segmenters == whole.run.segmenters
    assert kept.run.dataset == whole.run.dataset
    assert kept.run.settings == whole.run.settings


@pytest.mark.parametrize("part", FRAMES)
def test_the_gate_judges_kept_runs_as_whole_ones(work: Path, tmp_path: Path, part: str) -> None:
    assert command.main(["unpack", str(tmp_path), "--kept", str(work / "kept")]) == 0
    whole, kept = (
        rb.open_run(folder / part / "noisy-1").gate(folder / part / "equal-1").to_pandas()
        for folder in (work, tmp_path)
    )
    numbers = ["baseline", "candidate", "difference", "low", "high"]
    np.testing.assert_allclose(kept[numbers], whole[numbers], atol=1e-4)
    pd.testing.assert_frame_equal(kept[["condition", "outcome"]], whole[["condition", "outcome"]])


def test_what_is_kept_says_how_each_network_was_made(work: Path) -> None:
    networks = read_networks(work / "kept").set_index("name")
    assert list(networks.index) == [network.name for network in NETWORKS]
    assert networks.loc["noisy-1", "parent"] == "equal-1"
    assert networks.loc["equal-1", ["parent", "epochs", "best_epoch"]].astype(str).tolist() == ["", "1", "1"]
    assert networks["digest"].is_unique


def test_runs_are_unpacked_for_the_gate(work: Path, tmp_path: Path) -> None:
    assert command.main(["unpack", str(tmp_path), "--kept", str(work / "kept")]) == 0
    for part in FRAMES:
        for network in NETWORKS:
            unpacked, kept = load(tmp_path / part / network.name), read_run(part, network.name, work / "kept")
            pd.testing.assert_frame_equal(
                unpacked.records.sort_values(["segmenter", "artefact", "intensity", "frame"], ignore_index=True),
                kept.records.sort_values(["segmenter", "artefact", "intensity", "frame"], ignore_index=True),
            )


def test_a_loss_is_against_the_others_and_in_their_spread(work: Path) -> None:
    """By hand, for one network and one axis: zooms 0.5 and 1 are half a unit apart, so that the axis is their mean."""
    records = load(work / "real" / "noisy-1").records
    rows = records[(records["segmenter"] == MODEL) & (records["artefact"] == "cell_size")]
    by_hand = rows.groupby("intensity")["jaccard"].mean().mean()
    axes = axes_of_frames(conditions_of_frames(read_run("real", "noisy-1", work / "kept"))).mean()
    assert axes["cell_size"] == pytest.approx(by_hand, abs=1e-5)
    others = [
        axes_of_frames(conditions_of_frames(read_run("real", f"equal-{number}", work / "kept"))).mean()
        for number in (2, 3)  # the first is its parent
    ]
    values = [one["cell_size"] for one in others]
    (loss,) = (one for one in losses("real", work / "kept") if one.network == "noisy-1")
    assert loss.axes["cell_size"] == pytest.approx(np.mean(values) - by_hand, abs=2e-5)
    assert loss.spreads["cell_size"] == pytest.approx(loss.axes["cell_size"] / np.std(values, ddof=1), rel=1e-6)


def test_tables_name_every_axis_condition_and_harmed_network(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["tables", "--kept", str(work / "kept")]) == 0
    text = capsys.readouterr().out
    for name in ("clean", "noise", "cell_size", "cell_size-0.5", "noise-50", "noisy-1", "equal-1"):
        assert text.count(f"| {name} ") == len(FRAMES)


def test_the_gate_judges_every_kind_by_as_many_baselines_as_there_are(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three equal networks: the others are at most two, so that three baselines and more cannot be drawn."""
    for options, names in (([], [EQUAL, "noisy"]), (["--each"], ["equal-1", "noisy-1"])):
        assert command.main(["judge", "--draws", "1", *options, "--kept", str(work / "kept")]) == 0
        tables = capsys.readouterr().out
        for name in names:
            rows = [line for line in tables.splitlines() if line.startswith(f"| {name} ")]
            found = [[bool(cell.strip()) for cell in row.split("|")[2:-1]] for row in rows]
            assert found == [[True] * 2 + [False] * 3] * 2
