"""One trained network in every format: the same masks and scores in the real benchmark."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from robustbench_cells import ARTEFACTS, Condition, open_dataset
from robustbench_cells.engine.batches import iter_patches
from robustbench_cells.models.card import write_card
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.probe import probe_images
from robustbench_cells.types import THRESHOLD, Image
from tests.support.commands import export
from tests.support.networks import save_tiny_network
from tests.support.pytest_runs import bench, records
from tests.support.small_unet import small_unet

onnx = pytest.importorskip("onnx", reason="needs the extra 'onnx'")
pytest.importorskip("onnxruntime", reason="needs the extra 'onnx'")
pytest.importorskip("keras", reason="needs the extra 'keras'")
pytest.importorskip("tf2onnx", reason="needs the extra 'export'")
openvino = pytest.importorskip("openvino", reason="needs the extra 'openvino'")
pytest.importorskip("bioimageio.core", reason="needs the extra 'bioimageio'")

pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # bioimageio leaves files open

ORIGINAL = "net.keras"
TIE = 1e-4  # distance from the threshold within which rounding decides
SOURCES = {
    "net.keras": "net.keras",
    "net.h5": "net.h5",
    "saved": "saved",
    "net.onnx": "net.onnx",
    "net.xml": "net.xml",
    "net.zip": "net.zip",
    "package_0_4.zip": "package_0_4",
    "segment:predict": "segment:predict",
}  # values of --rb-model and the names in the run
WEIGHTS, SHIPPED = "unet.weights.h5", "unet_original"  # weights alone are those of the whole U-Net

FUNCTION = """
from robustbench_cells import load_segmenter

_network = load_segmenter("net.keras")

def predict(images):
    return _network.predict(images)
"""


def save_package_0_4(folder: Path, path: Path) -> None:
    """Save a bioimage.io package of the previous format version, by bioimageio.spec."""
    from bioimageio.spec import ValidationContext, save_bioimageio_package
    from bioimageio.spec.generic.v0_2 import Author, CiteEntry
    from bioimageio.spec.model import v0_4

    images = probe_images()[:1]
    np.save(folder / "input.npy", images[..., None])
    np.save(folder / "output.npy", load_segmenter(str(folder / ORIGINAL)).predict(images)[..., None])
    (folder / "about.md").write_text("# A network that segments cells\n")
    tensor: dict[str, Any] = {"axes": "byxc", "data_type": "float32", "shape": (1, 256, 256, 1)}
    with ValidationContext(root=folder):
        model = v0_4.ModelDescr(
            name="previous format",
            description="A network that segments cells",
            authors=[Author(name="A. Name")],
            cite=[CiteEntry(text="nobody", url="https://example.org")],
            license="MIT",
            timestamp=datetime(2026, 1, 1, tzinfo=UTC),
            documentation=folder / "about.md",
            inputs=[v0_4.InputTensorDescr(name="grey_levels", **tensor)],
            outputs=[v0_4.OutputTensorDescr(name="probability", **tensor)],
            test_inputs=[folder / "input.npy"],
            test_outputs=[folder / "output.npy"],
            weights=v0_4.WeightsDescr(onnx=v0_4.OnnxWeightsDescr(source=folder / "net.onnx", opset_version=15)),
        )
        save_bioimageio_package(model, output_path=path)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formats")
    network, shipped = small_unet(), cast(Any, load_segmenter(SHIPPED))
    network.save(folder / ORIGINAL)
    write_card(folder / "net.keras.toml", {"authors": ["A. Name"], "license": "CC-BY-4.0"})
    shipped.model.save_weights(folder / WEIGHTS)
    network.save(folder / "net.h5")
    write_card(folder / "net.h5.toml", {"file": {"legacy_h5": True}})
    network.export(folder / "saved", verbose=False)
    for target in ("onnx", "bioimageio"):
        assert export([str(folder / ORIGINAL), "--to", target]) == 0
    openvino.save_model(openvino.Core().read_model(folder / "net.onnx"), folder / "net.xml", compress_to_fp16=False)
    save_package_0_4(folder, folder / "package_0_4.zip")
    (folder / "segment.py").write_text(FUNCTION)
    return folder


@pytest.fixture
def where(models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(models)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return models


@pytest.fixture(scope="module")
def images() -> Image:
    frames = open_dataset("synthetic", frames=1)
    views = [
        view.image
        for name, intensity in (("noise", 50.0), ("illumination", 300.0))
        for view in iter_patches(frames, Condition(ARTEFACTS.get(name), intensity), seed=0, most_patches=3)
    ]
    return np.concatenate([probe_images(), np.stack(views).astype(np.float32)])


@pytest.fixture(scope="module")
def expected(models: Path, images: Image) -> Image:
    return load_segmenter(str(models / ORIGINAL)).predict(images)


@pytest.mark.parametrize("source", [source for source in SOURCES if source != ORIGINAL])
def test_masks_are_those_of_the_keras_file(source: str, where: Path, images: Image, expected: Image) -> None:
    found = load_segmenter(source, trusted=True).predict(images)
    differing = (found > THRESHOLD) != (expected > THRESHOLD)
    print(f"{source}: {differing.mean():.4%} of the pixels differ")
    assert 0.005 < (expected > THRESHOLD).mean() < 0.995
    assert np.abs(expected - THRESHOLD)[differing].max(initial=0) < TIE


def test_scores_are_those_of_the_keras_file(where: Path, tmp_path: Path) -> None:
    models = [part for source in (*SOURCES, WEIGHTS, SHIPPED) for part in ("--rb-model", source)]
    small = ("--rb-frames", "1", "-k", "clean", "--rb-trust-model", "--rb-reports", str(tmp_path / "reports"))
    bench(where, *models, *small)
    found = records(tmp_path).set_index(["artefact", "intensity", "frame", "patch"]).sort_index()
    scores = {str(name): rows.drop(columns="segmenter") for name, rows in found.groupby("segmenter")}
    assert scores.keys() == {*SOURCES.values(), "unet.weights", SHIPPED, "background"}
    for name, original in {**dict.fromkeys(SOURCES.values(), ORIGINAL), "unet.weights": SHIPPED}.items():
        assert scores[original]["jaccard"].mean() > 0.4
        pd.testing.assert_frame_equal(scores[name], scores[original], rtol=0, atol=1e-3)  # a pixel may be a tie
    run = json.loads((tmp_path / "reports" / "run.json").read_text())
    assert len(set(run["segmenters"].values())) == len(scores)


def test_tiles_have_the_scores_of_the_whole_patch(tmp_path: Path) -> None:
    """A network for 128 px and the same one for any size, whose reach is less than the halo."""
    save_tiny_network(tmp_path / "whole.keras", seed=6)
    save_tiny_network(tmp_path / "tiles.keras", seed=6, side=128)
    write_card(tmp_path / "tiles.toml", {"input": {"side": 128, "halo": 8}})
    both = ("--rb-model", "whole.keras", "--rb-model", "tiles.keras")
    bench(tmp_path, "--rb-frames", "1", "--rb-artefact=noise=50", *both)
    found = records(tmp_path).set_index(["artefact", "intensity", "frame", "patch"]).sort_index()
    whole, tiles = (found[found["segmenter"] == name].drop(columns="segmenter") for name in ("whole", "tiles"))
    assert whole["cells_predicted"].min() > 10
    pd.testing.assert_frame_equal(tiles, whole)
