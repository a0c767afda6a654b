"""ONNX: nodes, attributes, tensors and shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.fuzz.damage._base import DAMAGES, Damage
from tests.fuzz.damage._values import extreme, word

_OPERATORS = (
    "Add", "Concat", "ConstantOfShape", "Conv", "Expand", "Gather", "Identity", "If", "Loop", "MatMul", "Mod",
    "NoSuchThing", "OneHot", "Pad", "RandomNormal", "Range", "Reshape", "Resize", "Tile", "TopK", "Transpose",
    "Unsqueeze",
)  # fmt: skip


@DAMAGES.register
class Graphs(Damage):
    """Changes any field of any message."""

    name = "onnx"
    suffixes = (".onnx",)

    def apply(self, content: bytes, rng: np.random.Generator) -> bytes:
        """See `Damage.apply`."""
        from google.protobuf.message import DecodeError, EncodeError
        from onnx import ModelProto

        graph = ModelProto()
        try:
            graph.ParseFromString(content)
            messages = list(_messages(graph))
            _change(messages[rng.integers(len(messages))], rng)
            return graph.SerializeToString()
        except (DecodeError, EncodeError, TypeError, AttributeError) as error:
            raise ValueError from error


def _messages(message: Any) -> Any:
    yield message
    for field, inside in message.ListFields():
        if field.message_type is not None:
            for one in inside if hasattr(inside, "__len__") else [inside]:
                yield from _messages(one)


def _change(message: Any, rng: np.random.Generator) -> None:
    if message.DESCRIPTOR.name == "NodeProto" and rng.random() < 0.3:
        message.op_type = str(rng.choice(_OPERATORS))
        return
    if message.DESCRIPTOR.name == "TensorProto" and rng.random() < 0.2:
        message.data_location = 1
        entry = message.external_data.add()
        entry.key, entry.value = str(rng.choice(["location", "offset", "length"])), word(rng).replace("\ud800", "?")
        return
    fields = [field for field, _ in message.ListFields()] or list(message.DESCRIPTOR.fields)
    field = fields[rng.integers(len(fields))]
    many = hasattr(getattr(message, field.name), "__len__") and not isinstance(
        getattr(message, field.name), str | bytes
    )
    if field.message_type is not None:
        there = getattr(message, field.name)
        if many and len(there):
            there.add().CopyFrom(there[rng.integers(len(there))]) if rng.random() < 0.5 else there.pop(
                int(rng.integers(len(there)))
            )
        else:
            message.ClearField(field.name)
        return
    new: Any = extreme(rng)
    if field.cpp_type == field.CPPTYPE_STRING:
        new = word(rng).replace("\ud800", "?")
        new = new.encode() if field.type == field.TYPE_BYTES else new
    elif field.cpp_type in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        new = float(rng.choice([np.nan, np.inf, 1e30, -1.0]))
    elif field.cpp_type == field.CPPTYPE_INT32:
        new = int(rng.choice([-1, 0, 1, 2, 7, 8, 10, 16, 99]))
    else:
        new = (new + 2**63) % 2**64 - 2**63
    if not many:
        setattr(message, field.name, new)
        return
    values = getattr(message, field.name)
    if len(values) and rng.random() < 0.8:
        values[int(rng.integers(len(values)))] = new
    else:
        values.append(new)
