"""Rules that hold for models of several formats."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import card_path, write_card
from robustbench_cells.models.loading import load_segmenter, segmenter_sources
from robustbench_cells.models.probe import probe_images
from robustbench_cells.types import Segmenter
from tests.support.keras_files import save_exported, save_legacy
from tests.support.networks import convolution, onnx_graph

onnx = pytest.importorskip("onnx", reason="needs the extra 'onnx'")
pytest.importorskip("onnxruntime", reason="needs the extra 'onnx'")


def test_files_that_share_a_stem_are_named_with_their_suffix() -> None:
    assert segmenter_sources(["a/mine.keras", "mine.onnx"]) == {
        "background": "background", "mine.keras": "a/mine.keras", "mine.onnx": "mine.onnx",
    }  # fmt: skip
    with pytest.raises(ModelError, match=r"another segmenter of this run has the name 'mine\.keras'"):
        segmenter_sources(["a/mine.keras", "b/mine.keras"])


@pytest.mark.parametrize(
    ("name", "library", "extra"), [("mine.onnx", "onnxruntime", "onnx"), ("mine.zip", "bioimageio.core", "bioimageio")]
)
def test_missing_library_is_reported_with_its_extra(
    tiny_models: Path, name: str, library: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, "robustbench_cells.models.runtimes.bioimageio", raising=False)
    with pytest.raises(ModelError, match=rf"needs {library}: pip install 'robustbench-cells\[{extra}\]'"):
        load_segmenter(str(tiny_models / name))


def test_companion_files_are_part_of_the_digest(tiny_models: Path, tmp_path: Path) -> None:
    graph = onnx_graph(*convolution())
    onnx.save_model(graph, tmp_path / "a.onnx", save_as_external_data=True, location="a.data", size_threshold=0)
    for path in (tiny_models / "mine.xml", tiny_models / "mine.bin"):
        shutil.copy(path, tmp_path)
    for name, weights in (("a.onnx", "a.data"), ("mine.xml", "mine.bin")):
        before = load_segmenter(str(tmp_path / name)).digest
        content = bytearray((tmp_path / weights).read_bytes())
        content[2] ^= 1  # a bit of the first weight's fraction
        (tmp_path / weights).write_bytes(content)
        assert load_segmenter(str(tmp_path / name)).digest != before
    (tmp_path / "mine.bin").unlink()
    with pytest.raises(ModelError, match=r"mine\.xml: its weights mine\.bin are missing"):
        load_segmenter(str(tmp_path / "mine.xml"))


@pytest.mark.parametrize("save", [save_legacy, save_exported])
def test_declared_range_applies_in_every_format_of_whole_models(
    save: Callable[[Path, Any], Path], trained: tuple[Segmenter, Any], tmp_path: Path
) -> None:
    segmenter, model = trained
    path = save(tmp_path, model)
    write_card(card_path(path), {"input": {"range": [255.0, 0.0]}, "file": {"legacy_h5": True}})
    images = probe_images()
    found = load_segmenter(str(path), trusted=True).predict(images)
    np.testing.assert_allclose(found, segmenter.predict(255 - images), atol=1e-4)
