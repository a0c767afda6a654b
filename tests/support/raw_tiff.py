"""TIFF files written byte by byte: any tag, any value, independent of the libraries that read them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Tags = dict[int, int | Sequence[int] | bytes]
_SHORT, _LONG, _ASCII = 3, 4, 2


def write_raw_tiff(path: Path, pages: Sequence[tuple[bytes, Tags]], order: str = "<") -> None:
    """Write pages, each of one strip of data and its tags; later tags replace the usual ones."""
    content = bytearray((b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 0))
    link = 4
    for data, tags in pages:
        place = len(content)
        content += data + bytes(len(data) % 2)
        entries = dict(sorted({273: place, 279: len(data), **tags}.items()))
        blocks = {number: _pack(value, order) for number, value in entries.items()}
        outside = {}
        for number, (_, _, block) in blocks.items():
            if len(block) > 4:
                outside[number] = len(content)
                content += block + bytes(len(block) % 2)
        struct.pack_into(order + "I", content, link, len(content))
        content += struct.pack(order + "H", len(blocks))
        for number, (kind, count, block) in blocks.items():
            content += struct.pack(order + "HHI", number, kind, count)
            content += struct.pack(order + "I", outside[number]) if number in outside else block.ljust(4, b"\0")
        link = len(content)
        content += bytes(4)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def grey_tags(shape: tuple[int, int], bits: int, sample_format: int = 1, photometric: int = 1) -> Tags:
    """List the usual tags of a grey page of one strip, uncompressed."""
    height, width = shape
    return {
        256: width, 257: height, 258: (bits,), 259: (1,), 262: (photometric,), 277: (1,), 278: height,
        339: (sample_format,),
    }  # fmt: skip


def pack_bits(values: npt.NDArray[np.generic], bits: int) -> bytes:
    """Pack values of 1, 2, 4 or 12 bits, each row to whole bytes, the first value in the high bits."""
    shifts = np.arange(bits - 1, -1, -1)
    spread = (values.astype(np.uint16)[..., None] >> shifts & 1).astype(np.uint8)
    return np.packbits(spread.reshape(len(values), -1), axis=1).tobytes()


def _pack(value: int | Sequence[int] | bytes, order: str) -> tuple[int, int, bytes]:
    if isinstance(value, bytes):
        return _ASCII, len(value) + 1, value + b"\0"
    if isinstance(value, int):
        return _LONG, 1, struct.pack(order + "I", value)
    kind, letter = (_SHORT, "H") if max(value) < 2**16 else (_LONG, "I")
    return kind, len(value), struct.pack(f"{order}{len(value)}{letter}", *value)
