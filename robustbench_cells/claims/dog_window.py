"""Claim 5."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.claims._evidence import AUGMENTED, DOG, ORIGINAL, Evidence
from robustbench_cells.claims._registry import CLAIMS, Claim, Part


@CLAIMS.register
class DogWindow(Claim):
    """In a narrow window of amplitudes DoG+Otsu beats the networks that were not trained on illumination.

    Beats: a higher accuracy than both. Narrow: at no more than a quarter of the tested amplitudes.
    """

    name = "dog_window"
    number = 5
    section = "III, Figure 3"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        classical, *networks = (evidence.steps(name, "illumination")["accuracy"] for name in (DOG, ORIGINAL, AUGMENTED))
        window = classical.index[(classical > networks[0]) & (classical > networks[1])]
        where = ", ".join(f"{amplitude:g}" for amplitude in window) or "none"
        yield len(window) > 0, f"it has the higher accuracy at amplitude {where}"
        yield len(window) <= len(classical) / 4, f"these are {len(window)} of {len(classical)} amplitudes"
