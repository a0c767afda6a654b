"""Did the retrained model get worse? A candidate run against a baseline run, condition by condition.

Both ran on the same patches under the same artefacts, so what counts is the difference on each patch, over blocks of
frames (`statistics`). What is made of each condition says `judgement`. The whole holds only if every condition does, so
that a true drop slips through at most one time in forty, however many conditions there are.

Whatever would make the verdict a lie raises instead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from robustbench_cells.errors import GateError
from robustbench_cells.gate.criteria import ASPECTS, Pair
from robustbench_cells.gate.decision import Judgement, Verdict, judgements, overall, settle
from robustbench_cells.gate.sequential import Stopping, looks
from robustbench_cells.results.intervals import blocks
from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN, REFERENCE

_CONDITION = ["artefact", "intensity"]
_SAME_SETTINGS = ("seed", "profile", "most_patches")
_PATCH = [*_CONDITION, "frame", "patch"]


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
    patches
        How many the judgements rest on, and how many there are under their conditions.
    tests
        How many of the grid the candidate's run had, and how many there are.
    commands
        That made the baseline and the candidate.
    """

    judgements: Sequence[Judgement]
    not_covered: Sequence[str]
    title: str
    patches: tuple[int, int] = (1, 1)
    tests: tuple[int, int] = (1, 1)
    commands: tuple[str, str] = ("", "")

    @property
    def verdict(self) -> Verdict:
        """Of the whole."""
        return overall(self.judgements)

    @property
    def is_whole(self) -> bool:
        """Whether it covers all that the baseline has, and the whole grid."""
        return not self.not_covered and self.tests[0] == self.tests[1]


def compare(
    baseline: Results,
    candidate: Results,
    tolerances: Mapping[str, float],
    against: Mapping[str, str] | None = None,
    *,
    sequential: bool = False,
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
    sequential
        Look at no more frames of a condition than decide it (`sequential`). The candidate needs to have no more.

    Raises
    ------
    GateError
        If the two cannot be compared, or something failed or is undefined; the message says all that is wrong.
    """
    names = require_comparable(baseline, candidate.run, tolerances, against, sequential=sequential)
    _refuse([*_test_faults(baseline, candidate), *_cut_faults(candidate, sequential)])
    merged = {name: _merge(baseline, candidate, old, name) for name, old in names.items()}
    _refuse([fault for name, rows in merged.items() for fault in _record_faults(rows, name, candidate, sequential)])
    covered = {name: _covered(rows, candidate.run) for name, rows in merged.items()}
    neutral = _neutral(candidate.run)
    if sequential:
        conditions = [(name, rows) for name, both in covered.items() for _, rows in both.groupby(_CONDITION)]
        stopping = Stopping(tolerances, neutral, len(tolerances) * len(conditions))
        frames = candidate.run["dataset"]["frames"]
        stopped = [_stop(stopping, name, rows, frames) for name, rows in conditions]
        found = [judgement for part, _ in stopped for judgement in part]
        used = sum(patches for _, patches in stopped)
    else:
        pairs = {name: Pair(rows, neutral) for name, rows in covered.items()}
        found = [one for name, pair in pairs.items() for one in judgements(pair, name, tolerances)]
        used = sum(map(len, covered.values()))
    _refuse(_silence(found, names, tolerances))
    left = sorted(set(baseline.records["segmenter"]) - {REFERENCE, *names.values()})
    not_covered = [f"{name} (not run)" for name in left]
    for name, rows in merged.items():
        not_covered += [f"{name}-{title}" for title, sides in _sides(rows) if sides == {"left_only"}]
    not_covered += _undefined(found, covered, tolerances)
    patches = used, sum(map(len, covered.values()))
    tests = candidate.run["tests"]["ran"], candidate.run["tests"]["grid"]
    commands = baseline.run["command"], candidate.run["command"]
    return Gate(settle(found), not_covered, candidate.run["dataset"]["title"], patches, tests, commands)


@dataclass(frozen=True, eq=False)
class Rule:
    """Says while a run goes on which conditions need no more frames. `compare` with ``sequential`` then says the same.

    Attributes
    ----------
    baseline
        The run that the other is judged by.
    run
        The facts of the other.
    names
        The baseline's name of each of its models.
    stopping
        Sized for all conditions that are to be run.
    """

    baseline: Results
    run: Mapping[str, Any]
    names: Mapping[str, str]
    stopping: Stopping

    def decided(self, segmenter: str, records: pd.DataFrame) -> bool:
        """Whether the records of a model under a condition, those of the frames of one look, are enough.

        What is not judged is enough at once.
        """
        if segmenter not in self.names:
            return True
        rows = _merge(self.baseline, Results(records, self.run), self.names[segmenter], segmenter, how="inner")
        return self.stopping.decided(self.stopping.judge(segmenter, _with_blocks(rows, self.run)))


def stopping_rule(
    baseline: Results,
    run: Mapping[str, Any],
    tolerances: Mapping[str, float],
    against: Mapping[str, str] | None,
    wanted: Mapping[str, Collection[str]],
) -> Rule:
    """The rule for a run of these facts, of these models under each condition.

    Raises
    ------
    GateError
        If it could not be judged.
    """
    names = require_comparable(baseline, run, tolerances, against, sequential=True)
    count = sum(name in names for segmenters in wanted.values() for name in segmenters)
    return Rule(baseline, run, names, Stopping(tolerances, _neutral(run), len(tolerances) * count))


def require_comparable(
    baseline: Results,
    run: Mapping[str, Any],
    tolerances: Mapping[str, float],
    against: Mapping[str, str] | None = None,
    *,
    sequential: bool = False,
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
            *_tolerance_faults(tolerances, sequential),
            *_setting_faults(baseline.run, run),
            *_name_faults(baseline, run, names),
            *_metric_faults(baseline, run, {"jaccard", *tolerances}),
        ]
    )
    return names


def _stop(stopping: Stopping, name: str, rows: pd.DataFrame, frames: Sequence[str]) -> tuple[list[Judgement], int]:
    """What the look that decides a condition gives, or the last one, and how many patches it rests on."""
    found: list[Judgement] = []
    part = rows
    for look in looks(frames):
        part = rows[rows["frame"].isin(look)]
        if (part["_merge"] != "both").any():
            (title, _), *_ = _sides(rows)
            _refuse([f"the candidate lacks patches of {name}-{title}, which its frames so far do not decide"])
        found = stopping.judge(name, part)
        if stopping.decided(found):
            break
    return found, len(part)


def _silence(found: Sequence[Judgement], names: Iterable[str], tolerances: Iterable[str]) -> Iterator[str]:
    said = {(judgement.aspect.name, judgement.segmenter) for judgement in found}
    for aspect, name in product(tolerances, names):
        if (aspect, name) not in said:
            yield f"nothing can be said of the {aspect} of {name} under the conditions that ran"


def _undefined(found: Sequence[Judgement], covered: Mapping[str, pd.DataFrame], tolerances: Iterable[str]) -> list[str]:
    """The aspects of conditions that neither side has a figure of."""
    said = {judgement.name for judgement in found}
    aspects = [aspect for aspect in tolerances if ASPECTS.get(aspect).of_a_condition]
    there = [
        f"{aspect} {name}-{title}" for name, rows in covered.items() for title, _ in _sides(rows) for aspect in aspects
    ]
    return [f"{title} (undefined)" for title in there if title not in said]


def _neutral(run: Mapping[str, Any]) -> dict[str, float]:
    """Of each artefact; of two at once none is, since the first is always there."""
    return {name: float(facts["neutral"]) for name, facts in run["artefacts"].items() if "together" not in facts}


def _with_blocks(rows: pd.DataFrame, run: Mapping[str, Any]) -> pd.DataFrame:
    numbers = blocks(run["dataset"]["positions"], run["settings"]["block"])
    return rows.assign(block=rows["frame"].map(dict(zip(run["dataset"]["frames"], numbers.tolist(), strict=True))))


def _covered(rows: pd.DataFrame, run: Mapping[str, Any]) -> pd.DataFrame:
    """The patches of the conditions that both sides have, with their blocks."""
    there = rows.groupby(_CONDITION)["_merge"].transform(lambda sides: (sides != "left_only").any())
    return _with_blocks(rows[there.astype(bool)], run)


def _refuse(faults: Iterable[str]) -> None:
    if found := list(faults):
        raise GateError("the candidate cannot be judged by this baseline: " + "; ".join(found))


def _tolerance_faults(tolerances: Mapping[str, float], sequential: bool) -> Iterator[str]:
    for name, tolerance in tolerances.items():
        if sequential and not ASPECTS.get(name).of_a_condition:
            yield f"{name} needs every condition whole: gate it without sequential"
        if not 0 <= tolerance < float("inf"):
            yield f"a tolerance of {tolerance} for {ASPECTS.get(name).name}; 0 or more is needed"


def _setting_faults(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if old["settings"].get("sequential"):
        yield "the baseline's run left out frames of what was decided: make it without --rb-sequential"
    versions = [
        (f"version of {name}", old[kind][name]["version"], new[kind].get(name, {}).get("version"))
        for kind in ("artefacts", "metrics")
        for name in old[kind]
    ]
    if unknown := sorted(set(new["artefacts"]) - set(old["artefacts"])):
        yield f"the baseline's grid has no {', '.join(unknown)}: make it anew with this version"
    for what, one, other in (
        ("data set", old["dataset"]["key"], new["dataset"]["key"]),
        ("number of frames", len(old["dataset"]["frames"]), len(new["dataset"]["frames"])),
        ("choice or content of frames", old["dataset"]["fingerprint"][:12], new["dataset"]["fingerprint"][:12]),
        *((key.replace("_", " "), old["settings"][key], new["settings"][key]) for key in _SAME_SETTINGS),
        ("block length", old["settings"]["block"], new["settings"]["block"]),
        *versions,
    ):
        if one != other:
            yield f"the {what} is {one} in the baseline and {other} in the candidate"


def _metric_faults(baseline: Results, run: Mapping[str, Any], tolerances: Iterable[str]) -> Iterator[str]:
    needed = {metric for name in tolerances for metric in ASPECTS.get(name).metrics}
    for side, facts in (("baseline", baseline.run), ("candidate", run)):
        if missing := sorted(needed - set(facts["metrics"])):
            yield f"the {side} has no {', '.join(missing)}, which is to be judged by"


def _test_faults(baseline: Results, candidate: Results) -> Iterator[str]:
    for side, run in (("baseline", baseline.run), ("candidate", candidate.run)):
        if run["tests"]["failed"]:
            yield f"tests of the {side} failed: {', '.join(run['tests']['failed'])}"


def _cut_faults(candidate: Results, sequential: bool) -> Iterator[str]:
    if candidate.run["settings"].get("sequential") and not sequential:
        yield "the candidate's run left out frames of what was decided: judge it with --sequential"


def _name_faults(baseline: Results, run: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    there = sorted(set(baseline.records["segmenter"]) - {REFERENCE})
    if not names:
        yield "its run has no model: --rb-model names none, or -k left none"
    for name, old in names.items():
        if name not in run["segmenters"]:
            yield f"its run has no {name}, which was to be laid beside {old}"
        elif old not in there:
            remedy = (
                f"give the file that name, or say which it replaces: --rb-against {name}=NAME (of `gate`: --against)"
            )
            if (stem := Path(old).stem) in there:  # of files that differ in their suffix alone the whole names are used
                remedy = f"say that it replaces {stem}: --rb-against {name}={stem} (of `gate`: --against)"
            yield f"the baseline has no {old} (but {', '.join(there) or 'no model'}); {remedy}"


def _merge(
    baseline: Results, candidate: Results, old: str, new: str, how: Literal["outer", "inner"] = "outer"
) -> pd.DataFrame:
    """Both runs' scores of each patch; the column ``_merge`` says which side has it."""
    one, other = (
        results.records[results.records["segmenter"] == name].drop(columns="segmenter")
        for results, name in ((baseline, old), (candidate, new))
    )
    return one.merge(other, on=_PATCH, how=how, suffixes=("_old", "_new"), indicator=True, validate="1:1")


def _sides(rows: pd.DataFrame) -> Iterator[tuple[str, set[str]]]:
    """Each condition, and which sides have patches of it."""
    for (artefact, intensity), group in rows.groupby(_CONDITION):
        title = CLEAN if artefact == CLEAN else f"{artefact}-{intensity:g}"
        yield title, set(group["_merge"].astype(str))


def _record_faults(rows: pd.DataFrame, name: str, candidate: Results, sequential: bool) -> Iterator[str]:
    tests = candidate.run["tests"]
    a_part = tests["ran"] < tests["grid"]
    lacks = {"left_only": "the candidate", "right_only": "the baseline"}
    for title, sides in _sides(rows):
        if sides == {"both"} or (a_part and sides == {"left_only"}) or (sequential and sides == {"both", "left_only"}):
            continue
        who = " and ".join(lacks[side] for side in sorted(sides - {"both"}))
        yield f"{who} lacks {'patches of ' if 'both' in sides else ''}{name}-{title}"
    both = rows[rows["_merge"] == "both"]
    if both.empty:
        yield f"the two runs of {name} have no condition in common"
    always = ["jaccard", *(metric for metric, facts in candidate.run["metrics"].items() if facts["pooled"] == "sum")]
    for metric, (side, ending) in product(always, (("baseline", "old"), ("candidate", "new"))):
        if both[f"{metric}_{ending}"].isna().any():
            yield f"the {side} has an undefined {metric} of {name}, which no sound run has"
