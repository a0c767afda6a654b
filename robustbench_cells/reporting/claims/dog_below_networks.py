"""Claim 4."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, Part
from robustbench_cells.reporting.evidence import DOG, NETWORKS, Evidence


@CLAIMS.register
class DogBelowNetworks(Claim):
    """The best accuracy of DoG+Otsu over all illuminations is below that of each network."""

    name = "dog_below_networks"
    number = 4
    section = "III, Figure 3"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        classical, *curves = evidence.curves("illumination", (DOG, *NETWORKS), ("accuracy",))
        highest = classical["accuracy"].max()
        for network, curve in zip(NETWORKS, curves, strict=True):
            best = curve["accuracy"].max()
            yield highest < best, f"DoG+Otsu reaches {highest:.4f}, {network} {best:.4f}"
