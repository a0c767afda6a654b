"""The verdict of the gate, for a notebook."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.reporting.gate_numbers import DecisionNumbers
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
            model, condition (or artefact, where the criterion is about the whole of it), criterion, guard (whether
            only what is significantly worse counts), baseline, candidate, difference, low, high (95 % interval of the
            difference), relative (difference by the baseline's value), blocks (of frames, that the interval is over),
            tolerance, outcome, improves (whether it is significantly better), seeds (number of seeds that show what
            retraining does; 0 where that is not known), deviation (from their mean), reach (largest deviation that
            retraining alone gives), beyond (``worse``, ``better`` or nothing: than what retraining gives), same_as
            (other conditions with the same patches, which this row judges too). NaN where there are no seeds.
        """
        return pd.DataFrame([asdict(DecisionNumbers.of(one)) for one in self.gate.decisions])

    def __repr__(self) -> str:
        return gate_lines(self.gate, "result.plot(…) for the artefact, or result.report(FOLDER)")
