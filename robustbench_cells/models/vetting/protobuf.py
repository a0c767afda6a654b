"""Counts of an untrusted protobuf file's parts, from its bytes: a few bytes can become gigabytes of objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types
_INTEGERS = {3, 4, 5, 8, 13, 14, 17, 18}  # types of fields whose numbers have as little as a byte in a file
_MAX_FIELDS = 500_000
_MAX_PACKED = 2**26  # bytes of packed integers, each of which may become eight
_MAX_DEPTH = 100  # limit of protobuf


def check_counts(content: bytes, kind: Any, most: Mapping[str, int]) -> None:
    """Count a file's parts, without creating any.

    Parameters
    ----------
    content
        Bytes of the file.
    kind
        Descriptor of its outermost message.
    most
        Largest number of messages by their type's name.

    Raises
    ------
    ValueError
        If there are more than allowed, of fields in all, of packed integers, or of a type in ``most``; or if the bytes
        are no protobuf.
    """
    counts: Counter[str] = Counter()
    packed = 0
    for seen, (field, length) in enumerate(_iter_fields(content, kind)):
        if seen == _MAX_FIELDS:
            raise ValueError(f"it has more than the {_MAX_FIELDS:,} fields allowed")
        if field is None:
            continue
        if field.message_type is not None:
            name = field.message_type.name
            counts[name] += 1
            if counts[name] > most.get(name, _MAX_FIELDS):
                raise ValueError(f"it has more than the {most[name]:,} messages {name} allowed")
        elif field.type in _INTEGERS:
            packed += length
            if packed > _MAX_PACKED:
                raise ValueError(f"it has more than the {_MAX_PACKED} bytes of packed integers allowed")


def _iter_fields(content: bytes, kind: Any) -> Iterator[tuple[Any, int]]:
    """Iterate over the fields of a message and of all within: each with its descriptor, if known, and its length."""
    numbered: dict[Any, dict[int, Any]] = {}
    stack = [(kind, len(content))]  # messages that are open, and where they end
    place = 0
    while stack:
        inside, end = stack[-1]
        if place >= end:
            stack.pop()
            if place > end:
                raise ValueError("a field reaches beyond its message")
            continue
        key, place = _varint(content, place)
        length, place = _length(content, place, key & 7)
        if (known := numbered.get(inside)) is None:
            known = numbered[inside] = {field.number: field for field in inside.fields}
        field = known.get(key >> 3) if key & 7 == _BYTES else None
        yield field, length
        if field is not None and field.message_type is not None:
            if len(stack) == _MAX_DEPTH:
                raise ValueError("it is nested too deeply")
            stack.append((field.message_type, place + length))
        else:
            place += length


def _length(content: bytes, place: int, wire: int) -> tuple[int, int]:
    """The length of a field of a wire type, and where its bytes begin."""
    if wire == _BYTES:
        return _varint(content, place)
    if wire == _VARINT:
        return _varint(content, place)[1] - place, place
    if wire in (_FIXED32, _FIXED64):
        return (4 if wire == _FIXED32 else 8), place
    raise ValueError(f"a field has the unknown wire type {wire}")


def _varint(content: bytes, place: int) -> tuple[int, int]:
    """Read a number of seven bits per byte; returns it and where the next field starts."""
    value = shift = 0
    while True:
        if place >= len(content) or shift > 63:
            raise ValueError("a number is cut off")
        byte = content[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7


def iter_messages(message: Any, kind: str) -> Iterator[Any]:
    """Iterate over the messages of a kind within one, without recursion: a hostile one nests deeply."""
    stack = [message]
    while stack:
        message = stack.pop()
        if message.DESCRIPTOR.name == kind:
            yield message
        for field, value in message.ListFields():
            if field.message_type is not None:
                stack.extend(value if hasattr(value, "__len__") else [value])
