"""Contract and registry of claims."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from robustbench_cells.registry import Registry
from robustbench_cells.reporting.evidence import Evidence, NotTestedError

Part = tuple[bool, str]


class ClaimStatus(StrEnum):
    """Outcome of a claim's check."""

    HOLDS = "holds"
    FAILS = "does not hold"
    NOT_TESTED = "not tested"


@dataclass(frozen=True)
class Finding:
    """A claim checked on results.

    Attributes
    ----------
    number, sentence, section
        Number, sentence and section of the claim.
    status
        Outcome; the claim holds if every part does.
    parts
        Whether each part holds, with its values; for a claim that is not tested, what is missing.
    """

    number: int
    sentence: str
    section: str
    status: ClaimStatus
    parts: tuple[Part, ...]


class Claim(Protocol):
    """A sentence of the paper, or of ours, that results can support or not: one class per file.

    The docstring's first line is the sentence; the rest defines how the check reads it.

    Attributes
    ----------
    name, number
        Name for code, and number for people.
    section
        Section of the paper.
    """

    name: str
    number: int
    section: str

    @abstractmethod
    def check(self, evidence: Evidence) -> Iterator[Part]:
        """Check each part of the claim.

        Yields
        ------
        tuple
            Whether the part holds, and its values as text.

        Raises
        ------
        NotTestedError
            If the results do not cover the claim.
        """
        ...


CLAIMS: Registry[Claim] = Registry("robustbench_cells.reporting.claims", "claim", Claim, "robustbench_cells.claims")


def ordered_claims() -> list[Claim]:
    """Every claim, by number."""
    return sorted(CLAIMS, key=lambda claim: claim.number)


def check_claims(evidence: Evidence) -> list[Finding]:
    """Check every claim, by number."""
    return [_check(claim, evidence) for claim in ordered_claims()]


def _check(claim: Claim, evidence: Evidence) -> Finding:
    sentence = (type(claim).__doc__ or "").strip().partition("\n")[0]
    try:
        parts = tuple((bool(holds), text) for holds, text in claim.check(evidence))
        status = ClaimStatus.HOLDS if all(holds for holds, _ in parts) else ClaimStatus.FAILS
    except NotTestedError as missing:
        parts, status = ((False, str(missing)),), ClaimStatus.NOT_TESTED
    return Finding(claim.number, sentence, claim.section, status, parts)
