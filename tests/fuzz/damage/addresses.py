"""Addresses in HDF5, which link the parts of a file."""

from __future__ import annotations

import numpy as np

from tests.fuzz.damage._base import DAMAGES, Damage
from tests.fuzz.damage._values import extreme

_WORD = 8
_SUPERBLOCK = 96  # bytes; damage there mostly makes another format


@DAMAGES.register
class Addresses(Damage):
    """Redirects a possible address to the target of another one, near it, or anywhere."""

    name = "addresses"
    suffixes = (".h5",)

    def apply(self, content: bytes, rng: np.random.Generator) -> bytes:
        """See `Damage.apply`."""
        words = np.frombuffer(content, "<u8", len(content) // _WORD)
        places = np.flatnonzero((words > 0) & (words < len(content)))
        places = places[places >= _SUPERBLOCK // _WORD]
        if not len(places):
            raise ValueError
        changed = bytearray(content)
        for _ in range(rng.choice([1, 1, 1, 2])):
            start, other = (int(rng.choice(places)) * _WORD for _ in range(2))
            target = int.from_bytes(content[other : other + _WORD], "little")
            new = (target, start, other, target + int(rng.choice([-_WORD, _WORD])), extreme(rng))[
                rng.choice(5, p=[0.5, 0.15, 0.15, 0.1, 0.1])
            ]
            changed[start : start + _WORD] = (new % 2**64).to_bytes(_WORD, "little")
        return bytes(changed)
