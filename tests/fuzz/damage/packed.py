"""Gzip: content damaged and compressed again."""

from __future__ import annotations

import gzip
import zlib

import numpy as np

from tests.fuzz.damage._base import DAMAGES, Damage, apply_damage


@DAMAGES.register
class Packed(Damage):
    """Damages the table inside, or appends an expansion bomb."""

    name = "gzip"
    suffixes = (".csv.gz",)

    def apply(self, content: bytes, rng: np.random.Generator) -> bytes:
        """See `Damage.apply`."""
        try:
            inside = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError from error
        if rng.random() < 0.05:  # decompresses two hundredfold
            return content + gzip.compress(b"0," * 2**23, mtime=0)
        return gzip.compress(apply_damage("a.csv", inside, rng), mtime=0)
