"""Claim 7."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, Part
from robustbench_cells.reporting.evidence import AUGMENTED, BACKGROUND, NLM, ORIGINAL, Evidence


@CLAIMS.register
class NoiseMultiplies(Claim):
    """Under noise, networks not trained on it and NLM+Otsu fall below the all-background baseline and over-count cells.

    At the strongest noise the accuracy is below that of the all-background baseline; at some noise at least twice as
    many cells are predicted as labelled.
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
            yield accuracy < line, f"at sigma {sigma:g} {name} has accuracy {accuracy:.3f}, all background {line:.3f}"
            ratio = curve["cells_predicted"] / curve["cells_true"]
            yield (
                ratio.max() >= 2,
                f"{name} counts up to {ratio.max():.1f} times the labelled cells, at sigma {ratio.idxmax():g}",
            )
