"""Untrusted ONNX files, read as graphs of plain arrays and known operators before onnxruntime gets them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from robustbench_cells.errors import ModelError
from robustbench_cells.files.reading import require_file
from robustbench_cells.models.extras import require_extra
from robustbench_cells.models.vetting.onnx_functions import MAX_NODES, unfold_functions
from robustbench_cells.models.vetting.onnx_operators import LOOP_OPERATORS
from robustbench_cells.models.vetting.onnx_tensors import check_tensor_files, check_tensors, is_number
from robustbench_cells.models.vetting.protobuf import check_counts, iter_messages

_MAX_BYTES = 2**31 - 1  # limit of protobuf
_MAX_COUNTS = {"NodeProto": MAX_NODES, "TensorProto": 2 * MAX_NODES, "GraphProto": MAX_NODES, "FunctionProto": 1000}
_PLAIN_TYPES = {"tensor_type", "denotation"}  # of a value: no sequence, map, optional or sparse tensor


def external_files(path: Path) -> list[Path]:
    """List the files of a graph's external tensors.

    Raises
    ------
    ModelError
        As `load_checked_session`.
    """
    return check_tensor_files(path, read_graph(path))


def read_graph(path: Path) -> Any:
    """Read the graph of a file, without external tensors.

    Raises
    ------
    ModelError
        If onnx is not installed, or the file is too large, damaged, or no ONNX file.
    """
    require_extra(str(path), "onnx")
    import onnx
    from google.protobuf.message import DecodeError

    require_file(path, _MAX_BYTES, ModelError)
    try:
        content = path.read_bytes()
        check_counts(content, onnx.ModelProto.DESCRIPTOR, _MAX_COUNTS)
        return onnx.load_model_from_string(content)  # by its bytes: a name that ends in .json means nothing here
    except (DecodeError, OSError, ValueError) as error:
        raise ModelError(f"{path}: is not an ONNX file, damaged or refused ({error}); export it again") from error


def read_checked_graph(path: Path) -> Any:
    """Read a graph with its external tensors, its local functions replaced by their nodes.

    Raises
    ------
    ModelError
        As `read_graph`, `check_tensor_files` and `unfold_functions`, and if an operator may never terminate, a tensor
        holds texts or other values than declared, or a value is no plain array.
    """
    from onnx.external_data_helper import load_external_data_for_model

    graph = read_graph(path)
    check_tensor_files(path, graph)
    _check_messages(path, graph)
    try:
        load_external_data_for_model(graph, str(path.parent))
    except Exception as error:  # the library raises several kinds
        raise ModelError(f"{path}: its external tensors cannot be read ({error}); export it again") from error
    check_tensors(path, graph)
    graph = unfold_functions(path, graph)
    if loops := {node.op_type for node in iter_messages(graph, "NodeProto")} & LOOP_OPERATORS:
        named = ", ".join(sorted(loops))
        raise ModelError(f"{path}: has the operator {named}, which may never terminate; such a model is refused")
    return graph


def _check_messages(path: Path, graph: Any) -> None:
    """Refuse all values but arrays: sparse tensors expand to any size, sequences and the like belong to no network."""
    if graph.training_info or next(iter_messages(graph, "SparseTensorProto"), None) is not None:
        raise ModelError(f"{path}: has sparse tensors or steps of training; export it again for inference")
    for kind in iter_messages(graph, "TypeProto"):
        if odd := {field.name for field, _ in kind.ListFields()} - _PLAIN_TYPES:
            raise ModelError(f"{path}: has a value of {min(odd)}; only tensors of numbers are supported")
        if (number := kind.tensor_type.elem_type) and not is_number(number):
            raise ModelError(f"{path}: has a value of texts or of type {number}; only tensors of numbers are supported")
