"""Validation of untrusted ONNX graphs and their external tensors before onnxruntime reads them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

from robustbench_cells.errors import ModelError
from robustbench_cells.files.reading import require_file
from robustbench_cells.models.extras import require_extra

_MAX_BYTES = 2**31 - 1  # limit of protobuf
_MAX_NAME = 200  # characters of a name in a message


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
        return onnx.load_model(path, load_external_data=False)
    except (DecodeError, OSError, ValueError) as error:
        raise ModelError(f"{path}: is not an ONNX file or is damaged ({error}); export it again") from error


def check_tensor_files(path: Path, graph: Any) -> list[Path]:
    """Check that external tensors are in files of the graph's folder, as declared; and list these files.

    Raises
    ------
    ModelError
        If a file is missing, outside the folder or too large, or a tensor does not match its declaration.
    """
    folder, files, total = path.parent.resolve(), set(), 0
    for tensor in iter_messages(graph, "TensorProto"):
        entries = {entry.key: entry.value for entry in tensor.external_data}
        if "location" not in entries:
            continue
        location, name = entries["location"], tensor.name[:_MAX_NAME]
        if not _is_inside(folder, location):
            where = f"{location[:_MAX_NAME]!r}, outside its folder"
            raise ModelError(f"{path}: its tensor {name!r} is stored in {where}; such a model is refused")
        file = folder / location
        if not file.is_file():
            raise ModelError(
                f"{path}: the file {location!r} of its tensor {name!r} is missing; put it in the same folder"
            )
        try:
            declared = prod(tensor.dims) * _item_size(tensor)
            begin = int(entries.get("offset", 0))
            length = int(entries.get("length", file.stat().st_size - begin))  # by default the rest of the file
        except (KeyError, ValueError) as error:  # an unknown type, or a number that cannot be parsed
            raise ModelError(f"{path}: its tensor {name!r} cannot be read ({error}); export it again") from error
        if min(begin, length, *tensor.dims, 0) < 0 or length != declared or begin + length > file.stat().st_size:
            raise ModelError(
                f"{path}: its tensor {name!r} in {location!r} differs from its declaration; export it again"
            )
        files.add(path.parent / location)
        total += length
    if total > _MAX_BYTES:
        raise ModelError(f"{path}: its external tensors have {total} bytes, more than the {_MAX_BYTES} allowed")
    return sorted(files)


def _is_inside(folder: Path, location: str | bytes) -> bool:
    if isinstance(location, bytes):  # not UTF-8
        return False
    if "\0" in location or len(os.fsencode(location)) > _MAX_NAME or Path(location).is_absolute():
        return False
    file = folder / location
    return not file.is_symlink() and file.resolve().is_relative_to(folder)


def _item_size(tensor: Any) -> int:
    from onnx.helper import tensor_dtype_to_np_dtype

    return int(tensor_dtype_to_np_dtype(tensor.data_type).itemsize)


def iter_messages(graph: Any, kind: str) -> Iterator[Any]:
    """Iterate over the protobuf messages of a kind in a graph, without recursion: a hostile one nests deeply."""
    stack = [graph]
    while stack:
        message = stack.pop()
        if message.DESCRIPTOR.name == kind:
            yield message
        for field, value in message.ListFields():
            if field.message_type is not None:
                stack.extend(value if hasattr(value, "__len__") else [value])
