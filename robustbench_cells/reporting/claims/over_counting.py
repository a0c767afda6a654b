"""Claim 1."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, Part
from robustbench_cells.reporting.evidence import NETWORKS, Evidence


@CLAIMS.register
class OverCounting(Claim):
    """On undistorted images, every network counts too many cells, and no network's precision is 1."""

    name = "over_counting"
    number = 1
    section = "III, Figures 3 to 5"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        for network in NETWORKS:
            clean = evidence.clean(network)
            counted, true = clean["cells_predicted"], clean["cells_true"]
            yield counted > true, f"{network} counts {counted:,.0f} cells where {true:,.0f} are labelled"
            yield clean["precision"] < 1, f"{network} has precision {clean['precision']:.3f}"
