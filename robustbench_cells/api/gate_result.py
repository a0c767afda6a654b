"""The verdict of the gate, for a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.reporting.gate_text import gate_lines

Status = Literal["pass", "fail", "inconclusive"]

_STATUS: dict[GateOutcome, Status] = {
    GateOutcome.NON_INFERIOR: "pass",
    GateOutcome.REGRESSED: "fail",
    GateOutcome.INCONCLUSIVE: "inconclusive",
}


@dataclass(frozen=True, eq=False)
class GateResult:
    """A candidate compared with a baseline.

    Attributes
    ----------
    gate
        The comparison with every decision.

    Examples
    --------
    >>> import robustbench_cells as rb
    >>> run = rb.open_run("reports/baseline")
    >>> run.gate("reports/baseline").status
    'pass'
    """

    gate: Gate

    @property
    def status(self) -> Status:
        """``pass``, ``fail`` or ``inconclusive``."""
        return _STATUS[self.gate.verdict]

    @property
    def not_covered(self) -> tuple[str, ...]:
        """Conditions and models of the baseline that the candidate's run does not have."""
        return tuple(self.gate.not_covered)

    def to_pandas(self) -> pd.DataFrame:
        """One row per decision.

        Returns
        -------
        pandas.DataFrame
            model, condition, criterion, baseline, candidate, difference, low, high (95 % interval of the difference),
            blocks (of frames, that the interval is over), tolerance, outcome, improves (whether it is significantly
            better), same_as (other conditions with the same patches, which this row judges too).
        """
        rows = []
        for one in self.gate.decisions:
            low, high = one.interval
            rows.append(
                {
                    "model": one.segmenter,
                    "condition": one.difference.condition,
                    "criterion": one.criterion.name,
                    "baseline": one.difference.baseline,
                    "candidate": one.difference.candidate,
                    "difference": one.difference.estimate.value,
                    "low": low,
                    "high": high,
                    "blocks": one.blocks,
                    "tolerance": one.tolerance,
                    "outcome": str(one.verdict),
                    "improves": one.improves,
                    "same_as": ", ".join(one.copies),
                }
            )
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        return gate_lines(self.gate, "result.plot(…) for the artefact, or result.report(FOLDER)")
