"""Cellpose and StarDist: with the real ones where they are installed, and how they are called, with stand-ins."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models import load_segmenter, probe_images
from robustbench_cells.session import segmenter_sources


def test_the_real_cellpose() -> None:
    models = pytest.importorskip("cellpose.models", reason="Cellpose is not installed")
    if not Path(models.model_path("cpsam_v2")).is_file():
        pytest.skip("Cellpose's weights are not on this machine")
    found = load_segmenter("cellpose://cpsam_v2", trusted=True).predict(probe_images())
    assert set(np.unique(found)) <= {0, 1}


def test_the_real_stardist(tmp_path: Path) -> None:
    models = pytest.importorskip("stardist.models", reason="StarDist is not installed")
    network = models.StarDist2D(models.Config2D(n_rays=8, grid=(2, 2)), name="fresh", basedir=str(tmp_path))
    network.keras_model.save_weights(str(tmp_path / "fresh" / "weights_best.h5"))
    found = load_segmenter(f"stardist://{tmp_path / 'fresh'}", trusted=True).predict(probe_images())
    assert set(np.unique(found)) <= {0, 1}


@pytest.fixture
def stand_in_cellpose(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a call of Cellpose 4.2 looks like, recorded from its source; it segments nothing."""
    seen: list[Any] = []
    module: Any = ModuleType("cellpose.models")

    class CellposeModel:
        def __init__(self, gpu: bool, pretrained_model: str) -> None:
            self.pretrained_model = pretrained_model

        def eval(self, x: list[np.ndarray], channel_axis: int) -> tuple[list[np.ndarray], list[Any], list[Any]]:
            seen.extend(x)
            return [(image[..., 0] > 150) * np.uint16(7) for image in x], [], []

    module.CellposeModel, module.MODEL_NAMES = CellposeModel, ["cpsam_v2"]
    module.get_user_models = list
    package: Any = ModuleType("cellpose")
    package.models = module
    monkeypatch.setitem(sys.modules, "cellpose", package)
    monkeypatch.setitem(sys.modules, "cellpose.models", module)
    return seen


def test_how_cellpose_is_called(stand_in_cellpose: list[Any]) -> None:
    segmenter = load_segmenter("cellpose://cpsam_v2", trusted=True)
    images = probe_images()
    np.testing.assert_array_equal(segmenter.predict(images), images > 150)
    assert segmenter.name == "cellpose-cpsam_v2"
    assert {image.shape for image in stand_in_cellpose} == {(256, 256, 3)}
    with pytest.raises(ModelError, match=r"cellpose://cyto9: no such file, and no model of Cellpose's \(cpsam_v2\)"):
        load_segmenter("cellpose://cyto9", trusted=True)


@pytest.mark.parametrize(("scheme", "lacking"), [("cellpose", "cellpose"), ("stardist", "csbdeep")])
def test_they_need_trust_and_their_library(scheme: str, lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (lacking, f"{lacking}.models", f"{lacking}.utils"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ModelError, match="--rb-trust-model"):
        load_segmenter(f"{scheme}://some")
    with pytest.raises(ModelError, match=rf"some: needs {lacking}.*: pip install 'robustbench-cells\[{scheme}\]'"):
        load_segmenter(f"{scheme}://some", trusted=True)


def test_what_they_are_called_in_a_run() -> None:
    names = segmenter_sources(["cellpose://cpsam_v2", "stardist://2D_versatile_fluo"])
    assert set(names) == {"background", "cellpose-cpsam_v2", "stardist-2D_versatile_fluo"}
