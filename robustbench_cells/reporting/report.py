"""The input of every report output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from robustbench_cells.reporting.claims import Finding, check_claims
from robustbench_cells.reporting.evidence import NETWORKS, Evidence
from robustbench_cells.reporting.gate_summary import GateSummary
from robustbench_cells.results.example_patches import ExamplePatches
from robustbench_cells.results.scorecard import ScoreCard, scorecards
from robustbench_cells.results.tables import Results


@dataclass(frozen=True, eq=False)
class Report:
    """Results, and what is reported with them.

    Attributes
    ----------
    results
        Results of one run, or of two compared runs.
    examples
        Example patches, if they were rendered.
    gate
        Verdict of the gate; None if no baseline was named.
    times
        Times per patch of each segmenter, in milliseconds, if there are no example patches, which have them.
    """

    results: Results
    examples: ExamplePatches | None = None
    gate: GateSummary | None = None
    times: Mapping[str, Sequence[float]] | None = None

    @cached_property
    def cards(self) -> list[ScoreCard]:
        """See `scorecard.scorecards`; computed once for all outputs."""
        return scorecards(self.results, self.examples.milliseconds if self.examples else self.times)

    @cached_property
    def findings(self) -> list[Finding]:
        """See `claims.check_claims`; computed once for all outputs. None where the paper's networks did not all run."""
        ran = set(self.results.records["segmenter"])
        return check_claims(Evidence(self.results.on_grid)) if ran.issuperset(NETWORKS) else []
