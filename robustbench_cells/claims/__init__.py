"""What the paper says, each sentence as a check on stored results: one file a claim, found by its registration."""

from robustbench_cells.claims._evidence import Evidence, NotTestedError
from robustbench_cells.claims._registry import CLAIMS, Claim, Finding, Verdict, in_order, judge

__all__ = ["CLAIMS", "Claim", "Evidence", "Finding", "NotTestedError", "Verdict", "in_order", "judge"]
