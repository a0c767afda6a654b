"""Random numbers that depend on what they are for, and on nothing else.

A generator is keyed by a stable hash of its purpose (seed, data set, frame, patch, artefact), never by the intensity,
the model or the order of the run. So every segmenter sees the same pixels, and any subset of a run gives the same
numbers as the whole.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np


def generator(*key: str | int) -> np.random.Generator:
    """A generator of its own for ``key``.

    Parameters
    ----------
    key
        Text and whole numbers; ``1`` and ``"1"`` are different keys.

    Returns
    -------
    numpy.random.Generator
        Seeded with the first 128 bits of the SHA-256 of the key, by way of a ``SeedSequence``.
    """
    digest = hashlib.sha256(json.dumps(key).encode()).digest()
    return np.random.default_rng(np.random.SeedSequence(int.from_bytes(digest[:16], "big")))
