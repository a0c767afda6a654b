"""PNG files written chunk by chunk: any type and chunk, independent of the libraries that read them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.support.raw_tiff import pack_bits

Chunks = Sequence[tuple[bytes, bytes]]
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6


def write_raw_png(
    path: Path, pixels: npt.NDArray[np.generic], bits: int, colour_type: int = GREY, chunks: Chunks = ()
) -> None:
    """Write values (H, W) or (H, W, S) with chunks before the pixels."""
    height, width = pixels.shape[:2]
    rows = pixels.reshape(height, -1)
    packed = pack_bits(rows, bits) if bits < 8 else rows.astype(f">u{bits // 8}").tobytes()
    size = len(packed) // height
    lines = b"".join(b"\0" + packed[start : start + size] for start in range(0, len(packed), size))
    head = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(inside)) + name + inside + struct.pack(">I", zlib.crc32(name + inside))
            for name, inside in ((b"IHDR", head), *chunks, (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
        )
    )
