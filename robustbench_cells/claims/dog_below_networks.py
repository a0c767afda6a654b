"""Claim 4."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.claims._evidence import DOG, NETWORKS, Evidence
from robustbench_cells.claims._registry import CLAIMS, Claim, Part


@CLAIMS.register
class DogBelowNetworks(Claim):
    """The best accuracy of DoG+Otsu over all illuminations is below that of each network."""

    name = "dog_below_networks"
    number = 4
    section = "III, Figure 3"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        classical = evidence.steps(DOG, "illumination")["accuracy"].max()
        for network in NETWORKS:
            best = evidence.steps(network, "illumination")["accuracy"].max()
            yield classical < best, f"DoG+Otsu reaches {classical:.4f}, {network} {best:.4f}"
