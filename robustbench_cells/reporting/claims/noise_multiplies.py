"""Claim 7."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, Part
from robustbench_cells.reporting.evidence import AUGMENTED, BACKGROUND, NLM, ORIGINAL, Evidence


@CLAIMS.register
class NoiseMultiplies(Claim):
    """Noise drives networks not trained on it, and NLM+Otsu, below background only, and multiplies the cells.

    At the strongest noise the accuracy is below that of background only; at some noise the cells are twice those that
    are labelled.
    """

    name = "noise_multiplies"
    number = 7
    section = "III, Figure 4"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        names = (BACKGROUND, ORIGINAL, AUGMENTED, NLM)
        background, *curves = evidence.curves("noise", names, ("accuracy", "cells_predicted", "cells_true"))
        sigma, line = background.index[-1], background["accuracy"].iloc[-1]
        for name, curve in zip(names[1:], curves, strict=True):
            accuracy = curve["accuracy"].iloc[-1]
            yield accuracy < line, f"at sigma {sigma:g} {name} has accuracy {accuracy:.3f}, background only {line:.3f}"
            times = curve["cells_predicted"] / curve["cells_true"]
            yield (
                times.max() >= 2,
                f"{name} counts up to {times.max():.1f} times the cells, at sigma {times.idxmax():g}",
            )
