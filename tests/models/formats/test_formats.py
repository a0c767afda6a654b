"""What holds for models in several formats."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.loading import load_segmenter, segmenter_sources
from tests.support.networks import convolution, onnx_graph

onnx = pytest.importorskip("onnx", reason="needs the extra 'onnx'")
pytest.importorskip("onnxruntime", reason="needs the extra 'onnx'")


def test_files_of_one_stem_are_called_by_their_whole_names() -> None:
    assert segmenter_sources(["a/mine.keras", "mine.onnx"]) == {
        "background": "background", "mine.keras": "a/mine.keras", "mine.onnx": "mine.onnx",
    }  # fmt: skip
    with pytest.raises(ModelError, match=r"another segmenter of this run is called 'mine\.keras'"):
        segmenter_sources(["a/mine.keras", "b/mine.keras"])


@pytest.mark.parametrize(
    ("name", "lacking", "extra"), [("mine.onnx", "onnxruntime", "onnx"), ("mine.zip", "bioimageio.core", "bioimageio")]
)
def test_a_library_that_is_not_installed(
    tiny_models: Path, name: str, lacking: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, lacking, None)
    monkeypatch.delitem(sys.modules, "robustbench_cells.models.runtimes.bioimageio", raising=False)
    with pytest.raises(ModelError, match=rf"needs {lacking}: pip install 'robustbench-cells\[{extra}\]'"):
        load_segmenter(str(tiny_models / name))


def test_weights_beside_the_graph_are_part_of_the_model(tiny_models: Path, tmp_path: Path) -> None:
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
    with pytest.raises(ModelError, match=r"mine\.xml: its weights mine\.bin are not beside it"):
        load_segmenter(str(tmp_path / "mine.xml"))
