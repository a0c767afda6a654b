"""Common random numbers: generators keyed by their purpose alone.

The key is (seed, data set, frame, patch, artefact), never the intensity, the model or the order of the run. Every
segmenter therefore sees the same pixels, and any subset of a run gives the same numbers as the whole run.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np


def generator(*key: str | int) -> np.random.Generator:
    """Create the random generator of ``key``.

    Parameters
    ----------
    key
        Strings and integers; ``1`` and ``"1"`` are different keys.

    Returns
    -------
    numpy.random.Generator
        Generator whose ``SeedSequence`` holds the first 128 bits of the key's SHA-256.
    """
    digest = hashlib.sha256(json.dumps(key).encode()).digest()
    return np.random.default_rng(np.random.SeedSequence(int.from_bytes(digest[:16], "big")))
