"""ONNX graphs, validated before onnxruntime reads them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

from robustbench_cells.errors import ModelError
from robustbench_cells.models.extras import require_extra

_MAX_BYTES = 2**31 - 1  # what a protobuf holds


_NAME = 200  # characters of a name in a message


def external_files(path: Path) -> list[Path]:
    """The files of the same folder that hold the data of a graph's tensors.

    Raises
    ------
    ModelError
        As `load_checked_session`.
    """
    return tensor_files(path, read_graph(path))


def read_graph(path: Path) -> Any:
    """The graph of a file, without the data that lie outside of it."""
    require_extra(str(path), "onnx")
    import onnx
    from google.protobuf.message import DecodeError

    if path.stat().st_size > _MAX_BYTES:
        raise ModelError(f"{path}: has {path.stat().st_size} bytes; at most {_MAX_BYTES} are read")
    try:
        return onnx.load_model(path, load_external_data=False)
    except (DecodeError, OSError, ValueError) as error:
        raise ModelError(f"{path}: is not an ONNX file or is damaged ({error}); export it again") from error


def tensor_files(path: Path, graph: Any) -> list[Path]:
    """What tensors are read from; refused if that is not a file of the graph's own folder, or not what they declare."""
    folder, files, total = path.parent.resolve(), set(), 0
    for tensor in messages_of(graph, "TensorProto"):
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
    if total > _MAX_BYTES:
        raise ModelError(f"{path}: its tensors have {total} bytes in other files; at most {_MAX_BYTES} are read")
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


def messages_of(graph: Any, kind: str) -> Iterator[Any]:
    """All protobuf messages of a kind in a graph, without recursion: a hostile one nests deeply."""
    left = [graph]
    while left:
        one = left.pop()
        if one.DESCRIPTOR.name == kind:
            yield one
        for field, value in one.ListFields():
            if field.message_type is not None:
                left.extend(value if hasattr(value, "__len__") else [value])
