"""``spread.toml``: what several seeds of a recipe score, kept beside the baseline so that one stored run is enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from robustbench_cells.errors import GateError
from robustbench_cells.files.atomic import write_text
from robustbench_cells.files.schema import schema_problem
from robustbench_cells.files.toml import read_toml
from robustbench_cells.gate.spread import MIN_SEEDS, Condition, Spread, condition_means
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.tables import Results

SPREAD_FILE = "spread.toml"
VERSION = 1  # of the file's layout

_MAX_BYTES = 2**24
_AGAIN = "run `robustbench-cells gate --plan` again"
_SCHEMA = {
    "type": "object",
    "required": ["version", "made_on", "models"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": VERSION},
        "made_on": {"type": "object", "additionalProperties": {"type": ["string", "integer"]}},
        "models": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "required": ["seeds", "conditions"],
                "additionalProperties": False,
                "properties": {
                    "seeds": {
                        "type": "array",
                        "minItems": MIN_SEEDS,
                        "items": {
                            "type": "object",
                            "required": ["digest", "run"],
                            "additionalProperties": False,
                            "properties": {"digest": {"type": "string"}, "run": {"type": "string"}},
                        },
                    },
                    "conditions": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "required": ["artefact", "intensity", "jaccard"],
                            "additionalProperties": False,
                            "properties": {
                                "artefact": {"type": "string"},
                                "intensity": {"type": "number"},
                                "jaccard": {
                                    "type": "array",
                                    "minItems": MIN_SEEDS,
                                    "items": {"type": "number", "minimum": 0, "maximum": 1},
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}

MadeOn = Mapping[str, str | int]


@dataclass(frozen=True, eq=False)
class StoredSpread:
    """The content of a ``spread.toml``.

    Attributes
    ----------
    path
        File that it was read from.
    made_on
        Data, settings and versions that the seeds ran with, by what messages call them.
    models
        Spread of each model.
    runs
        Name of the run of each seed, by model.
    """

    path: Path
    made_on: MadeOn
    models: Mapping[str, Spread]
    runs: Mapping[str, Sequence[str]]

    def problems(self, in_use: Results, names: Iterable[str]) -> Iterator[str]:
        """Report whatever shows that the seeds did not run as the model in use did."""
        ran = describe_run(in_use.run)
        for what in dict.fromkeys([*ran, *self.made_on]):
            own, other = ran.get(what), self.made_on.get(what)
            if own != other:
                yield f"the {what} is {own} in the baseline and {other} in {self.path}; {_AGAIN}"
        if not set(names) & set(self.models):
            yield f"{self.path} is about {', '.join(self.models)}, and no model that is judged; {_AGAIN}"
        for name in sorted(set(names) & set(self.models)):
            conditions, in_baseline = self.models[name].conditions, set(condition_means(in_use.on_grid, name))
            if conditions != in_baseline:
                yield (
                    f"the grid of {name} has {len(in_baseline)} conditions in the baseline and {len(conditions)} "
                    f"others in {self.path}; {_AGAIN}"
                )


def describe_run(run: RunManifest) -> dict[str, str | int]:
    """What seeds of one recipe must have in common, by what messages call it."""
    return {
        "data set": run.dataset.key,
        "number of frames": len(run.dataset.frames),
        "selection or content of frames": run.dataset.fingerprint,
        "seed": run.settings.seed,
        "profile": run.settings.profile,
        "cap on patches per frame": run.settings.most_patches,
        "version of jaccard": run.metrics["jaccard"].version,
        **{f"version of {name}": info.version for name, info in sorted(run.artefacts.items())},
        **{
            f"code of the artefact {name}": run.sources[key]
            for name in sorted(run.acting)
            if (key := f"artefact {name}") in run.sources
        },
    }


def save_spread(path: Path, runs: Mapping[str, Results], models: Sequence[str]) -> None:
    """Write the spread of some models, atomically.

    Parameters
    ----------
    path
        File to write.
    runs
        Comparable runs of the seeds by name, such as their folders.
    models
        Models that every run has, with other weights in each.

    Raises
    ------
    GateError
        If there are fewer than three seeds.
    """
    if len(runs) < MIN_SEEDS:
        raise GateError(f"{len(runs)} seeds: a spread needs {MIN_SEEDS} or more; train the recipe with more seeds")
    first = next(iter(runs.values()))
    content = {
        "version": VERSION,
        "made_on": describe_run(first.run),
        "models": {model: _model_table(runs, model) for model in models},
    }
    head = "# What seeds of one recipe score: written by `robustbench-cells gate --plan`, read by the gate.\n"
    write_text(path, head + tomli_w.dumps(content))


def load_spread(path: Path) -> StoredSpread:
    """Read what `save_spread` wrote.

    Raises
    ------
    GateError
        If it cannot be read, or is not such a file.
    """
    try:
        content = read_toml(path, _MAX_BYTES, GateError)
        if problem := schema_problem(content, _SCHEMA):
            raise ValueError(problem)
        models = content["models"]
        return StoredSpread(
            path,
            content["made_on"],
            {name: _spread(model) for name, model in models.items()},
            {name: [seed["run"] for seed in model["seeds"]] for name, model in models.items()},
        )
    except (OSError, ValueError, RecursionError) as error:
        raise GateError(f"{path}: is no spread between seeds ({error}); {_AGAIN}, or remove the file") from error


def _model_table(runs: Mapping[str, Results], model: str) -> dict[str, Any]:
    means = [condition_means(results.on_grid, model) for results in runs.values()]
    return {
        "seeds": [{"digest": results.run.segmenters[model], "run": name} for name, results in runs.items()],
        "conditions": [
            {"artefact": artefact, "intensity": level, "jaccard": [one[artefact, level] for one in means]}
            for artefact, level in means[0]
        ],
    }


def _spread(model: Mapping[str, Any]) -> Spread:
    digests = [seed["digest"] for seed in model["seeds"]]
    scores: dict[Condition, list[float]] = {}
    for one in model["conditions"]:
        key = (one["artefact"], float(one["intensity"]))
        if key in scores:
            raise ValueError(f"{key[0]} {key[1]:g} is there twice")
        if len(one["jaccard"]) != len(digests):
            raise ValueError(f"{key[0]} {key[1]:g} has {len(one['jaccard'])} scores of {len(digests)} seeds")
        if not all(0 <= score <= 1 for score in one["jaccard"]):  # NaN passes the schema
            raise ValueError(f"{key[0]} {key[1]:g} has a score that is none")
        scores[key] = one["jaccard"]
    return Spread(digests, [{key: values[number] for key, values in scores.items()} for number in range(len(digests))])
