"""Did the retrained model get worse? A candidate run against a baseline run, condition by condition.

Both ran on the same patches under the same artefacts, so what counts is the difference on each patch. Over blocks of
frames (`statistics`) a condition

- *regresses* if the difference is surely worse than the tolerance, at 5 % for the whole grid (Holm 1979);
- *holds* if its 95 % interval lies wholly on the good side of the tolerance;
- is *inconclusive* otherwise: these frames cannot tell.

The whole holds only if every condition does, so that a true drop slips through at most one time in forty, however
many conditions there are. Whatever would make the verdict a lie raises instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import pandas as pd

from robustbench_cells.aspects import ASPECTS, Aspect, Difference, Pair
from robustbench_cells.errors import GateError
from robustbench_cells.results import Results
from robustbench_cells.statistics import Estimate, blocks, holm
from robustbench_cells.types import CLEAN, REFERENCE

FALSE_ALARM = 0.05  # of the whole grid
_PATCH = ["artefact", "intensity", "frame", "patch"]


class Verdict(StrEnum):
    """Of a condition, or of the whole."""

    HOLDS = "holds"
    REGRESSES = "regresses"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Judgement:
    """What became of one aspect of one model under one condition.

    Attributes
    ----------
    aspect, segmenter
        What was compared, and whose.
    difference
        The two figures, and how sure their difference is.
    tolerance
        By how much it may be worse, in the figure's unit.
    p_regresses
        That of 'it is worse than the tolerance', two-sided and adjusted for all judgements.
    verdict
        Settled together with all others.
    """

    aspect: Aspect
    segmenter: str
    difference: Difference
    tolerance: float
    p_regresses: float = 1.0
    verdict: Verdict = Verdict.INCONCLUSIVE

    @property
    def name(self) -> str:
        """As a test id, with the aspect before it."""
        return f"{self.aspect.name} {self.segmenter}-{self.difference.condition}"

    @property
    def gain(self) -> Estimate:
        """The difference, turned so that more is better."""
        estimate = self.difference.estimate
        return estimate if self.aspect.better == "more" else replace(estimate, value=-estimate.value)


@dataclass(frozen=True)
class Gate:
    """A whole comparison.

    Attributes
    ----------
    judgements
        In the order of the grid.
    not_covered
        What the baseline has and the candidate's run was not asked for.
    title
        Of the data set.
    """

    judgements: Sequence[Judgement]
    not_covered: Sequence[str]
    title: str

    @property
    def verdict(self) -> Verdict:
        """Regresses if any does, else inconclusive if any is, else holds."""
        found = {judgement.verdict for judgement in self.judgements}
        return next((bad for bad in (Verdict.REGRESSES, Verdict.INCONCLUSIVE) if bad in found), Verdict.HOLDS)


def compare(
    baseline: Results, candidate: Results, tolerances: Mapping[str, float], against: Mapping[str, str] | None = None
) -> Gate:
    """Judge a candidate's results by those of a baseline run.

    Parameters
    ----------
    baseline, candidate
        Of the same frames, artefacts, metrics and seed.
    tolerances
        By how much each aspect may get worse, by its name in `ASPECTS`; others are not looked at.
    against
        The baseline's name of a model that the candidate's run calls otherwise.

    Raises
    ------
    GateError
        If the two cannot be compared, or something failed or is undefined; the message says all that is wrong.
    """
    names = require_comparable(baseline, candidate.run, tolerances, against)
    _refuse(_test_faults(baseline, candidate))
    merged = {name: _merge(baseline, candidate, old, name) for name, old in names.items()}
    _refuse([fault for name, rows in merged.items() for fault in _record_faults(rows, name, candidate)])
    numbers = blocks(candidate.run["dataset"]["positions"], candidate.run["settings"]["block"])
    block = dict(zip(candidate.run["dataset"]["frames"], numbers.tolist(), strict=True))
    neutral = {name: float(facts["neutral"]) for name, facts in candidate.run["artefacts"].items()}
    judgements = []
    for name, rows in merged.items():
        both = rows[rows["_merge"] == "both"]
        pair = Pair(both.assign(block=both["frame"].map(block)), neutral)
        for aspect, tolerance in tolerances.items():
            found = ASPECTS.get(aspect)
            judgements += [
                Judgement(found, name, difference, tolerance * difference.scale)
                for difference in found.differences(pair)
            ]
    left = sorted(set(baseline.records["segmenter"]) - {REFERENCE, *names.values()})
    not_covered = [f"{name} (not run)" for name in left]
    for name, rows in merged.items():
        not_covered += [f"{name}-{title}" for title, sides in _sides(rows) if sides == {"left_only"}]
    return Gate(settle(judgements), not_covered, candidate.run["dataset"]["title"])


def require_comparable(
    baseline: Results,
    run: Mapping[str, Any],
    tolerances: Mapping[str, float],
    against: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Refuse what `compare` would, as far as it can be told from the facts of the candidate's run: before it is run.

    Returns
    -------
    dict
        The baseline's name of each model of the candidate's run.

    Raises
    ------
    GateError
        With all that is wrong.
    """
    names = {name: name for name in sorted(run["segmenters"]) if name != REFERENCE} | dict(against or {})
    _refuse(
        [
            *_tolerance_faults(tolerances),
            *_setting_faults(baseline.run, run),
            *_name_faults(baseline, run, names),
        ]
    )
    return names


def settle(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Give each its verdict, all of them together: the more there are, the surer each alarm must be."""
    # Twice the one-sided p-value: as surely as its interval, widened for the number of judgements, lies wholly below.
    adjusted = holm([min(1.0, 2 * judgement.gain.p_below(-judgement.tolerance)) for judgement in judgements])
    settled = []
    for judgement, p in zip(judgements, adjusted.tolist(), strict=True):
        verdict = Verdict.INCONCLUSIVE
        if p <= FALSE_ALARM:
            verdict = Verdict.REGRESSES
        elif judgement.gain.interval()[0] > -judgement.tolerance and not judgement.difference.remark:
            verdict = Verdict.HOLDS
        settled.append(replace(judgement, p_regresses=p, verdict=verdict))
    return settled


def _refuse(faults: Iterable[str]) -> None:
    if found := list(faults):
        raise GateError("the candidate cannot be judged by this baseline: " + "; ".join(found))


def _tolerance_faults(tolerances: Mapping[str, float]) -> Iterator[str]:
    for name, tolerance in tolerances.items():
        if not 0 <= tolerance < float("inf"):
            yield f"a tolerance of {tolerance} for {ASPECTS.get(name).name}; 0 or more is needed"


def _setting_faults(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    versions = [
        (f"version of {name}", old[kind][name]["version"], new[kind].get(name, {}).get("version"))
        for kind in ("artefacts", "metrics")
        for name in old[kind]
    ]
    for what, one, other in (
        ("data set", old["dataset"]["key"], new["dataset"]["key"]),
        ("choice or content of frames", old["dataset"]["fingerprint"][:12], new["dataset"]["fingerprint"][:12]),
        *((key.replace("_", " "), old["settings"][key], new["settings"][key]) for key in ("seed", "most_patches")),
        ("block length", old["settings"]["block"], new["settings"]["block"]),
        *versions,
    ):
        if one != other:
            yield f"the {what} is {one} in the baseline and {other} in the candidate"


def _test_faults(baseline: Results, candidate: Results) -> Iterator[str]:
    for side, run in (("baseline", baseline.run), ("candidate", candidate.run)):
        if run["tests"]["failed"]:
            yield f"tests of the {side} failed: {', '.join(run['tests']['failed'])}"


def _name_faults(baseline: Results, run: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    there = sorted(set(baseline.records["segmenter"]) - {REFERENCE})
    if not names:
        yield "its run has no model"
    for name, old in names.items():
        if name not in run["segmenters"]:
            yield f"its run has no {name}, which was to be laid beside {old}"
        elif old not in there:
            yield (
                f"the baseline has no {old} (but {', '.join(there) or 'no model'}); give the file that name, or say "
                f"which it replaces: --rb-against {name}=NAME"
            )


def _merge(baseline: Results, candidate: Results, old: str, new: str) -> pd.DataFrame:
    """Both runs' scores of each patch; the column ``_merge`` says which side has it."""
    one, other = (
        results.records[results.records["segmenter"] == name].drop(columns="segmenter")
        for results, name in ((baseline, old), (candidate, new))
    )
    return one.merge(other, on=_PATCH, how="outer", suffixes=("_old", "_new"), indicator=True, validate="1:1")


def _sides(rows: pd.DataFrame) -> Iterator[tuple[str, set[str]]]:
    """Each condition, and which sides have patches of it."""
    for (artefact, intensity), group in rows.groupby(["artefact", "intensity"]):
        title = CLEAN if artefact == CLEAN else f"{artefact}-{intensity:g}"
        yield title, set(group["_merge"].astype(str))


def _record_faults(rows: pd.DataFrame, name: str, candidate: Results) -> Iterator[str]:
    tests = candidate.run["tests"]
    a_part = tests["ran"] < tests["grid"]
    lacks = {"left_only": "the candidate", "right_only": "the baseline"}
    for title, sides in _sides(rows):
        if sides == {"both"} or (a_part and sides == {"left_only"}):
            continue
        who = " and ".join(lacks[side] for side in sorted(sides - {"both"}))
        yield f"{who} lacks {'patches of ' if 'both' in sides else ''}{name}-{title}"
    both = rows[rows["_merge"] == "both"]
    if both.empty:
        yield f"the two runs of {name} have no condition in common"
    for side, column in (("baseline", "jaccard_old"), ("candidate", "jaccard_new")):
        if both[column].isna().any():
            yield f"the {side} has an undefined Jaccard score of {name}, which no sound run has"
