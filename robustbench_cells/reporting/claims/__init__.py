"""Claims of the paper, each a check on stored results: one file per claim, found by its registration."""

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, ClaimStatus, Finding, check_claims, ordered_claims

__all__ = ["CLAIMS", "Claim", "ClaimStatus", "Finding", "check_claims", "ordered_claims"]
