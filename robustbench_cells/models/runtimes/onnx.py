"""ONNX graphs as networks, validated before onnxruntime runs them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.interface import Interface
from robustbench_cells.models.layout import Array, cast_batch, resolve_layout, select_output
from robustbench_cells.models.network import Network
from robustbench_cells.models.runtimes.onnx_elu import lower_elu
from robustbench_cells.models.runtimes.threads import configured_threads, used_threads
from robustbench_cells.models.vetting.onnx_graph import read_checked_graph
from robustbench_cells.models.vetting.onnx_sizes import check_sizes, input_shapes
from robustbench_cells.types import BATCH, Runner

_MAX_MEMORY = 4 * 2**30  # bytes for all sessions of a process
_PROVIDER = "CPUExecutionProvider"
_TOGETHER = 2  # images of one call: few, so that activations stay in the cache; not one, whose axis a graph may squeeze


def onnx_network(path: Path, interface: Interface) -> Network:
    """Load a graph with one image input as a network, run by onnxruntime.

    Parameters
    ----------
    path
        See `load_checked_session`.
    interface
        Declared interface, which selects one of several outputs.

    Raises
    ------
    ModelError
        As `load_checked_session`, and if the inputs or outputs do not fit.
    """
    graph = read_checked_graph(path)
    shapes = input_shapes(graph)
    if len(shapes) != 1:
        raise ModelError(f"{path}: has {len(shapes)} inputs ({', '.join(shapes)}); one is needed")
    (shape,) = shapes.values()
    resolved = resolve_layout(path.stem, shape, interface)
    sides = {"N": BATCH, "H": resolved.tile, "W": resolved.tile, "C": resolved.channels}
    check_sizes(path, graph, [sides[axis] for axis in str(resolved.layout)])
    has_free_batch = shape[0] is None
    session = _load_session(path, graph, threads=1 if has_free_batch else configured_threads())
    try:
        return _network(path, session, interface, has_free_batch=has_free_batch)
    except UnicodeDecodeError as error:  # onnxruntime accepts any bytes as a name
        raise ModelError(f"{path}: has a name that is not UTF-8 ({error}); export it again") from error


def load_checked_session(path: Path, lengths: Sequence[int]) -> Any:
    """Validate a graph and make it ready to run.

    Parameters
    ----------
    path
        Path of the ``.onnx`` file; external tensors must be in the same folder.
    lengths
        See `check_sizes`.

    Raises
    ------
    ModelError
        If onnx or onnxruntime is not installed, or the graph is damaged or hostile.
    """
    graph = read_checked_graph(path)
    check_sizes(path, graph, lengths)
    return _load_session(path, graph, configured_threads())


def _load_session(path: Path, graph: Any, threads: int) -> Any:
    import onnxruntime

    try:
        lower_elu(graph)
        return _open_session(onnxruntime, graph.SerializeToString(), threads)
    except Exception as error:  # both libraries raise anything on a damaged graph
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(f"{path}: onnxruntime cannot load it ({reason[0]}); export it again") from error


def _open_session(onnxruntime: Any, content: bytes, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # its messages on stderr come as exceptions too
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.use_env_allocators", "1")
    _limit_memory(onnxruntime)
    return onnxruntime.InferenceSession(content, options, providers=[_PROVIDER])


def onnx_runner() -> Runner:
    """What runs ONNX graphs."""
    return Runner("onnxruntime", version("onnxruntime"), _PROVIDER, used_threads())


@cache
def _limit_memory(onnxruntime: Any) -> None:
    """Limit the memory of all sessions of this process, so that a graph fails rather than the machine."""
    kind = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR
    memory = onnxruntime.OrtMemoryInfo("Cpu", kind, 0, onnxruntime.OrtMemType.DEFAULT)
    onnxruntime.create_and_register_allocator(memory, onnxruntime.OrtArenaCfg({"max_mem": _MAX_MEMORY}))


def _network(path: Path, session: Any, interface: Interface, *, has_free_batch: bool) -> Network:
    """Wrap a session; a batch of any length is shared out to threads, a few images at a time.

    That is faster than threads within each operator, which wait for one another dozens of times per batch.
    """
    inputs, outputs = session.get_inputs(), [tensor.name for tensor in session.get_outputs()]
    output = select_output(path, outputs, interface)
    (input_,) = inputs
    kinds: dict[str, type] = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
    kinds |= {"tensor(uint8)": np.uint8, "tensor(uint16)": np.uint16}
    if input_.type not in kinds:
        raise ModelError(f"{path}: expects input of type {input_.type}; supported: {', '.join(kinds)}")
    kind = kinds[input_.type]
    shape = tuple(length if isinstance(length, int) and length > 0 else None for length in input_.shape)

    def run(batch: Array) -> Array:
        found: list[Any] = session.run([output], {input_.name: cast_batch(batch, kind)})
        return np.asarray(found[0])

    def run_shared(batch: Array) -> Array:
        parts = [batch[start : start + _TOGETHER] for start in range(0, len(batch), _TOGETHER)]
        with ThreadPoolExecutor(used_threads()) as pool:
            return np.concatenate(list(pool.map(run, parts)))

    return Network(run_shared if has_free_batch else run, shape, onnx_runner())
