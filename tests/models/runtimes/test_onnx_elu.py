"""ELU by vectorised kernels: the same values, and only where the type is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.models.runtimes.onnx_elu import lower_elu
from tests.support.networks import onnx_graph, save_graph

onnx = pytest.importorskip("onnx", reason="needs the extra 'onnx'")
pytest.importorskip("onnxruntime", reason="needs the extra 'onnx'")

VALUES = st.floats(width=32) | st.floats(-30, 30, width=32)


def elu_graph(*, weights: type = np.float32, opset: int = 17, **attributes: Any) -> Any:
    """A convolution that leaves its input as it is, then an ELU."""
    from onnx import helper, numpy_helper

    kernel = numpy_helper.from_array(np.ones((1, 1, 1, 1), weights), "kernel")
    nodes = [helper.make_node("Conv", ["x", "kernel"], ["z"]), helper.make_node("Elu", ["z"], ["y"], **attributes)]
    graph = onnx_graph(nodes, [kernel], side=None)
    graph.opset_import[0].version = opset
    return graph


def run(graph: Any, values: list[float]) -> np.ndarray[Any, Any]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
    found: Any = session.run(None, {"x": np.array(values, np.float32).reshape(1, 1, 1, -1)})[0]
    return found.ravel()


@given(st.lists(VALUES, min_size=1, max_size=40))
def test_values_are_those_of_the_formula(values: list[float]) -> None:
    graph = elu_graph()
    assert lower_elu(graph) == 1
    x = np.array(values, np.float64)
    expected = np.where(x > 0, x, np.expm1(np.minimum(x, 0)))  # NaN stays NaN
    np.testing.assert_allclose(run(graph, values), expected, rtol=1e-6, atol=2e-7)


def test_graph_without_elu_stays_as_it_is() -> None:
    graph = elu_graph()
    graph.graph.node[1].op_type = "Relu"
    before = graph.SerializeToString()
    assert lower_elu(graph) == 0
    assert graph.SerializeToString() == before


@pytest.mark.parametrize(
    "odd", [{"alpha": 0.5}, {"opset": 7}, {"weights": np.float64}, {"weights": np.float16}], ids=str
)
def test_elu_of_another_kind_stays_as_it_is(odd: dict[str, Any]) -> None:
    graph = elu_graph(**odd)
    before = graph.SerializeToString()
    assert lower_elu(graph) == 0
    assert graph.SerializeToString() == before


def test_elu_of_a_value_of_unknown_type_stays_as_it_is() -> None:
    graph = elu_graph()
    graph.graph.node[0].op_type = "Identity"
    assert lower_elu(graph) == 0


def test_names_that_the_graph_has_are_not_taken() -> None:
    graph = elu_graph()
    graph.graph.node[0].output[0] = graph.graph.node[1].input[0] = "elu-1-min"
    graph.graph.initializer[0].name = graph.graph.node[0].input[1] = "elu-zero"
    assert lower_elu(graph) == 1
    np.testing.assert_allclose(run(graph, [-1, 2]), [np.expm1(-1), 2], rtol=1e-6)


def test_the_file_is_not_changed(tmp_path: Path) -> None:
    from robustbench_cells.models.runtimes.onnx import load_checked_session

    path = save_graph(elu_graph(), tmp_path / "m.onnx")
    before = path.read_bytes()
    load_checked_session(path, [16, 1, 256, 256])
    assert path.read_bytes() == before
