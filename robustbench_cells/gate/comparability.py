"""Whether two runs are comparable; whatever would invalidate the verdict is refused here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Protocol

import pandas as pd

from robustbench_cells.errors import GateError
from robustbench_cells.gate.baselines import Baselines, KnownRecipes, known_recipes, seed_problems
from robustbench_cells.gate.demands import Demand
from robustbench_cells.gate.pairing import condition_sides
from robustbench_cells.metrics import METRICS
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.tables import Results, impossible_scores
from robustbench_cells.types import CLEAN, REFERENCE, condition_name


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...


_CONTENT = "selection or content of frames"
_SAME_SETTINGS = {
    "seed": "seed",
    "profile": "profile",
    "most_patches": "cap on patches per frame",
    "block": "block length",
    "edge_cells": "rule for cells that a patch cuts",
}


@dataclass(frozen=True, eq=False)
class Comparable:
    """What is to be compared with what.

    Attributes
    ----------
    names
        Name in the baseline of each model of the candidate run.
    known
        What the baselines tell of the recipes of these models.
    """

    names: Mapping[str, str]
    known: KnownRecipes


def require_comparable(
    baselines: Baselines,
    run: RunManifest,
    demands: Sequence[Demand],
    against: Mapping[str, str] | None = None,
    *,
    sequential: bool = False,
) -> Comparable:
    """Refuse what `compare` would refuse, as far as the candidate's manifest shows it: before any model runs.

    Parameters
    ----------
    baselines
        Runs that the candidate is judged by.
    run
        Manifest of the candidate run.
    demands, against, sequential
        See `compare`.

    Raises
    ------
    GateError
        If the runs are not comparable, or the baselines are no evidence; the message lists every problem.
    """
    names = {name: name for name in sorted(run.segmenters) if name != REFERENCE} | dict(against or {})
    baseline = baselines.in_use
    refuse(
        [
            *_demand_problems(demands, baseline.run, sequential),
            *_validity_problems("the baseline", baseline.run),
            *_setting_problems(baseline.run, run),
            *_name_problems(baseline, run, names),
            *_source_problems(baseline.run, run),
            *_metric_problems(
                baseline, run, {"jaccard", *(metric for one in demands for metric in one.criterion.metrics)}
            ),
        ]
    )
    refuse(
        problem
        for seed in baselines.seeds
        for problem in (
            *_validity_problems(seed.name, seed.results.run),
            *_grid_problems(baseline.run, seed.results.run, "the baseline"),
            *_grid_problems(seed.results.run, baseline.run, f"the baseline {seed.name}"),
            *_setting_problems(baseline.run, seed.results.run, seed.name),
            *_setting_problems(seed.results.run, baseline.run, "the model in use", seed.name),
            *_source_problems(baseline.run, seed.results.run, seed.name),
        )
    )
    refuse(seed_problems(baselines, names.values()))
    return Comparable(names, known_recipes(baselines, run, names))


def refuse(problems: Iterable[str]) -> None:
    """Raise a `GateError` that lists every problem, if there is any."""
    if found := list(dict.fromkeys(problems)):
        raise GateError("the candidate cannot be compared with this baseline: " + "; ".join(found))


def _demand_problems(demands: Iterable[Demand], old: RunManifest, sequential: bool) -> Iterator[str]:
    for demand in demands:
        if sequential and not demand.criterion.interim:
            yield f"{demand.criterion.name} needs all frames of every condition: compare without sequential"
        yield from demand.problems(old.artefacts)


def _setting_problems(
    old: RunManifest, new: RunManifest, new_side: str = "the candidate", old_side: str = "the baseline"
) -> Iterator[str]:
    if old.settings.sequential:
        yield f"{old_side} run stopped early, so frames are missing: re-create it without --rb-sequential"
    for what, one, other in (
        ("data set", old.dataset.key, new.dataset.key),
        ("number of frames", len(old.dataset.frames), len(new.dataset.frames)),
        (_CONTENT, old.dataset.fingerprint[:12], new.dataset.fingerprint[:12]),
        *((what, getattr(old.settings, name), getattr(new.settings, name)) for name, what in _SAME_SETTINGS.items()),
        *_versions({name: info for name, info in old.artefacts.items() if name in new.artefacts}, new.artefacts),
        *_versions(old.metrics, new.metrics),
    ):
        if one != other and what == _CONTENT and old.settings.channel != new.settings.channel:
            yield (
                f"the channel of the images is {old.settings.channel} in {old_side} and {new.settings.channel} in "
                f"{new_side}"
            )
        if one != other:
            yield f"the {what} is {one} in {old_side} and {other} in {new_side}"


def _grid_problems(old: RunManifest, new: RunManifest, side: str) -> Iterator[str]:
    """Report artefacts that one of two baselines lacks; a candidate may have more (`Gate.not_in_baseline`)."""
    if missing := sorted(set(new.artefacts) - set(old.artefacts)):
        yield f"{side}'s grid has no {', '.join(missing)}: re-create the baseline with this version"


def _versions(old: Mapping[str, _Versioned], new: Mapping[str, _Versioned]) -> Iterator[tuple[str, int, int | None]]:
    for name, info in old.items():
        yield f"version of {name}", info.version, new[name].version if name in new else None


def _source_problems(old: RunManifest, new: RunManifest, side: str = "the candidate") -> Iterator[str]:
    """Report artefacts and metrics from outside whose code was edited; runs of earlier versions do not name it."""
    used = {*(f"artefact {name}" for name in new.acting), *(f"metric {name}" for name in old.metrics)}
    for name in sorted(used & old.sources.keys() & new.sources.keys()):
        if old.sources[name] != new.sources[name]:
            yield (
                f"the code of the {name} is {old.sources[name]} in the baseline and {new.sources[name]} in {side}: "
                "re-create the baseline with this code, or restore the code"
            )


def _metric_problems(baseline: Results, run: RunManifest, needed: set[str]) -> Iterator[str]:
    parts = {name for one in needed & set(METRICS.names()) for ratio in METRICS.get(one).ratios for name in ratio.names}
    for side, manifest, remedy in (("baseline", baseline.run, "re-create"), ("candidate", run, "run")):
        if missing := sorted(needed - set(manifest.metrics)):
            named = sorted(set(missing) - parts) or missing
            optional = [name for name in named if name in METRICS and METRICS.get(name).group]
            option = f": {remedy} it with --rb-metric={optional[0]}" if optional else ""
            yield f"the {side} has no {', '.join(named)}, which a criterion needs{option}"
            return  # a candidate follows its baseline


def candidate_problems(candidate: Results) -> Iterator[str]:
    """Report failed tests of the candidate run, and what it lacks: no manifest shows it before the run."""
    yield from _validity_problems("the candidate", candidate.run)


def _validity_problems(side: str, run: RunManifest) -> Iterator[str]:
    if run.tests.failed:
        yield f"tests of {side} failed: {', '.join(run.tests.failed)}"
    if run.incomplete:
        yield f"the run of {side} is incomplete ({'; '.join(run.incomplete)}): run it again"


def early_stopping_problems(candidate: Results, sequential: bool) -> Iterator[str]:
    """Report a candidate run that stopped early but is compared as if it had not."""
    if candidate.run.settings.sequential and not sequential:
        yield "the candidate run stopped early, so frames are missing: compare with --sequential"


def _name_problems(baseline: Results, run: RunManifest, names: Mapping[str, str]) -> Iterator[str]:
    models = sorted(set(baseline.records["segmenter"]) - {REFERENCE})
    if not names:
        yield "the candidate run has no model: --rb-model names none, or -k deselected all of them"
    for name, old in names.items():
        if name not in run.segmenters:
            yield f"the candidate run has no {name}, which was mapped to {old}"
        elif old not in models:
            remedy = f"rename the file, or map it to a model of the baseline: --rb-against {name}=NAME"
            if (stem := Path(old).stem) in models:  # files that differ only in suffix go by their full names
                remedy = f"map it to {stem}: --rb-against {name}={stem}"
            yield f"the baseline has no {old} (but {', '.join(models) or 'no model'}); {remedy} (of `gate`: --against)"


def score_problems(baselines: Baselines, candidate: Results, demands: Iterable[Demand]) -> Iterator[str]:
    """Report scores that decide and that their metric cannot have: older runs store no range to be read by."""
    needed = {metric for demand in demands for metric in demand.criterion.metrics}
    ranges = {metric.name: metric.range for metric in METRICS if metric.name in needed}
    seeds = ((seed.name, seed.results) for seed in baselines.seeds)
    for side, results in (("the baseline", baselines.in_use), *seeds, ("the candidate", candidate)):
        for problem in impossible_scores(results.records, ranges):
            yield f"in {side} {problem}"


def record_problems(rows: pd.DataFrame, name: str, candidate: Results, sequential: bool) -> Iterator[str]:
    """Report patches that only one run has, and scores that no valid run has."""
    tests, grids = candidate.run.tests, candidate.run.settings.grids
    is_partial = tests.ran < tests.grid
    asked_for = {CLEAN, *(condition_name(artefact, level) for artefact in grids for level in grids[artefact])}
    missing_from = {"left_only": "the candidate", "right_only": "the baseline"}
    for condition, sides in condition_sides(rows):
        if (
            sides == {"both"}
            or (sides == {"left_only"} and (is_partial or (grids and condition not in asked_for)))
            or (sides == {"both", "left_only"} and sequential)
        ):
            continue
        runs = " and ".join(missing_from[side] for side in sorted(sides - {"both"}))
        yield f"{'patches of ' if 'both' in sides else ''}{name}-{condition} missing from {runs}"
    both = rows[rows["_merge"] == "both"]
    if both.empty:
        yield f"the two runs of {name} have no condition in common"
    shared = {name: info for name, info in candidate.run.metrics.items() if f"{name}_old" in both}
    always_defined = ["jaccard", *(metric for metric, info in shared.items() if info.pooled == "sum")]
    for metric, (side, suffix) in product(always_defined, (("baseline", "old"), ("candidate", "new"))):
        if both[f"{metric}_{suffix}"].isna().any():
            yield f"the {side} has an undefined {metric} of {name}, which no valid run has"
    truths = {info.target for info in shared.values() if info.target}
    for metric in sorted(truths & set(shared)):
        differs = (both[f"{metric}_old"] != both[f"{metric}_new"]) & both[f"{metric}_old"].notna()
        if differs.any():
            row = both[differs].iloc[0]
            yield (
                f"{metric} of patch {row['patch']} of frame {row['frame']} under "
                f"{condition_name(row['artefact'], row['intensity'])} is {row[f'{metric}_old']:g} in the baseline and "
                f"{row[f'{metric}_new']:g} in the candidate, though the frames are the same: re-create the baseline"
            )
