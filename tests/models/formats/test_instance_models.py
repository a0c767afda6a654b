"""Cellpose, real where it is installed, a stub for how it is called, and what it shares with StarDist."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.files.checksums import sha256
from robustbench_cells.models.formats import _base
from robustbench_cells.models.loading import instance_kind, load_segmenter, segmenter_sources
from robustbench_cells.models.probe import probe_images


def test_real_cellpose(tmp_path: Path) -> None:
    """Its own network and steps; untrained, but with biases that make each square of 8 px a cell of 6 px."""
    vit = pytest.importorskip("cellpose.vit", reason="Cellpose is not installed")
    import torch
    from cellpose.models import CellposeModel

    network = vit.CPSAM()
    down = (3.5 - torch.arange(8.0))[:, None].expand(8, 8)  # flows towards the centre
    inside = torch.nn.functional.pad(torch.full((6, 6), 10.0), (1, 1, 1, 1)) - 5
    network.out.bias.data[:] = torch.stack([down, down.T, inside]).flatten()
    network.out.weight.data *= 0.1
    network.save_model(tmp_path / "fresh")
    del network
    segmenter, images = load_segmenter(f"cellpose://{tmp_path / 'fresh'}", trusted=True), probe_images()
    reference = CellposeModel(gpu=False, pretrained_model=str(tmp_path / "fresh"))
    labels = np.stack([reference.eval(np.repeat(image[..., None], 3, -1), channel_axis=-1)[0] for image in images])
    assert labels.max() == 32**2
    np.testing.assert_array_equal(segmenter.predict(images), labels)


@pytest.fixture
def cellpose_stub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """A stub with the signatures of Cellpose 4.2, which thresholds and records its input."""
    seen: list[Any] = []
    module: Any = ModuleType("cellpose.models")
    (tmp_path / "weights").write_bytes(b"weights")

    class CellposeModel:
        def __init__(self, gpu: bool, pretrained_model: str) -> None:
            self.pretrained_model = str(tmp_path / "weights")  # its downloaded file

        def eval(self, x: np.ndarray, channel_axis: int) -> tuple[np.ndarray, list[Any], list[Any]]:
            seen.append(x)
            return (x[..., 0] > 150) * np.uint16(7), [], []

    module.CellposeModel, module.MODEL_NAMES = CellposeModel, ["cpsam_v2"]
    module.get_user_models = list
    package: Any = ModuleType("cellpose")
    package.models = module
    monkeypatch.setitem(sys.modules, "cellpose", package)
    monkeypatch.setitem(sys.modules, "cellpose.models", module)
    monkeypatch.setattr(_base, "version", lambda name: f"4.2 of {name}")
    return seen


def test_call_of_cellpose(cellpose_stub: list[Any], tmp_path: Path) -> None:
    segmenter = load_segmenter("cellpose://cpsam_v2", trusted=True)
    images = probe_images()
    labels = segmenter.predict(images)
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, 7 * (images > 150))
    assert getattr(segmenter, "instances", None) == instance_kind("cellpose://cpsam_v2") == "labels"
    assert segmenter.name == "cellpose-cpsam_v2"
    assert segmenter.digest == f"cellpose 4.2 of cellpose {sha256(tmp_path / 'weights')}"
    assert {image.shape for image in cellpose_stub} == {(256, 256, 3)}
    with pytest.raises(ModelError, match=r"cellpose://cyto9: no such file or Cellpose model; available: cpsam_v2"):
        load_segmenter("cellpose://cyto9", trusted=True)


def test_trust_is_required(cellpose_stub: list[Any]) -> None:
    with pytest.raises(ModelError, match="--rb-trust-model"):
        load_segmenter("cellpose://cpsam_v2")
    assert not cellpose_stub


@pytest.mark.parametrize("scheme", ["cellpose", "stardist"])
def test_library_is_required(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, scheme, None)
    with pytest.raises(ModelError, match=rf"some: needs {scheme}: pip install 'robustbench-cells\[{scheme}\]'"):
        load_segmenter(f"{scheme}://some", trusted=True)


def test_names_in_a_run() -> None:
    names = segmenter_sources(["cellpose://cpsam_v2", "stardist://2D_versatile_fluo"])
    assert set(names) == {"background", "cellpose-cpsam_v2", "stardist-2D_versatile_fluo"}
