"""The runs that a candidate is judged by: the model in use, and other seeds of its recipe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from math import inf
from pathlib import Path

import pandas as pd

from robustbench_cells.errors import GateError
from robustbench_cells.gate.retraining import adjust, compare_deviation, predict_seed
from robustbench_cells.gate.seeds import Recipe
from robustbench_cells.gate.spread import MIN_SEEDS, Spread, are_alike, condition_means
from robustbench_cells.gate.spread_file import SPREAD_FILE, StoredSpread, load_spread
from robustbench_cells.gate.statistics import FALSE_ALARM
from robustbench_cells.results.axes import Axis
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.storage import load
from robustbench_cells.results.tables import KEYS, Results


@dataclass(frozen=True, eq=False)
class SeedRun:
    """A run of another seed of the recipe in use.

    Attributes
    ----------
    name
        What messages call it, such as its folder.
    results
        Its results.
    """

    name: str
    results: Results


@dataclass(frozen=True, eq=False)
class Baselines:
    """What candidates are judged by.

    Attributes
    ----------
    in_use
        Results of the model in use.
    seeds
        Runs of other seeds of its recipe.
    stored
        What ``spread.toml`` beside the model in use says of its recipe, if there is one.
    """

    in_use: Results
    seeds: Sequence[SeedRun] = ()
    stored: StoredSpread | None = None

    @classmethod
    def load(cls, folders: Sequence[Path]) -> Baselines:
        """Read stored runs, that of the model in use first, and ``spread.toml`` beside it where they are too few.

        Raises
        ------
        RobustbenchError
            If there is none, one cannot be read, or one is named twice.
        """
        runs = cls.load_runs(folders)
        path = folders[0] / SPREAD_FILE
        return replace(runs, stored=load_spread(path)) if path.exists() and len(folders) < MIN_SEEDS else runs

    @classmethod
    def load_runs(cls, folders: Sequence[Path]) -> Baselines:
        """The same without ``spread.toml``."""
        if not folders:
            raise GateError("no baseline is named")
        resolved = [folder.resolve() for folder in folders]
        if twice := [str(folder) for number, folder in enumerate(folders) if resolved[number] in resolved[:number]]:
            raise GateError(f"the baseline {', '.join(twice)} is named twice; one run is one seed")
        in_use, *seeds = [SeedRun(f"the baseline {folder}", load(folder)) for folder in folders]
        return cls(in_use.results, seeds)


@dataclass(frozen=True, eq=False)
class KnownRecipes:
    """What the baselines tell of the recipe of each model that is judged.

    Attributes
    ----------
    recipes
        Recipe of each model whose spread is known, by the model's name in the candidate run.
    unknown
        Why the spread of each other model is not known.
    in_use
        Names of the models that are the ones in use themselves: retraining is no question.
    """

    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    in_use: Sequence[str] = ()


def seed_problems(baselines: Baselines, names: Iterable[str]) -> Iterator[str]:
    """Report seeds that did not run on the patches of the model in use, by the names of models in the baseline."""
    for name in names:
        rows = _rows(baselines.in_use, name)
        for seed in baselines.seeds:
            other = _rows(seed.results, name)
            if other.empty:
                yield f"{seed.name} has no {name}; give all seeds of a recipe one name"
                continue
            sides = rows.merge(other, on=KEYS[1:], how="outer", indicator=True, suffixes=("_old", "_new"))
            if (missing := int((sides["_merge"] != "both").sum())) > 0:
                yield f"{seed.name} and the model in use differ in {missing} patches of {name}: run the whole grid"
            elif other["jaccard"].isna().any():
                yield f"{seed.name} has an undefined jaccard of {name}, which no valid run has"
            elif (
                "cells_true" in other
                and "cells_true" in rows
                and (sides["cells_true_old"] != sides["cells_true_new"]).any()
            ):
                yield f"{seed.name} has other cells_true than the model in use, though the frames are the same"


def known_recipes(baselines: Baselines, run: RunManifest, names: Mapping[str, str]) -> KnownRecipes:
    """What is known of the recipes of the models of a candidate run.

    Parameters
    ----------
    baselines
        Runs that were found comparable.
    run
        Manifest of the candidate run.
    names
        Name in the baselines of each model of the candidate run.

    Raises
    ------
    GateError
        If the seeds are no evidence: one of them counts twice or is the candidate itself, or a stored spread is of
        another recipe or grid.
    """
    recipes: dict[str, Recipe] = {}
    unknown: dict[str, str] = {}
    same: list[str] = []
    problems = list(baselines.stored.problems(baselines.in_use, names.values())) if baselines.stored else []
    live = {old: spread_of_runs(baselines, old) for old in names.values()}
    retrained = [old for old, spread in live.items() if len(set(spread.digests)) > 1]
    if baselines.seeds and not retrained:
        problems.append("all baselines have the same networks; one network is one seed")
    for name, old in () if problems else names.items():
        in_use = condition_means(baselines.in_use.on_grid, old)
        spread = _known_spread(baselines, live[old], old)
        own = run.segmenters[name]
        if old in retrained:
            problems += _duplicates(live[old], old)
        if own == baselines.in_use.run.segmenters[old]:
            same.append(name)
            continue
        problems += _own_seeds(live[old] if spread is None else spread, name, own)
        if spread is None:
            unknown[name] = _lack(baselines, live[old], old)
        else:
            recipes[name] = Recipe(spread, in_use)
            if baselines.stored and not problems:
                problems += other_recipe(recipes[name], baselines, old)
    if problems:
        raise GateError("the baselines are no evidence of what retraining does: " + "; ".join(problems))
    return KnownRecipes(recipes, unknown, same)


def spread_of_runs(baselines: Baselines, model: str) -> Spread:
    """What the baselines score with a model that each of them has."""
    runs = [baselines.in_use, *(seed.results for seed in baselines.seeds)]
    means = [condition_means(one.on_grid, model) for one in runs]
    return Spread([one.run.segmenters[model] for one in runs], means, _axes(baselines))


def _axes(baselines: Baselines) -> dict[str, Axis]:
    return {name: info.axis for name, info in baselines.in_use.run.artefacts.items()}


def require_other_networks(recipes: Mapping[str, Recipe], candidate: Results) -> None:
    """Refuse a candidate that scores exactly like one of the seeds that it would be judged by: it is that seed.

    Raises
    ------
    GateError
        If there is one.
    """
    for name, recipe in recipes.items():
        own = condition_means(candidate, name)
        if not are_alike(own, recipe.in_use) and any(are_alike(own, means) for means in recipe.spread.means):
            raise GateError(
                f"{name} scores exactly like one of the seeds that it is judged by, and a model is no evidence about "
                "itself: leave that baseline out"
            )


def other_recipe(recipe: Recipe, baselines: Baselines, model: str) -> Iterator[str]:
    """Report a stored spread that the model in use does not belong to."""
    assert baselines.stored is not None  # noqa: S101
    path, spread = baselines.stored.path, recipe.spread
    digest = baselines.in_use.run.segmenters[model]
    if digest in spread.digests:
        if not are_alike(recipe.in_use, spread.means[spread.digests.index(digest)]):
            yield f"{path} has other scores of {model} ({digest[:12]}) than the baseline: run `gate --plan` again"
        return
    yield from _duplicates(spread, model)
    tests = adjust(
        [
            compare_deviation(
                spread.value(recipe.in_use, artefact, levels),
                0.0,
                inf,
                predict_seed(spread.values(artefact, levels), spread.of_axes),
            )
            for artefact, levels in spread.axes.items()
        ]
    )
    if any(min(one.p_worse, one.p_better) <= FALSE_ALARM / 2 for one in tests):
        yield (
            f"the model in use ({model}, {digest[:12]}) is not what the {len(spread.digests)} seeds of {path} give, so "
            "it is of another recipe: run `gate --plan` again with seeds of its own"
        )


def _rows(results: Results, model: str) -> pd.DataFrame:
    """Records of a model, without the intensities that were added for break-points."""
    records = results.on_grid.records
    return records[records["segmenter"] == model]


def _known_spread(baselines: Baselines, live: Spread, model: str) -> Spread | None:
    """From the baselines if they are enough, else the stored one; None where neither tells."""
    if len(live.digests) >= MIN_SEEDS:
        return live if len(set(live.digests)) > 1 else None
    stored = baselines.stored.models.get(model) if baselines.stored else None
    return stored and replace(stored, of_artefact=_axes(baselines))


def _lack(baselines: Baselines, live: Spread, model: str) -> str:
    """Why the spread of a model is not known."""
    if len(live.digests) >= MIN_SEEDS:
        return f"all baselines have the same {model}"
    if baselines.stored:
        return f"{baselines.stored.path} has no {model}"
    return (
        "one baseline tells nothing of it"
        if len(live.digests) == 1
        else f"{len(live.digests)} seeds tell too little of it"
    )


def _duplicates(spread: Spread, model: str) -> Iterator[str]:
    """Report networks that count twice: by their digests, or since they score exactly alike."""
    for one, other in combinations(range(len(spread.digests)), 2):
        if spread.digests[one] == spread.digests[other] or are_alike(spread.means[one], spread.means[other]):
            digest = spread.digests[one][:12]
            yield f"seeds {one + 1} and {other + 1} of {model} are one network ({digest}): leave one out"


def _own_seeds(spread: Spread, name: str, own: str) -> Iterator[str]:
    if own in spread.digests:
        yield (
            f"{name} ({own[:12]}) is seed {spread.digests.index(own) + 1} of those that it is judged by, and a model "
            "is no evidence about itself: leave that baseline out"
        )
