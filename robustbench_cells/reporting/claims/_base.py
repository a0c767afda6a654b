"""What a claim is, and the registry of them."""

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
    """What became of a claim."""

    HOLDS = "holds"
    FAILS = "does not hold"
    NOT_TESTED = "not tested"


@dataclass(frozen=True)
class Finding:
    """A claim laid beside results.

    Attributes
    ----------
    number, sentence, section
        The claim's.
    verdict
        Holds if every part does.
    parts
        The figures, each with whether it bears the claim out; of a claim that is not tested, what is missing.
    """

    number: int
    sentence: str
    section: str
    verdict: ClaimStatus
    parts: tuple[Part, ...]


class Claim(Protocol):
    """A sentence of the paper, or of ours, that results can bear out or not: one class a file.

    The docstring's first line is the sentence; the rest says what the check takes its words to mean.

    Attributes
    ----------
    name, number
        For code, and for people.
    section
        Where it stands.
    """

    name: str
    number: int
    section: str

    @abstractmethod
    def check(self, evidence: Evidence) -> Iterator[Part]:
        """Each figure that the claim rests on, and whether it bears the claim out.

        Raises
        ------
        NotTestedError
            If the results do not cover it.
        """
        ...


CLAIMS: Registry[Claim] = Registry("robustbench_cells.reporting.claims", "claim", Claim, "robustbench_cells.claims")


def in_order() -> list[Claim]:
    """Every claim, in the order of their numbers."""
    return sorted(CLAIMS, key=lambda claim: claim.number)


def check_claims(evidence: Evidence) -> list[Finding]:
    """Every claim's finding, in the order of their numbers."""
    return [_judge(claim, evidence) for claim in in_order()]


def _judge(claim: Claim, evidence: Evidence) -> Finding:
    sentence = (type(claim).__doc__ or "").strip().partition("\n")[0]
    try:
        parts = tuple((bool(held), figures) for held, figures in claim.check(evidence))
        verdict = ClaimStatus.HOLDS if all(held for held, _ in parts) else ClaimStatus.FAILS
    except NotTestedError as missing:
        parts, verdict = ((False, str(missing)),), ClaimStatus.NOT_TESTED
    return Finding(claim.number, sentence, claim.section, verdict, parts)
