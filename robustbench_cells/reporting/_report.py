"""What a report is made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from robustbench_cells.claims import Evidence, Finding, judge
from robustbench_cells.gate import Gate
from robustbench_cells.pictures import Pictures
from robustbench_cells.results import Results
from robustbench_cells.scorecard import ScoreCard, scorecards


@dataclass(frozen=True, eq=False)
class Report:
    """Results, and what goes with them.

    Attributes
    ----------
    results
        Of one run, or of two side by side.
    pictures
        Of some of their patches, if they were taken.
    verdict
        Of the gate, or why there is none; None where no baseline was named.
    """

    results: Results
    pictures: Pictures | None = None
    verdict: Gate | str | None = None

    @cached_property
    def cards(self) -> list[ScoreCard]:
        """See `scorecard.scorecards`; made once for all outputs."""
        return scorecards(self.results)

    @cached_property
    def findings(self) -> list[Finding]:
        """See `claims.judge`."""
        return judge(Evidence(self.results))
