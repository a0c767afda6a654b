"""Claim 6."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.claims._evidence import AUGMENTED, DISTORTED, DOG, ORIGINAL, Evidence
from robustbench_cells.claims._registry import CLAIMS, Claim, Part


@CLAIMS.register
class DistortedBest(Claim):
    """The network trained on distorted images is better than all others over the whole range of illumination.

    Better: a higher accuracy at each amplitude than the other two networks and DoG+Otsu.
    """

    name = "distorted_best"
    number = 6
    section = "III, Figure 3"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        others = {name: evidence.steps(name, "illumination")["accuracy"] for name in (ORIGINAL, AUGMENTED, DOG)}
        own = evidence.steps(DISTORTED, "illumination")["accuracy"]
        for amplitude, accuracy in zip(own.index, own, strict=True):
            best, rival = max((scores[amplitude], name) for name, scores in others.items())
            yield accuracy > best, f"at amplitude {amplitude:g} it has {accuracy:.4f}, {rival} {best:.4f}"
