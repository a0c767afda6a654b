"""Claim 5."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, Part
from robustbench_cells.reporting.evidence import AUGMENTED, DOG, ORIGINAL, Evidence


@CLAIMS.register
class DogWindow(Claim):
    """In a narrow window of amplitudes DoG+Otsu outperforms the networks that were not trained on illumination.

    Outperforms: higher accuracy than both. Narrow: at no more than a quarter of the tested amplitudes.
    """

    name = "dog_window"
    number = 5
    section = "III, Figure 3"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        classical, *curves = evidence.curves(
            "illumination", (DOG, ORIGINAL, AUGMENTED), ("accuracy",), min_intensities=5
        )
        ahead = pd.concat([classical["accuracy"] > curve["accuracy"] for curve in curves], axis=1).all(axis=1)
        where = ", ".join(f"{amplitude:g}" for amplitude in ahead.index[ahead]) or "none"
        yield bool(ahead.any()), f"it has the higher accuracy at amplitude {where}"
        yield ahead.sum() <= len(ahead) / 4, f"that is at {ahead.sum()} of {len(ahead)} amplitudes"
