"""Claim 10."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, Part
from robustbench_cells.reporting.evidence import AUGMENTED, DISTORTED, ORIGINAL, Evidence


@CLAIMS.register
class DistortedBreaksMost(Claim):
    """Large cells are fragmented most by the network trained on distorted images.

    Most: of the three networks, its ratio of predicted to labelled cells grows most from zoom 1 to the mean of larger
    zooms.
    """

    name = "distorted_breaks_most"
    number = 10
    section = "III, Figure 5"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        growth = {}
        for network in (DISTORTED, ORIGINAL, AUGMENTED):
            curve = evidence.zooms(network, ("cells_predicted", "cells_true"))
            ratio = curve["cells_predicted"] / curve["cells_true"]
            growth[network] = ratio[ratio.index > 1].mean() / ratio.loc[1]
        for network in (ORIGINAL, AUGMENTED):
            text = f"its count grows {growth[DISTORTED]:.2f} times, that of {network} {growth[network]:.2f} times"
            yield growth[DISTORTED] > growth[network], text
