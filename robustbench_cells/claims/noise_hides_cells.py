"""Claim 8."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.claims._evidence import DISTORTED, Evidence
from robustbench_cells.claims._registry import CLAIMS, Claim, Part


@CLAIMS.register
class NoiseHidesCells(Claim):
    """Under noise the network trained on distorted images goes to background: precision falls little, recall a lot.

    From the weakest to the strongest noise: an accuracy within 0.01 of that of background only in the end, a loss of
    more than half the recall, and of less than half as large a share of the precision.
    """

    name = "noise_hides_cells"
    number = 8
    section = "III, Figure 4"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        curve = evidence.steps(DISTORTED, "noise")
        first, last, line = curve.iloc[0], curve.iloc[-1], evidence.background("noise")[curve.index[-1]]
        fall = {name: 1 - last[name] / first[name] for name in ("precision", "recall")}
        at = f"at sigma {curve.index[-1]:g}"
        yield abs(last["accuracy"] - line) <= 0.01, f"{at} accuracy {last['accuracy']:.3f}, background only {line:.3f}"
        yield fall["recall"] > 0.5, f"recall goes from {first['recall']:.3f} to {last['recall']:.3f}"
        small = fall["precision"] < fall["recall"] / 2
        yield small, f"precision goes from {first['precision']:.3f} to {last['precision']:.3f}"
