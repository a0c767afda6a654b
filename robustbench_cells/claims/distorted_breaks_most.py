"""Claim 10."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.claims._evidence import AUGMENTED, DISTORTED, ORIGINAL, Evidence, NotTestedError
from robustbench_cells.claims._registry import CLAIMS, Claim, Part


@CLAIMS.register
class DistortedBreaksMost(Claim):
    """Large cells break up most in the network trained on distorted images.

    Most: of the three networks it counts the most cells at each zoom above 1.
    """

    name = "distorted_breaks_most"
    number = 10
    section = "III, Figure 5"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        cells = {
            name: evidence.curve(name, "cell_size")["cells_predicted"] for name in (DISTORTED, ORIGINAL, AUGMENTED)
        }
        zooms = [zoom for zoom in cells[DISTORTED].index if zoom > 1]
        if not zooms:
            raise NotTestedError("needs cell_size at a zoom above 1")
        for zoom in zooms:
            distorted, original, augmented = (cells[name][zoom] for name in (DISTORTED, ORIGINAL, AUGMENTED))
            rivals = f"{ORIGINAL} {original:,.0f}, {AUGMENTED} {augmented:,.0f}"
            most = distorted > max(original, augmented)
            yield most, f"at zoom {zoom:g} it counts {distorted:,.0f} cells, {rivals}"
