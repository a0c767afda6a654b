"""ONNX graphs, checked before anything runs them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.interface import Interface
from robustbench_cells.models.network import Array, Network, chosen_output, of_type
from robustbench_cells.models.runtimes.threads import threads_given

_MOST_BYTES = 2**31 - 1  # what a protobuf holds
_MOST_MEMORY = 4 * 2**30  # bytes that all sessions of a process may take
_NAME = 200  # characters of a name in a message
_ENDLESS = {"Loop", "Scan"}  # a network that segments needs none, and they may run for ever


def onnx_network(path: Path, interface: Interface) -> Network:
    """A graph of one image input as a network, run by onnxruntime.

    Parameters
    ----------
    path
        See `checked_session`.
    interface
        Which output to take, of several.

    Raises
    ------
    ModelError
        As `checked_session`, and if the graph has other inputs or outputs.
    """
    session = checked_session(path)
    try:
        return _network(path, session, interface)
    except UnicodeDecodeError as error:  # onnxruntime takes any bytes for a name
        raise ModelError(f"{path}: has a name that is no text ({error}); export it again") from error


def external_files(path: Path) -> list[Path]:
    """The files of the same folder that hold the data of a graph's tensors.

    Raises
    ------
    ModelError
        As `checked_session`.
    """
    return _external(path, _read(path))


def checked_session(path: Path) -> Any:
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
    graph = _read(path)
    _external(path, graph)
    if endless := {node.op_type for node in _parts(graph, "NodeProto")} & _ENDLESS:
        raise ModelError(
            f"{path}: has the operator {', '.join(sorted(endless))}, which may run for ever; it is not run"
        )
    try:
        import onnxruntime
        from onnx.external_data_helper import load_external_data_for_model
    except ModuleNotFoundError as error:
        raise _lacking(path, error) from error
    try:
        load_external_data_for_model(graph, str(path.parent))
        if any(
            tensor.external_data for tensor in _parts(graph, "TensorProto")
        ):  # would be sought in the current folder
            raise ValueError("it has tensors in other files where none can be")
        return _session(onnxruntime, graph.SerializeToString())
    except Exception as error:  # whatever a damaged graph makes the two raise
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(f"{path}: onnxruntime cannot load it ({reason[0]}); export it again") from error


def _read(path: Path) -> Any:
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ModuleNotFoundError as error:
        raise _lacking(path, error) from error
    if path.stat().st_size > _MOST_BYTES:
        raise ModelError(f"{path}: has {path.stat().st_size} bytes; at most {_MOST_BYTES} are read")
    try:
        return onnx.load_model(path, load_external_data=False)
    except (DecodeError, OSError, ValueError) as error:
        raise ModelError(f"{path}: is not an ONNX file or is damaged ({error}); export it again") from error


def _lacking(path: Path, error: ModuleNotFoundError) -> ModelError:
    return ModelError(f"{path}: needs {error.name}: pip install 'robustbench-cells[onnx]'")


def _external(path: Path, graph: Any) -> list[Path]:
    """What tensors are read from; refused if that is not a file of the graph's own folder, or not what they declare."""
    folder, files, total = path.parent.resolve(), set(), 0
    for tensor in _parts(graph, "TensorProto"):
        entries = {entry.key: entry.value for entry in tensor.external_data}
        if "location" not in entries:
            continue
        location, name = entries["location"], tensor.name[:_NAME]
        if not _inside(folder, location):
            where = f"{location[:_NAME]!r}, outside its folder"
            raise ModelError(f"{path}: its tensor {name!r} is to be read from {where}; it is not read")
        file = folder / location
        if not file.is_file():
            raise ModelError(f"{path}: the file {location!r} with its tensor {name!r} is not beside it")
        try:
            declared = prod(tensor.dims) * _item_size(tensor)
            begin = int(entries.get("offset", 0))
            length = int(entries.get("length", file.stat().st_size - begin))  # without it, all that follows is read
        except (KeyError, ValueError) as error:  # a type or a number that is none
            raise ModelError(f"{path}: its tensor {name!r} cannot be read ({error}); export it again") from error
        if min(begin, length, *tensor.dims, 0) < 0 or length != declared or begin + length > file.stat().st_size:
            raise ModelError(f"{path}: its tensor {name!r} is not in {location!r} as it declares; export it again")
        files.add(path.parent / location)
        total += length
    if total > _MOST_BYTES:
        raise ModelError(f"{path}: its tensors have {total} bytes in other files; at most {_MOST_BYTES} are read")
    return sorted(files)


def _inside(folder: Path, location: str | bytes) -> bool:
    if isinstance(location, bytes):  # protobuf's text that is none
        return False
    if "\0" in location or len(os.fsencode(location)) > _NAME or Path(location).is_absolute():
        return False
    file = folder / location
    return not file.is_symlink() and file.resolve().is_relative_to(folder)


def _item_size(tensor: Any) -> int:
    from onnx.helper import tensor_dtype_to_np_dtype

    return int(tensor_dtype_to_np_dtype(tensor.data_type).itemsize)


def _parts(graph: Any, kind: str) -> Iterator[Any]:
    """All protobuf messages of a kind in a graph, without recursion: a hostile one nests deeply."""
    left = [graph]
    while left:
        one = left.pop()
        if one.DESCRIPTOR.name == kind:
            yield one
        for field, value in one.ListFields():
            if field.message_type is not None:
                left.extend(value if hasattr(value, "__len__") else [value])


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
    onnxruntime.create_and_register_allocator(memory, onnxruntime.OrtArenaCfg({"max_mem": _MOST_MEMORY}))


def _network(path: Path, session: Any, interface: Interface) -> Network:
    inputs, outputs = session.get_inputs(), [one.name for one in session.get_outputs()]
    if len(inputs) != 1:
        raise ModelError(f"{path}: has {len(inputs)} inputs ({', '.join(one.name for one in inputs)}); one is needed")
    output = chosen_output(path, outputs, interface)
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
