"""Claim 11: ours."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, Part
from robustbench_cells.reporting.evidence import NETWORKS, Evidence


@CLAIMS.register
class UnlabelledBorder(Claim):
    """More than half of what the networks over-count on clean patches is cells near the border that nobody labelled.

    Inside the field of interest the share of cells counted too many is less than half of what it is to the border.
    """

    name = "unlabelled_border"
    number = 11
    section = "ours"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        within = evidence.within()
        for network in NETWORKS:
            outer, inner = (
                row["cells_predicted"] / row["cells_true"] - 1
                for row in (evidence.clean(network), within.clean(network))
            )
            yield 0 < outer > 2 * inner, f"{network} counts {outer:+.1%} cells to the border and {inner:+.1%} inside"
