"""Hostile OpenVINO files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import write_card
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.probe import probe_images
from tests.support.networks import save_graph

openvino = pytest.importorskip("openvino", reason="needs the extra 'openvino'")


def test_invalid_files_and_loops_are_refused(tiny_models: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.bin").touch()
    (tmp_path / "bad.xml").write_text("<net>")
    with pytest.raises(ModelError, match=r"bad\.xml: OpenVINO cannot load it"):
        load_segmenter(str(tmp_path / "bad.xml"))
    text = (tiny_models / "mine.xml").read_text()
    for hostile, message in (
        (text.replace('type="Sigmoid"', 'type="L&#111;op"'), "has the operator Loop"),
        (text.replace("<net ", "<!DOCTYPE net []><net "), r"bad\.xml: is not OpenVINO's XML"),
        ("<html></html>", r"bad\.xml: is not OpenVINO's XML"),
    ):
        (tmp_path / "bad.xml").write_text(hostile)
        with pytest.raises(ModelError, match=message):
            load_segmenter(str(tmp_path / "bad.xml"))
    (tmp_path / "bad.xml").write_bytes((tiny_models / "mine.onnx").read_bytes())  # OpenVINO would read it
    with pytest.raises(ModelError, match="is not OpenVINO's XML"):
        load_segmenter(str(tmp_path / "bad.xml"))


def test_graph_that_exceeds_the_memory_limit_is_refused(tmp_path: Path) -> None:
    from openvino import opset13 as ops

    given = ops.parameter([-1, 1, 256, 256], name="x")
    huge = ops.broadcast(ops.constant(np.float32(1)), ops.constant(np.array([1, 1, 40_000, 40_000])))
    most = ops.reduce_max(huge, ops.constant(np.array([2, 3])), keep_dims=True)
    tiled = ops.tile(given, ops.constant(np.array([1, 1, 256, 256])))
    for name, result, message in (
        ("weights", ops.add(given, most), "'broadcast' that computes more from weights than"),
        (
            "image",
            ops.reduce_max(tiled, ops.constant(np.array([2, 3])), keep_dims=True),
            r"outputs \[\?,1,65536,65536\]",
        ),
    ):
        openvino.save_model(openvino.Model([result], [given]), tmp_path / f"{name}.xml")
        with pytest.raises(ModelError, match=rf"{name}\.xml: has an operator {message}|that {message}"):
            load_segmenter(str(tmp_path / f"{name}.xml"))


@pytest.mark.parametrize("build", ["torch_unet", "transformer"])
def test_networks_of_other_libraries_give_what_onnxruntime_gives(build: str, tmp_path: Path) -> None:
    """Sizes that are computed from shapes stay in the file, as the converter writes it."""
    pytest.importorskip("onnx", reason="needs the extra 'onnx'")
    from tests.support import onnx_networks

    source = save_graph(getattr(onnx_networks, build)(), tmp_path / "source.onnx")
    openvino.save_model(openvino.Core().read_model(source), tmp_path / "net.xml", compress_to_fp16=False)
    for name in ("source", "net"):
        write_card(tmp_path / f"{name}.toml", {"input": {"layout": "NCHW"}})
    expected = load_segmenter(str(source)).predict(probe_images())
    found = load_segmenter(str(tmp_path / "net.xml")).predict(probe_images())
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("how", ["QDQ", "dynamic"])
def test_quantised_network_loads(how: str, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="needs the extra 'onnx'")
    from tests.support import onnx_networks

    graph = openvino.Core().read_model(onnx_networks.quantised(tmp_path, how, onnx_networks.plain))
    openvino.save_model(graph, tmp_path / "net.xml")
    write_card(tmp_path / "net.toml", {"input": {"layout": "NCHW"}})
    assert load_segmenter(str(tmp_path / "net.xml")).predict(probe_images()).shape == probe_images().shape
