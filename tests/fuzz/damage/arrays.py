"""Headers of NumPy arrays."""

from __future__ import annotations

import struct

import numpy as np

from tests.fuzz.damage._base import DAMAGES, Damage
from tests.fuzz.damage._values import extreme

_TYPES = (
    "|O", "|b1", "|u1", "<u2", ">u2", "<i8", "<f2", "<f8", "<f16", "<c16", "<U1000000", "<U0", "|S5", "|V3", "<M8[s]",
    "<m8",
    [("a", "<u1"), ("b", "|O")], [("a", "<f4", (3, 2**30))], "no type",
)  # fmt: skip


@DAMAGES.register
class Arrays(Damage):
    """Changes shape, dtype, order and length of the header."""

    name = "npy"
    suffixes = (".npy",)

    def apply(self, content: bytes, rng: np.random.Generator) -> bytes:
        """See `Damage.apply`."""
        if content[:6] != b"\x93NUMPY" or content[6:7] != b"\1" or len(content) < 10:
            raise ValueError
        (length,) = struct.unpack("<H", content[8:10])
        head, pixels = content[10 : 10 + length].decode("latin-1"), content[10 + length :]
        try:
            header = _read(head)
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise ValueError from error
        if not isinstance(header, dict):
            raise ValueError
        way = rng.integers(8)
        shape = list(header.get("shape", ())) or [1]
        if way < 3:
            shape[rng.integers(len(shape))] = extreme(rng)
            header["shape"] = tuple(shape)
        elif way == 3:
            header["shape"] = (tuple(shape), tuple(shape[1:]), (*shape, 1), (), (0, *shape[1:]))[rng.integers(5)]
        elif way == 4:
            header["descr"] = _TYPES[rng.integers(len(_TYPES))]
        elif way == 5:
            header["fortran_order"] = (True, False, None, 2)[rng.integers(4)]
        elif way == 6:
            header.pop(sorted(header)[rng.integers(len(header))]) if header else None
        else:
            pixels = pixels[: rng.integers(len(pixels) + 1)]
        text = repr(header).encode("latin-1", "replace")
        text += b" " * (-(10 + len(text) + 1) % 64) + b"\n"
        if len(text) > 2**16 - 1:
            raise ValueError
        version = b"\1\0" if rng.random() < 0.95 else bytes([int(rng.integers(256)), 0])
        return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + pixels


def _read(text: str) -> object:
    import ast

    return ast.literal_eval(text.strip())
