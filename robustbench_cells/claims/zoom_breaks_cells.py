"""Claim 9."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.claims._evidence import NETWORKS, Evidence, NotTestedError
from robustbench_cells.claims._registry import CLAIMS, Claim, Part


@CLAIMS.register
class ZoomBreaksCells(Claim):
    """Accuracy and recall drop for smaller and for larger cells, and larger cells are over-counted: they break up.

    Drop: lower at the smallest and at the largest zoom than at 1. Over-counted: more cells than labelled at each zoom
    above 1.
    """

    name = "zoom_breaks_cells"
    number = 9
    section = "III, Figure 5"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        for network in NETWORKS:
            curve = evidence.steps(network, "cell_size")
            if 1 not in curve.index or not curve.index[0] < 1 < curve.index[-1]:
                raise NotTestedError("needs cell_size at zoom 1, below it and above it")
            for zoom in (curve.index[0], curve.index[-1]):
                for score in ("accuracy", "recall"):
                    there, plain = curve[score][zoom], curve[score][1]
                    yield there < plain, f"{network}: {score} {there:.3f} at zoom {zoom:g}, {plain:.3f} at 1"
            times = (curve["cells_predicted"] / curve["cells_true"])[curve.index > 1]
            counts = ", ".join(f"{value:.2f} at {zoom:g}" for zoom, value in times.items())
            yield bool((times > 1).all()), f"{network} counts, in times the labelled cells, {counts}"
