"""Tiny networks in files of each format, written by the format's own library."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robustbench_cells.models.interface import Interface
from robustbench_cells.models.network import Network, NetworkSegmenter

Array = np.ndarray[Any, Any]


def make_segmenter(
    run: Callable[[Array], Array], shape: tuple[int | None, ...] = (None, None, None, 1), **interface: Any
) -> NetworkSegmenter:
    """Wrap a function as the segmenter ``mine``, with an interface declared in ``mine.toml``."""
    return NetworkSegmenter("mine", Network(run, shape), "digest", Interface(**interface, card="mine.toml"))


def save_tiny_network(path: Path, seed: int, side: int | None = None) -> Path:
    """Save a real network that costs next to nothing to run."""
    tiny_network(seed, side).save(path)
    return path


def tiny_network(seed: int, side: int | None = None) -> Any:
    """Build one convolution of grey levels, with a sigmoid."""
    keras = pytest.importorskip("keras", reason="needs the extra 'keras'")
    layers = keras.layers
    inputs = keras.Input((side, side, 1))
    start = keras.initializers.GlorotUniform(seed=seed)
    outputs = layers.Conv2D(1, 5, padding="same", activation="sigmoid", kernel_initializer=start)(
        layers.Rescaling(1 / 255)(inputs)
    )
    return keras.Model(inputs, outputs)


def onnx_graph(
    nodes: list[Any], tensors: list[Any] = (), side: int | None = 256, outputs: tuple[str, ...] = ("y",)
) -> Any:  # type: ignore[assignment]
    """Build a graph from ``x``, (N, 1, side, side), to ``y``."""
    from onnx import TensorProto, helper

    shape = ["n", 1, side, side]
    return helper.make_model(
        helper.make_graph(
            nodes,
            "graph",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            list(tensors),
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=9,
    )


def convolution(seed: int = 0) -> tuple[list[Any], list[Any]]:
    """Create nodes and tensors of a 5×5 convolution of grey levels with a sigmoid."""
    from onnx import helper, numpy_helper

    kernel = np.random.default_rng(seed).normal(0, 0.2 / 255, (1, 1, 5, 5)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "kernel"], ["z"], pads=[2, 2, 2, 2]),
        helper.make_node("Sigmoid", ["z"], ["y"]),
    ]
    return nodes, [numpy_helper.from_array(kernel, "kernel")]


def save_tiny_graph(path: Path, seed: int) -> Path:
    """Save a network that runs without TensorFlow, which takes seconds to import."""
    for library in ("onnx", "onnxruntime"):
        pytest.importorskip(library, reason="needs the extra 'onnx'")
    return save_graph(onnx_graph(*convolution(seed)), path)


def save_graph(graph: Any, path: Path) -> Path:
    """Write a graph to a file."""
    import onnx

    onnx.save_model(graph, path)
    return path
