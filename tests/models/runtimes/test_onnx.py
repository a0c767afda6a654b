"""onnxruntime: how a batch is shared out."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robustbench_cells.models.interface import Interface
from robustbench_cells.models.runtimes import onnx as runtime
from tests.support.networks import convolution, onnx_graph, save_graph

pytest.importorskip("onnxruntime", reason="needs the extra 'onnx'")

BATCH = np.random.default_rng(0).uniform(0, 255, (5, 1, 64, 64)).astype(np.float32)


def save_convolution(path: Path, batch: int | str) -> Path:
    graph = onnx_graph(*convolution(), side=64)
    axis = graph.graph.input[0].type.tensor_type.shape.dim[0]
    axis.Clear()
    if isinstance(batch, int):
        axis.dim_value = batch
    else:
        axis.dim_param = batch
    return save_graph(graph, path)


@pytest.mark.parametrize("threads", ["1", "3", None])
def test_free_batch_gives_the_images_of_a_fixed_one(
    threads: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if threads:
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
    free = runtime.onnx_network(save_convolution(tmp_path / "free.onnx", "n"), Interface(side=64))
    fixed = runtime.onnx_network(save_convolution(tmp_path / "fixed.onnx", 5), Interface(side=64))
    assert (free.input_shape[0], fixed.input_shape[0]) == (None, 5)
    np.testing.assert_array_equal(free.run(BATCH), fixed.run(BATCH))


@pytest.mark.parametrize(("batch", "sizes"), [("n", [1, 2, 2]), (5, [5])])
def test_free_batch_is_shared_out_to_threads(
    batch: int | str, sizes: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, bool, int]] = []
    load = runtime._load_session

    def spy(path: Path, graph: Any, threads: int) -> Any:
        session = load(path, graph, threads)

        class Spy:
            def __getattr__(self, name: str) -> Any:
                return getattr(session, name)

            def run(self, outputs: Any, inputs: dict[str, Any]) -> Any:
                own = threading.current_thread() is not threading.main_thread()
                calls.append((len(next(iter(inputs.values()))), own, threads))
                return session.run(outputs, inputs)

        return Spy()

    monkeypatch.setattr(runtime, "_load_session", spy)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    runtime.onnx_network(save_convolution(tmp_path / "m.onnx", batch), Interface(side=64)).run(BATCH)
    assert sorted(size for size, *_ in calls) == sizes
    is_shared = batch == "n"
    assert {(own, threads) for _, own, threads in calls} == {(is_shared, 1 if is_shared else 2)}
