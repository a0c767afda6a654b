"""What the paper says, each sentence as a check on stored results: one file a claim, found by its registration."""

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, Finding, Verdict, in_order, judge
from robustbench_cells.reporting.evidence import Evidence, NotTestedError

__all__ = ["CLAIMS", "Claim", "Evidence", "Finding", "NotTestedError", "Verdict", "in_order", "judge"]
