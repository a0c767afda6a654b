"""Gzip: what is inside is damaged and packed again."""

from __future__ import annotations

import gzip
import zlib

import numpy as np

from tests.fuzz.damage._registry import DAMAGES, Damage, damaged


@DAMAGES.register
class Packed(Damage):
    """Stored tables."""

    name = "gzip"
    suffixes = (".csv.gz",)

    def apply(self, content: bytes, rng: np.random.Generator) -> bytes:
        """See `Damage.apply`."""
        try:
            inside = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError from error
        if rng.random() < 0.05:  # two hundred times as much as it seems
            return content + gzip.compress(b"0," * 2**23, mtime=0)
        return gzip.compress(damaged("a.csv", inside, rng), mtime=0)
