"""Claim 3."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.claims._evidence import DOG, Evidence
from robustbench_cells.claims._registry import CLAIMS, Claim, Part


@CLAIMS.register
class DogThenDrops(Claim):
    """DoG+Otsu is stable up to some amplitude; then its accuracy and precision drop a lot, its recall a little.

    Stable: an amplitude above the lowest costs at most 0.01 of accuracy. A lot: the strongest costs 0.05 of accuracy or
    more, and a quarter of the precision. Little: it costs less than half as large a share of recall as of precision.
    """

    name = "dog_then_drops"
    number = 3
    section = "III, Figure 3"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        curve = evidence.steps(DOG, "illumination")
        first, last = curve.iloc[0], curve.iloc[-1]
        stable = curve.index[curve["accuracy"] >= first["accuracy"] - 0.01].max()
        yield stable > curve.index[0], f"its accuracy stays within 0.01 up to amplitude {stable:g}"
        fall = {name: 1 - last[name] / first[name] for name in ("precision", "recall")}
        for name, much in (
            ("accuracy", first["accuracy"] - last["accuracy"] >= 0.05),
            ("precision", fall["precision"] >= 0.25),
        ):
            yield much, f"its {name} goes from {first[name]:.3f} to {last[name]:.3f}"
        yield (
            fall["recall"] < fall["precision"] / 2,
            f"its recall goes from {first['recall']:.3f} to {last['recall']:.3f}",
        )
