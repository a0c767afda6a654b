"""Which cell went wrong: in a notebook, and as files of a stored run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

import robustbench_cells as rb
from robustbench_cells.api.cells import write_failures
from robustbench_cells.errors import DataError, ModelError, ResultsError, UnknownNameError
from robustbench_cells.instances.components import label_components
from robustbench_cells.types import Image, Labels
from tests.support.commands import results as results_command
from tests.support.frame_arrays import DATA
from tests.support.pytest_runs import bench


def merging(images: Image) -> Labels:
    return label_components(images > 150)


def test_cells_of_a_result() -> None:
    result = rb.benchmark({"mine": merging}, DATA, {"noise": [50]}, profile="quick", progress=False)
    clean, noisy = result.cells("mine"), result.cells("mine", "noise-50")
    assert set(clean["fate"]) <= {"found", "merged", "poor outline"}
    assert "invented" in set(noisy["fate"])
    assert set(noisy["intensity"]) == {50.0}
    truth = clean.query("of == 'truth'").groupby(["frame", "patch"]).size()
    again = noisy.query("of == 'truth'").groupby(["frame", "patch"]).size()
    pd.testing.assert_series_equal(truth, again)
    for arguments, words in ((("other",), "'other'"), (("mine", "blur-2"), "'blur-2'")):
        with pytest.raises(UnknownNameError, match=words):
            result.cells(*arguments)


def test_results_from_files_hold_no_cells() -> None:
    with pytest.raises(ResultsError, match="hold scores and no cells; `robustbench-cells results failures`"):
        rb.open_run("reports/baseline").cells("unet_original")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    given = ("--rb-dataset=synthetic_touching", "--rb-frames=1", "--rb-profile=quick", "--rb-model=dog_otsu")
    bench(folder, *given, "--rb-artefact=noise=50", "-k", "dog_otsu and clean")
    return folder / "reports"


def test_failures_are_a_table_and_labels_beside_the_image(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = stored / "failures"
    given = ["--model", "dog_otsu", "--reports", str(stored), "--out", str(out)]
    assert results_command(["failures", *given, "--condition", "noise-50"]) == 0
    table = pd.read_csv(out / "cells.csv", keep_default_na=False, dtype={"frame": str})
    lost = (table["fate"] != "found").sum()
    assert (
        f"{len(table)} cells of {table['patch'].nunique()} patches, {lost} of them not found" in capsys.readouterr().out
    )
    for stem, rows in table.groupby("files"):
        image, truth, prediction = (
            tifffile.imread(out / f"{stem}.{name}.tif") for name in ("image", "truth", "prediction")
        )
        assert (image.dtype, truth.dtype, prediction.dtype) == (np.uint8, np.uint16, np.uint16)
        assert image.shape == truth.shape == prediction.shape == (256, 256)
        for side, labels in (("truth", truth), ("prediction", prediction)):
            for row in rows[rows["of"] == side].itertuples():
                assert np.count_nonzero(labels == row.cell) == row.area
    assert results_command(["failures", *given]) == 2
    assert "exists already" in capsys.readouterr().err


def test_what_does_not_fit_the_run_is_refused_and_leaves_nothing(stored: Path, tmp_path: Path) -> None:
    def fail(error: type[Exception], words: str, model: str = "dog_otsu", reports: Path = stored, **given: str) -> None:
        with pytest.raises(error, match=words):
            write_failures(reports, model, [given.pop("condition", "clean")], tmp_path / "out", **given)  # type: ignore[arg-type]

    fail(UnknownNameError, "'unet_original'", model="unet_original")
    fail(UnknownNameError, "'fog-3'", condition="fog-3")
    fail(DataError, "are not the frames of the run", dataset="synthetic")
    fail(ModelError, "background: is not the dog_otsu of the run, or has changed since", source="background")
    run = json.loads((stored / "run.json").read_text())
    run["settings"]["dataset"] = ""
    (tmp_path / "memory").mkdir()
    shutil.copy(stored / "patches.csv.gz", tmp_path / "memory")
    (tmp_path / "memory" / "run.json").write_text(json.dumps(run))
    fail(ResultsError, r"does not say where its frames are .*; give --dataset", reports=tmp_path / "memory")
    run["settings"]["dataset"] = "synthetic_touching"
    run["artefacts"]["noise"]["version"] = 99
    (tmp_path / "memory" / "run.json").write_text(json.dumps(run))
    words = "its noise is of version 99, and the one here of .*; run the benchmark again"
    fail(ResultsError, words, reports=tmp_path / "memory", condition="noise-50")
    assert [path.name for path in tmp_path.iterdir()] == ["memory"]
