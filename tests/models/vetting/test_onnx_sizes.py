"""What is known of a graph's arrays is what they are when onnxruntime runs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="needs the extra 'onnx'")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra 'onnx'")

from robustbench_cells.models.vetting.onnx_graph import read_checked_graph
from robustbench_cells.models.vetting.onnx_sizes import walk_through
from tests.support import onnx_networks as networks
from tests.support.networks import save_graph

IMAGES = np.random.default_rng(0).uniform(0, 255, (2, 1, 256, 256)).astype(np.float32)


def assert_as_run(path: Path) -> None:
    graph = read_checked_graph(path)
    known = walk_through(path, graph, IMAGES.shape)
    names = list(dict.fromkeys(name for node in graph.graph.node for name in node.output if name))
    del graph.graph.output[:]
    graph.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
    for name, array in zip(names, session.run(names, {"x": IMAGES}), strict=True):
        value = known[name]
        kind = onnx.helper.tensor_dtype_to_np_dtype(value.kind)
        assert (name, value.shape, kind, value.size) == (name, array.shape, array.dtype, array.nbytes)
        if value.data is not None:
            np.testing.assert_array_equal(value.data, array, name)


@pytest.mark.parametrize(
    "build", [networks.torch_unet, networks.transformer, networks.with_functions, networks.with_branches]
)
def test_arrays_are_as_known(build: Callable[[], Any], tmp_path: Path) -> None:
    assert_as_run(save_graph(build(), tmp_path / "net.onnx"))


@pytest.mark.parametrize("how", ["QDQ", "QOperator", "dynamic"])
def test_arrays_of_a_quantised_network_are_as_known(how: str, tmp_path: Path) -> None:
    assert_as_run(networks.quantised(tmp_path, how))
