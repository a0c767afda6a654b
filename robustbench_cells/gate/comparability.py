"""Whether two runs can be compared at all; everything that would make a verdict wrong is refused here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Protocol

import pandas as pd

from robustbench_cells.errors import GateError
from robustbench_cells.gate.criteria import CRITERIA
from robustbench_cells.gate.pairing import condition_sides
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.tables import Results
from robustbench_cells.types import REFERENCE


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...


_SAME_SETTINGS = ("seed", "profile", "most_patches")


def require_comparable(
    baseline: Results,
    run: RunManifest,
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
    names = {name: name for name in sorted(run.segmenters) if name != REFERENCE} | dict(against or {})
    refuse(
        [
            *_tolerance_problems(tolerances, sequential),
            *_setting_problems(baseline.run, run),
            *_name_problems(baseline, run, names),
            *_metric_problems(baseline, run, {"jaccard", *tolerances}),
        ]
    )
    return names


def refuse(faults: Iterable[str]) -> None:
    """Raise a `GateError` with every problem, if there is any."""
    if found := list(faults):
        raise GateError("the candidate cannot be judged by this baseline: " + "; ".join(found))


def _tolerance_problems(tolerances: Mapping[str, float], sequential: bool) -> Iterator[str]:
    for name, tolerance in tolerances.items():
        if sequential and not CRITERIA.get(name).per_condition:
            yield f"{name} needs every condition whole: gate it without sequential"
        if not 0 <= tolerance < float("inf"):
            yield f"a tolerance of {tolerance} for {CRITERIA.get(name).name}; 0 or more is needed"


def _setting_problems(old: RunManifest, new: RunManifest) -> Iterator[str]:
    if old.settings.sequential:
        yield "the baseline's run stopped early and lacks frames: make it without --rb-sequential"
    if unknown := sorted(set(new.artefacts) - set(old.artefacts)):
        yield f"the baseline's grid has no {', '.join(unknown)}: re-create the baseline with this version"
    for what, one, other in (
        ("data set", old.dataset.key, new.dataset.key),
        ("number of frames", len(old.dataset.frames), len(new.dataset.frames)),
        ("choice or content of frames", old.dataset.fingerprint[:12], new.dataset.fingerprint[:12]),
        *(
            (name.replace("_", " "), getattr(old.settings, name), getattr(new.settings, name))
            for name in _SAME_SETTINGS
        ),
        ("block length", old.settings.block, new.settings.block),
        *_versions(old.artefacts, new.artefacts),
        *_versions(old.metrics, new.metrics),
    ):
        if one != other:
            yield f"the {what} is {one} in the baseline and {other} in the candidate"


def _versions(old: Mapping[str, _Versioned], new: Mapping[str, _Versioned]) -> Iterator[tuple[str, int, int | None]]:
    for name, info in old.items():
        yield f"version of {name}", info.version, new[name].version if name in new else None


def _metric_problems(baseline: Results, run: RunManifest, tolerances: Iterable[str]) -> Iterator[str]:
    needed = {metric for name in tolerances for metric in CRITERIA.get(name).metrics}
    for side, facts in (("baseline", baseline.run), ("candidate", run)):
        if missing := sorted(needed - set(facts.metrics)):
            yield f"the {side} has no {', '.join(missing)}, which is to be judged by"


def failed_test_problems(baseline: Results, candidate: Results) -> Iterator[str]:
    """Failed tests of either run."""
    for side, run in (("baseline", baseline.run), ("candidate", candidate.run)):
        if run.tests.failed:
            yield f"tests of the {side} failed: {', '.join(run.tests.failed)}"


def cut_problems(candidate: Results, sequential: bool) -> Iterator[str]:
    """A candidate that stopped early, judged as if it had not."""
    if candidate.run.settings.sequential and not sequential:
        yield "the candidate's run left out frames of what was decided: judge it with --sequential"


def _name_problems(baseline: Results, run: RunManifest, names: Mapping[str, str]) -> Iterator[str]:
    there = sorted(set(baseline.records["segmenter"]) - {REFERENCE})
    if not names:
        yield "its run has no model: --rb-model names none, or -k left none"
    for name, old in names.items():
        if name not in run.segmenters:
            yield f"its run has no {name}, which was to be laid beside {old}"
        elif old not in there:
            remedy = (
                f"give the file that name, or say which it replaces: --rb-against {name}=NAME (of `gate`: --against)"
            )
            if (stem := Path(old).stem) in there:  # of files that differ in their suffix alone the whole names are used
                remedy = f"say that it replaces {stem}: --rb-against {name}={stem} (of `gate`: --against)"
            yield f"the baseline has no {old} (but {', '.join(there) or 'no model'}); {remedy}"


def record_problems(rows: pd.DataFrame, name: str, candidate: Results, sequential: bool) -> Iterator[str]:
    """Patches that only one run has, and undefined scores that no valid run has."""
    tests = candidate.run.tests
    a_part = tests.ran < tests.grid
    lacks = {"left_only": "the candidate", "right_only": "the baseline"}
    for title, sides in condition_sides(rows):
        if sides == {"both"} or (a_part and sides == {"left_only"}) or (sequential and sides == {"both", "left_only"}):
            continue
        who = " and ".join(lacks[side] for side in sorted(sides - {"both"}))
        yield f"{who} lacks {'patches of ' if 'both' in sides else ''}{name}-{title}"
    both = rows[rows["_merge"] == "both"]
    if both.empty:
        yield f"the two runs of {name} have no condition in common"
    always = ["jaccard", *(metric for metric, facts in candidate.run.metrics.items() if facts.pooled == "sum")]
    for metric, (side, ending) in product(always, (("baseline", "old"), ("candidate", "new"))):
        if both[f"{metric}_{ending}"].isna().any():
            yield f"the {side} has an undefined {metric} of {name}, which no sound run has"
