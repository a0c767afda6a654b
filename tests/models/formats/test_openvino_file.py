"""Hostile OpenVINO files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.loading import load_segmenter

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
    openvino.save_model(openvino.Model([ops.add(given, most)], [given]), tmp_path / "bomb.xml")
    with pytest.raises(ModelError, match=r"bomb\.xml: has an operator that outputs \[1,1,40000,40000\]"):
        load_segmenter(str(tmp_path / "bomb.xml"))
