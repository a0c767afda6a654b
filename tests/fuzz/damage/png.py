"""PNG: chunks changed, moved and added, with correct checksums."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from tests.fuzz.damage._base import DAMAGES, Damage
from tests.fuzz.damage._values import extreme

_MAGIC = b"\x89PNG\r\n\x1a\n"
_BOMB = 2**25
_NAMES = (
    b"IHDR",
    b"PLTE",
    b"IDAT",
    b"IEND",
    b"tRNS",
    b"iCCP",
    b"zTXt",
    b"iTXt",
    b"acTL",
    b"fcTL",
    b"fdAT",
    b"eXIf",
    b"pHYs",
    b"gAMA",
    b"sBIT",
)


@DAMAGES.register
class Png(Damage):
    """Changes header, chunks and their order; adds animations and expansion bombs."""

    name = "png"
    suffixes = (".png",)

    def apply(self, content: bytes, rng: np.random.Generator) -> bytes:
        """See `Damage.apply`."""
        chunks = _chunks(content)
        if not chunks:
            raise ValueError
        place = int(rng.integers(len(chunks)))
        name, inside = chunks[place]
        match rng.integers(8):
            case 0 | 1:
                field = int(rng.choice([0, 4]))  # width, height
                head = bytearray(chunks[0][1])
                head[field : field + 4] = struct.pack(">I", extreme(rng) % 2**32)
                chunks[0] = (chunks[0][0], bytes(head))
            case 2:
                head = bytearray(chunks[0][1].ljust(13, b"\0"))
                head[rng.integers(8, 13)] = int(rng.choice([0, 1, 2, 3, 4, 6, 8, 16, 255]))
                chunks[0] = (chunks[0][0], bytes(head))
            case 3:
                chunks[place] = (name, DAMAGES.get("bytes").apply(inside, rng))
            case 4:
                chunks.insert(place, chunks[rng.integers(len(chunks))])
            case 5:
                del chunks[place]
            case 6:
                other = _NAMES[rng.integers(len(_NAMES))]
                chunks.insert(place, (other, rng.bytes(int(rng.integers(40)))))
            case _:
                packed = zlib.compress(bytes(_BOMB), 9)
                bombs = ((b"zTXt", b"a\0\0" + packed), (b"iCCP", b"a\0\0" + packed), (b"IDAT", packed))
                chunks.insert(min(1, place), bombs[rng.integers(3)])
        return _MAGIC + b"".join(
            struct.pack(">I", len(inside)) + name + inside + struct.pack(">I", zlib.crc32(name + inside))
            for name, inside in chunks
        )


def _chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    if not content.startswith(_MAGIC):
        raise ValueError
    found, place = [], len(_MAGIC)
    while place + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, place)
        found.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + length]))
        place += 12 + length
    return found
