"""What the paper says, each sentence as a check on stored results: one file a claim, found by its registration."""

from robustbench_cells.reporting.claims._base import CLAIMS, Claim, ClaimStatus, Finding, check_claims, in_order

__all__ = ["CLAIMS", "Claim", "ClaimStatus", "Finding", "check_claims", "in_order"]
