"""Tensors of untrusted ONNX graphs: numbers, as many as declared, in the graph or in files of its folder."""

from __future__ import annotations

import os
from math import prod
from pathlib import Path
from typing import Any

from robustbench_cells.errors import ModelError
from robustbench_cells.models.vetting.protobuf import iter_messages

_MAX_BYTES = 2**31 - 1  # limit of protobuf
_MAX_NAME = 200  # characters of a name in a message
_BITS = {
    "BFLOAT16": 16, "BOOL": 8, "DOUBLE": 64, "FLOAT": 32, "FLOAT16": 16, "FLOAT8E4M3FN": 8, "FLOAT8E4M3FNUZ": 8,
    "FLOAT8E5M2": 8, "FLOAT8E5M2FNUZ": 8, "INT16": 16, "INT32": 32, "INT4": 4, "INT64": 64, "INT8": 8, "UINT16": 16,
    "UINT32": 32, "UINT4": 4, "UINT64": 64, "UINT8": 8,
}  # fmt: skip
_LISTS = ("float_data", "int32_data", "int64_data", "double_data", "uint64_data")


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
            declared = _declared_bytes(tensor)
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
    if total > (
        most := min(_MAX_BYTES, sum(file.stat().st_size for file in {file.resolve() for file in files}))
    ):  # no part is used twice
        raise ModelError(f"{path}: its external tensors have {total} bytes, more than the {most} allowed")
    return sorted(files)


def _is_inside(folder: Path, location: str | bytes) -> bool:
    if isinstance(location, bytes):  # not UTF-8
        return False
    if "\0" in location or len(os.fsencode(location)) > _MAX_NAME or Path(location).is_absolute():
        return False
    file = folder / location
    return not file.is_symlink() and file.resolve().is_relative_to(folder)


def check_tensors(path: Path, graph: Any) -> None:
    """Check that each tensor holds as many numbers as declared, once external ones are read.

    Raises
    ------
    ModelError
        If one holds texts, or fewer or more numbers, or was not read from its file.
    """
    for tensor in iter_messages(graph, "TensorProto"):
        named = f"{path}: its tensor {tensor.name[:_MAX_NAME]!r}"
        if tensor.string_data or _type_name(tensor.data_type) == "STRING":
            raise ModelError(f"{named} holds texts; only tensors of numbers are supported")
        if tensor.external_data:  # onnxruntime would search the current folder
            raise ModelError(f"{named} is stored outside, in an unsupported place; export it again")
        try:
            declared = _declared_bytes(tensor)
        except ValueError as error:
            raise ModelError(f"{named} cannot be read ({error}); export it again") from error
        bits = _BITS[_type_name(tensor.data_type)]
        listed = sum(len(getattr(tensor, name)) for name in _LISTS) * max(bits // 8, 1)  # smaller ones share a number
        if min(tensor.dims, default=0) < 0 or len(tensor.raw_data) + listed != declared:
            raise ModelError(f"{named} differs from its declaration; export it again")


def _declared_bytes(tensor: Any) -> int:
    """The size that a tensor's shape and type declare; raises `ValueError` if its type is not supported."""
    if (name := _type_name(tensor.data_type)) not in _BITS:
        raise ValueError(f"type {name}")
    return -(-prod(tensor.dims) * _BITS[name] // 8)


def is_number(kind: int) -> bool:
    """Whether ONNX's number of a type is that of supported numbers."""
    return _type_name(kind) in _BITS


def _type_name(kind: int) -> str:
    import onnx

    names = onnx.TensorProto.DataType
    return str(names.Name(kind)) if kind in names.values() else str(kind)
