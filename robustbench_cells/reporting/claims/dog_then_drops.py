"""Claim 3."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, Part
from robustbench_cells.reporting.evidence import DOG, Evidence


@CLAIMS.register
class DogThenDrops(Claim):
    """DoG+Otsu is stable up to some amplitude; then accuracy and precision drop a lot, recall and cell count a little.

    Stable: an amplitude above the lowest costs at most 0.01 of accuracy. A lot: the strongest costs at least 0.05 of
    accuracy and a quarter of the precision. A little: a relative drop less than half that of the precision.
    """

    name = "dog_then_drops"
    number = 3
    section = "III, Figure 3"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        (curve,) = evidence.curves("illumination", (DOG,), ("accuracy", "precision", "recall", "cells_predicted"))
        first, last = curve.iloc[0], curve.iloc[-1]
        stable = (curve["accuracy"] >= first["accuracy"] - 0.01).cummin()
        end = curve.index[stable][-1]
        yield end > curve.index[0], f"its accuracy stays within 0.01 up to amplitude {end:g}"
        drop = 1 - last / first
        for name, holds in (
            ("accuracy", first["accuracy"] - last["accuracy"] >= 0.05),
            ("precision", drop["precision"] >= 0.25),
            ("recall", drop["recall"] < drop["precision"] / 2),
        ):
            yield holds, f"its {name} goes from {first[name]:.3f} to {last[name]:.3f}"
        cells = f"its cell count goes from {first['cells_predicted']:,.0f} to {last['cells_predicted']:,.0f}"
        yield drop["cells_predicted"] < drop["precision"] / 2, cells
