"""Claim 2."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.claims._evidence import AUGMENTED, ORIGINAL, Evidence
from robustbench_cells.claims._registry import CLAIMS, Claim, Part


@CLAIMS.register
class BackgroundOnly(Claim):
    """Strong illumination drives networks that have not seen it to background: its accuracy, no cells, no recall.

    At the strongest illumination: an accuracy within 0.01 of that of background only, at most a tenth of the cells, and
    a recall of at most 0.1.
    """

    name = "background_only"
    number = 2
    section = "III, Figure 3"

    def check(self, evidence: Evidence) -> Iterator[Part]:
        """See `Claim.check`."""
        background = evidence.background("illumination")
        for network in (ORIGINAL, AUGMENTED):
            curve = evidence.steps(network, "illumination")
            last, line = curve.iloc[-1], background[curve.index[-1]]
            where = f"at amplitude {curve.index[-1]:g} {network}"
            accuracy, cells, recall = last["accuracy"], last["cells_predicted"], last["recall"]
            yield abs(accuracy - line) <= 0.01, f"{where} has accuracy {accuracy:.3f}, background only {line:.3f}"
            yield cells <= 0.1 * last["cells_true"], f"{where} counts {cells:,.0f} cells of {last['cells_true']:,.0f}"
            yield recall <= 0.1, f"{where} has recall {recall:.3f}"
