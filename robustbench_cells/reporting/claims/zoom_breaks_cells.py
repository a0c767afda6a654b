"""Claim 9."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, Part
from robustbench_cells.reporting.evidence import NETWORKS, Evidence


@CLAIMS.register
class ZoomBreaksCells(Claim):
    """Accuracy and recall drop for smaller and for larger cells, and larger cells are over-counted: they break up.

    Drop: lower at the smallest and at the largest zoom than at 1. Over-counted: at each zoom above 1 more cells than
    labelled, and more times the labelled than at zoom 1.
    """

    name = "zoom_breaks_cells"
    number = 9
    section = "III, Figure 5"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        for network in NETWORKS:
            curve = evidence.zooms(network, ("accuracy", "recall", "cells_predicted", "cells_true"))
            plain = curve.loc[1]
            for zoom, there in ((curve.index[0], curve.iloc[0]), (curve.index[-1], curve.iloc[-1])):
                for score in ("accuracy", "recall"):
                    figures = f"{network}: {score} {there[score]:.3f} at zoom {zoom:g}, {plain[score]:.3f} at 1"
                    yield there[score] < plain[score], figures
            times = curve["cells_predicted"] / curve["cells_true"]
            counts = ", ".join(f"{value:.2f} at {zoom:g}" for zoom, value in times[times.index >= 1].items())
            broken = times[times.index > 1] > max(1, times.loc[1])
            yield broken.all(), f"{network} counts, in times the labelled cells, {counts}"
