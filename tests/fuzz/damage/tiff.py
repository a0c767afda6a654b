"""TIFF: entries of its directories."""

from __future__ import annotations

import struct

import numpy as np

from tests.fuzz.damage._base import DAMAGES, Damage
from tests.fuzz.damage._values import extreme

_ENTRY = 12
_MAX_DIRECTORIES = 64
_TAGS = (
    254,
    256,
    257,
    258,
    259,
    262,
    266,
    270,
    273,
    274,
    277,
    278,
    279,
    284,
    317,
    320,
    322,
    323,
    324,
    325,
    330,
    338,
    339,
    33629,
    347,
)
_COMPRESSIONS = (1, 2, 3, 4, 5, 6, 7, 8, 32773, 32809, 32946, 34712, 34887, 34925, 50000, 50001, 50002, 65535)


@DAMAGES.register
class Tiff(Damage):
    """Sets tags, types, counts and values to extremes; links directories to one another, or astray."""

    name = "tiff"
    suffixes = (".tif", ".tiff")

    def apply(self, content: bytes, rng: np.random.Generator) -> bytes:
        """See `Damage.apply`."""
        order = {b"II*\0": "<", b"MM\0*": ">"}.get(content[:4])
        if order is None:
            raise ValueError
        try:
            entries, ends = _directories(content, order)
        except struct.error as error:
            raise ValueError from error
        if not entries:
            raise ValueError
        changed = bytearray(content)

        def put(place: int, layout: str, number: int) -> None:
            changed[place : place + struct.calcsize(layout)] = struct.pack(
                order + layout, number % 2 ** (8 * struct.calcsize(layout))
            )

        entry = entries[rng.integers(len(entries))]
        match rng.integers(8):
            case 0:
                put(entry, "H", int(rng.choice(_TAGS)))
            case 1:
                put(entry + 2, "H", int(rng.integers(20)))
            case 2:
                put(entry + 4, "I", extreme(rng))
            case 3 | 4:
                put(entry + 8, str(rng.choice(["H", "I"])), extreme(rng))
            case 5:
                put(entry + 8, "H", int(rng.choice(_COMPRESSIONS)))
            case 6:
                there = int(rng.choice([8, *ends, len(content)]))
                put(ends[rng.integers(len(ends))], "I", there)
            case _:
                place = ends[rng.integers(len(ends))]
                put(place, "I", len(changed))
                (count,) = struct.unpack_from(f"{order}H", content, 8)
                changed += content[8 : 8 + 2 + count * _ENTRY + 4]
        return bytes(changed)


def _directories(content: bytes, order: str) -> tuple[list[int], list[int]]:
    """List the offsets of all entries, and of the link at the end of each directory."""
    entries: list[int] = []
    ends: list[int] = []
    (start,) = struct.unpack_from(f"{order}I", content, 4)
    while start and len(ends) < _MAX_DIRECTORIES:
        (count,) = struct.unpack_from(f"{order}H", content, start)
        end = start + 2 + count * _ENTRY
        (following,) = struct.unpack_from(f"{order}I", content, end)
        entries += range(start + 2, end, _ENTRY)
        if end in ends:
            break
        ends.append(end)
        start = following
    return entries, ends
