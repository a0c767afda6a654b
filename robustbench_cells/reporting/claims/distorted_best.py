"""Claim 6."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, Part
from robustbench_cells.reporting.evidence import AUGMENTED, DISTORTED, DOG, ORIGINAL, Evidence

_RIVALS = (ORIGINAL, AUGMENTED, DOG)


@CLAIMS.register
class DistortedBest(Claim):
    """The network trained on distorted images outperforms all others over the whole range of illumination.

    Outperforms: higher accuracy at each amplitude than the other two networks and DoG+Otsu.
    """

    name = "distorted_best"
    number = 6
    section = "III, Figure 3"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        own, *others = evidence.curves("illumination", (DISTORTED, *_RIVALS), ("accuracy",))
        for row, amplitude in enumerate(own.index):
            accuracy = own["accuracy"].iloc[row]
            best, rival = max((curve["accuracy"].iloc[row], name) for curve, name in zip(others, _RIVALS, strict=True))
            yield accuracy > best, f"at amplitude {amplitude:g} it has {accuracy:.4f}, {rival} {best:.4f}"
