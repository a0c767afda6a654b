"""Claim 2."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, Part
from robustbench_cells.reporting.evidence import AUGMENTED, BACKGROUND, ORIGINAL, Evidence


@CLAIMS.register
class BackgroundOnly(Claim):
    """Under strong illumination, networks not trained on it predict only background: its accuracy, no cells, no recall.

    At the strongest illumination: accuracy within 0.01 of the all-background baseline, at most a tenth of the labelled
    cells, and recall of at most 0.1.
    """

    name = "background_only"
    number = 2
    section = "III, Figure 3"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        needed = ("accuracy", "recall", "cells_predicted", "cells_true")
        names = (BACKGROUND, ORIGINAL, AUGMENTED)
        background, *curves = evidence.curves("illumination", names, needed)
        amplitude, line = background.index[-1], background["accuracy"].iloc[-1]
        for name, curve in zip(names[1:], curves, strict=True):
            accuracy, recall, cells, true = curve.iloc[-1]
            where = f"at amplitude {amplitude:g} {name}"
            yield abs(accuracy - line) <= 0.01, f"{where} has accuracy {accuracy:.3f}, all background {line:.3f}"
            yield cells <= 0.1 * true, f"{where} counts {cells:,.0f} cells where {true:,.0f} are labelled"
            yield recall <= 0.1, f"{where} has recall {recall:.3f}"
