"""ONNX graphs, checked before anything runs them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.interface import Interface
from robustbench_cells.models.layout import Array, of_type, select_output
from robustbench_cells.models.network import Network
from robustbench_cells.models.runtimes.threads import threads_given
from robustbench_cells.models.vetting.onnx_graph import messages_of, read_graph, tensor_files

_MAX_MEMORY = 4 * 2**30  # bytes that all sessions of a process may take
LOOP_OPERATORS = {"Loop", "Scan"}  # a network that segments needs none, and they may run for ever


def onnx_network(path: Path, interface: Interface) -> Network:
    """A graph of one image input as a network, run by onnxruntime.

    Parameters
    ----------
    path
        See `load_checked_session`.
    interface
        Which output to take, of several.

    Raises
    ------
    ModelError
        As `load_checked_session`, and if the graph has other inputs or outputs.
    """
    session = load_checked_session(path)
    try:
        return _network(path, session, interface)
    except UnicodeDecodeError as error:  # onnxruntime takes any bytes for a name
        raise ModelError(f"{path}: has a name that is no text ({error}); export it again") from error


def load_checked_session(path: Path) -> Any:
    """A graph that was looked through, ready to run.

    Parameters
    ----------
    path
        The ``.onnx`` file; the data of its tensors may lie in other files of the same folder, and nowhere else.

    Raises
    ------
    ModelError
        If onnx or onnxruntime is not installed, or the graph is damaged or hostile.
    """
    graph = read_graph(path)
    tensor_files(path, graph)
    if endless := {node.op_type for node in messages_of(graph, "NodeProto")} & LOOP_OPERATORS:
        raise ModelError(
            f"{path}: has the operator {', '.join(sorted(endless))}, which may run for ever; it is not run"
        )
    import onnxruntime
    from onnx.external_data_helper import load_external_data_for_model

    try:
        load_external_data_for_model(graph, str(path.parent))
        if any(
            tensor.external_data for tensor in messages_of(graph, "TensorProto")
        ):  # would be sought in the current folder
            raise ValueError("it has tensors in other files where none can be")
        return _session(onnxruntime, graph.SerializeToString())
    except Exception as error:  # whatever a damaged graph makes the two raise
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(f"{path}: onnxruntime cannot load it ({reason[0]}); export it again") from error


def _session(onnxruntime: Any, content: bytes) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # its words to the error stream come as an exception, too
    options.intra_op_num_threads = threads_given()
    options.add_session_config_entry("session.use_env_allocators", "1")
    _limit_memory(onnxruntime)
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


@cache
def _limit_memory(onnxruntime: Any) -> None:
    """Once a process: a graph that asks for more memory than there is fails, and not the machine."""
    kind = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR
    memory = onnxruntime.OrtMemoryInfo("Cpu", kind, 0, onnxruntime.OrtMemType.DEFAULT)
    onnxruntime.create_and_register_allocator(memory, onnxruntime.OrtArenaCfg({"max_mem": _MAX_MEMORY}))


def _network(path: Path, session: Any, interface: Interface) -> Network:
    inputs, outputs = session.get_inputs(), [one.name for one in session.get_outputs()]
    if len(inputs) != 1:
        raise ModelError(f"{path}: has {len(inputs)} inputs ({', '.join(one.name for one in inputs)}); one is needed")
    output = select_output(path, outputs, interface)
    (given,) = inputs
    kinds: dict[str, type] = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
    kinds |= {"tensor(uint8)": np.uint8, "tensor(uint16)": np.uint16}
    if given.type not in kinds:
        raise ModelError(f"{path}: takes {given.type}; one of {', '.join(kinds)} is needed")
    kind, wanted = kinds[given.type], [output]
    shape = tuple(length if isinstance(length, int) and length > 0 else None for length in given.shape)

    def run(batch: Array) -> Array:
        found: list[Any] = session.run(wanted, {given.name: of_type(batch, kind)})
        return np.asarray(found[0])

    return Network(run, shape)
