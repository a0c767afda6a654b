"""Claim 8."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, Part
from robustbench_cells.reporting.evidence import BACKGROUND, DISTORTED, Evidence


@CLAIMS.register
class NoiseHidesCells(Claim):
    """Under noise the network trained on distorted images predicts background: precision drops a little, recall a lot.

    From the weakest to the strongest noise: accuracy ends within 0.01 of the all-background baseline, recall loses more
    than half, and the relative drop of precision is less than two thirds of that of recall.
    """

    name = "noise_hides_cells"
    number = 8
    section = "III, Figure 4"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        background, own = evidence.curves("noise", (BACKGROUND, DISTORTED), ("accuracy",))
        (curve,) = evidence.curves("noise", (DISTORTED,), ("precision", "recall"))
        accuracy, line = own["accuracy"].iloc[-1], background["accuracy"].iloc[-1]
        close = abs(accuracy - line) <= 0.01
        yield close, f"at sigma {own.index[-1]:g} accuracy {accuracy:.3f}, all background {line:.3f}"
        first, last = curve.iloc[0], curve.iloc[-1]
        drop = 1 - last / first
        yield drop["recall"] > 0.5, f"recall goes from {first['recall']:.3f} to {last['recall']:.3f}"
        is_little = drop["precision"] < drop["recall"] * 2 / 3
        yield is_little, f"precision goes from {first['precision']:.3f} to {last['precision']:.3f}"
