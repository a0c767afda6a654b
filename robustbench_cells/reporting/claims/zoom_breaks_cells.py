"""Claim 9."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, Part
from robustbench_cells.reporting.evidence import NETWORKS, Evidence


@CLAIMS.register
class ZoomBreaksCells(Claim):
    """Accuracy and recall drop for smaller and larger cells, and larger cells are over-counted: they are fragmented.

    Drop: lower at the smallest and at the largest zoom than at 1. Over-counted: at each zoom above 1 more cells than
    labelled, and a higher ratio of predicted to labelled cells than at zoom 1.
    """

    name = "zoom_breaks_cells"
    number = 9
    section = "III, Figure 5"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        for network in NETWORKS:
            curve = evidence.zooms(network, ("accuracy", "recall", "cells_predicted", "cells_true"))
            neutral = curve.loc[1]
            for zoom, row in ((curve.index[0], curve.iloc[0]), (curve.index[-1], curve.iloc[-1])):
                for score in ("accuracy", "recall"):
                    text = f"{network}: {score} {row[score]:.3f} at zoom {zoom:g}, {neutral[score]:.3f} at 1"
                    yield row[score] < neutral[score], text
            ratio = curve["cells_predicted"] / curve["cells_true"]
            counts = ", ".join(f"{value:.2f} at {zoom:g}" for zoom, value in ratio[ratio.index >= 1].items())
            is_excess = ratio[ratio.index > 1] > max(1, ratio.loc[1])
            yield is_excess.all(), f"{network}: ratio of predicted to labelled cells {counts}"
