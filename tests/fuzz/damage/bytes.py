"""Bytes of any format."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np

from tests.fuzz.damage._base import DAMAGES, Damage
from tests.fuzz.damage._values import CONTENTS, extreme

_HEAD = 512  # bytes at either end, where formats put their declarations
_FIELDS = "BHIQ"


@DAMAGES.register
class Bytes(Damage):
    """Flips, cuts, copies, repeats and fills bytes, and sets fields to extremes."""

    name = "bytes"
    suffixes = ()

    def apply(self, content: bytes, rng: np.random.Generator) -> bytes:
        """See `Damage.apply`."""
        if not content:
            return CONTENTS[rng.integers(len(CONTENTS))]
        return _WAYS[rng.choice(len(_WAYS), p=_ODDS)](content, rng)


def _span(content: bytes, rng: np.random.Generator) -> tuple[int, int]:
    """Draw start and end of a part, often a short one."""
    start = _place(content, rng)
    most = max(1, len(content) - start)
    return start, start + int(min(rng.integers(1, most + 1), rng.choice([4, 64, 1024, most])))


def _place(content: bytes, rng: np.random.Generator) -> int:
    """Draw a position, half of them near an end."""
    where = rng.random()
    if where < 0.3:
        return int(rng.integers(min(_HEAD, len(content))))
    if where < 0.5:
        return int(len(content) - 1 - rng.integers(min(_HEAD, len(content))))
    return int(rng.integers(len(content)))


def _flip(content: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.integers(1, 9)):
        changed[_place(content, rng)] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _set_field(content: bytes, rng: np.random.Generator) -> bytes:
    layout = str(rng.choice(["<", ">"])) + _FIELDS[rng.integers(len(_FIELDS))]
    size = struct.calcsize(layout)
    start = _place(content, rng) // size * size
    field = struct.pack(layout, extreme(rng) % 2 ** (8 * size))
    return content[:start] + field + content[start + size :]


def _cut(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: _place(content, rng)]


def _remove(content: bytes, rng: np.random.Generator) -> bytes:
    start, end = _span(content, rng)
    return content[:start] + content[end:]


def _repeat(content: bytes, rng: np.random.Generator) -> bytes:
    start, end = _span(content, rng)
    times = int(min(rng.choice([1, 2, 1000]), 2**21 // (end - start) + 1))
    return content[:end] + content[start:end] * times + content[end:]


def _splice(content: bytes, rng: np.random.Generator) -> bytes:
    start, end = _span(content, rng)
    there = _place(content, rng)
    return content[:there] + content[start:end] + content[there + end - start :]


def _fill(content: bytes, rng: np.random.Generator) -> bytes:
    start, end = _span(content, rng)
    with_ = [bytes(end - start), b"\xff" * (end - start), rng.bytes(end - start)]
    return content[:start] + with_[rng.integers(3)] + content[end:]


def _insert(content: bytes, rng: np.random.Generator) -> bytes:
    there = _place(content, rng)
    return content[:there] + rng.bytes(int(rng.integers(1, 65))) + content[there:]


def _replace(content: bytes, rng: np.random.Generator) -> bytes:
    other = CONTENTS[rng.integers(len(CONTENTS))]
    return other + content[len(other) :] if rng.random() < 0.5 else other


_WAYS: tuple[Callable[[bytes, np.random.Generator], bytes], ...] = (
    _flip, _set_field, _cut, _remove, _repeat, _splice, _fill, _insert, _replace,
)  # fmt: skip
_ODDS = (0.2, 0.25, 0.08, 0.08, 0.07, 0.1, 0.1, 0.07, 0.05)
