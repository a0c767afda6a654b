"""What a report is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from robustbench_cells.reporting.claims import Finding, check_claims
from robustbench_cells.reporting.evidence import Evidence
from robustbench_cells.reporting.gate_text import GateSummary
from robustbench_cells.results.example_patches import ExamplePatches
from robustbench_cells.results.scorecard import ScoreCard, scorecards
from robustbench_cells.results.tables import Results


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
        Of the gate, in words; None where no baseline was named.
    times
        That each segmenter took for a patch, in milliseconds, if they are not among the pictures.
    """

    results: Results
    pictures: ExamplePatches | None = None
    verdict: GateSummary | None = None
    times: Mapping[str, Sequence[float]] | None = None

    @cached_property
    def cards(self) -> list[ScoreCard]:
        """See `scorecard.scorecards`; made once for all outputs."""
        return scorecards(self.results, self.pictures.milliseconds if self.pictures else self.times)

    @cached_property
    def findings(self) -> list[Finding]:
        """See `claims.check_claims`."""
        return check_claims(Evidence(self.results))
