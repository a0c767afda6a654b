"""Claim 11: ours."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, Part
from robustbench_cells.reporting.evidence import NETWORKS, Evidence


@CLAIMS.register
class UnlabelledBorder(Claim):
    """More than half of the cells that networks over-count on clean patches are unlabelled ones near the border.

    Inside the field of interest the relative excess of cells is less than half of what it is to the border.
    """

    name = "unlabelled_border"
    number = 11
    section = "ours"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        inside = evidence.inside()
        for network in NETWORKS:
            outer, inner = (
                row["cells_predicted"] / row["cells_true"] - 1
                for row in (evidence.clean(network), inside.clean(network))
            )
            yield 0 < outer > 2 * inner, f"{network} counts {outer:+.1%} cells to the border and {inner:+.1%} inside"
