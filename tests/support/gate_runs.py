"""Synthetic runs for the gate, and changes that make them worse or incomparable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from robustbench_cells.gate import comparison
from robustbench_cells.gate.baselines import Baselines, SeedRun
from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.demands import default_demands, make_demands
from robustbench_cells.gate.spread_file import StoredSpread
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.tables import Results
from tests.support.manifests import change_manifest

FRAMES, PATCHES = 40, 6
LEVELS = {"clean": (0.0,), "noise": (0.0, 50.0, 200.0), "cell_size": (0.5, 1.0, 2.0)}
CONTENT: dict[str, Any] = {
    "version": 2,
    "command": "pytest benchmarks/",
    "dataset": {
        "key": "paired/test",
        "title": "synthetic",
        "fingerprint": "0123456789abcdef",
        "frames": [f"{number}" for number in range(FRAMES)],
        "positions": list(range(FRAMES)),
    },
    "segmenters": {"unet": "weights", "background": "background 1"},
    "settings": {"profile": "default", "seed": 0, "most_patches": 12, "block": 5},
    "tests": {"ran": 14, "grid": 14, "failed": []},
    "versions": {"robustbench_cells": "0"},
    "metrics": {
        name: {"version": 1, "pooled": "mean", "best": "highest", "target": ""}
        for name in ("jaccard", "precision", "recall")
    }
    | {
        name: {"version": 1, "pooled": "sum", "best": "nearest", "target": "cells_true"}
        for name in ("cells_predicted", "cells_true")
    },
    "artefacts": {
        "noise": {"version": 1, "parameter": "sigma", "unit": "grey levels", "neutral": 0.0},
        "cell_size": {"version": 1, "parameter": "zoom", "unit": "×", "neutral": 1.0},
    },
}

CLEAN_RUN = RunManifest.from_json(CONTENT)


def make_run(
    change: Callable[[pd.DataFrame], object] = lambda rows: None, seed: int = 0, spread: float = 0.0
) -> Results:
    """A run with every metric; ``spread`` is the standard deviation of a retraining's effect on each frame."""
    rng = np.random.default_rng(0)
    own = np.random.default_rng(seed)
    rows = []
    for artefact, levels in LEVELS.items():
        for level in levels:
            fall = 0.0 if artefact == "clean" else 0.3 * abs(level - (artefact == "cell_size")) / 200
            base = 0.85 - fall + rng.normal(0, 0.03, (FRAMES, 1)) + rng.normal(0, 0.03, (FRAMES, PATCHES))
            base = np.clip(base + own.normal(0, spread, (FRAMES, 1)), 0, 1)
            for (frame, patch), score in np.ndenumerate(base):
                scores = (score, min(score + 0.05, 1.0), min(score + 0.04, 1.0), 20.0, 20.0)
                rows.append(("unet", artefact, level, f"{frame}", patch, *scores))
                rows.append(("background", artefact, level, f"{frame}", patch, 0.0, np.nan, 0.0, 0.0, 20.0))
    columns = ["segmenter", "artefact", "intensity", "frame", "patch", *CONTENT["metrics"]]
    table = pd.DataFrame(rows, columns=columns)
    change(table)
    return Results(table, CLEAN_RUN)


def select_unet(rows: pd.DataFrame, artefact: str, level: float = 0.0) -> pd.Series:
    """Which rows are those of the network under a condition."""
    return (rows["segmenter"] == "unet") & (rows["artefact"] == artefact) & (rows["intensity"] == level)


def drop(artefact: str, level: float, by: float, column: str = "jaccard") -> Callable[[pd.DataFrame], None]:
    """Lower a score under a condition."""

    def change(rows: pd.DataFrame) -> None:
        rows.loc[select_unet(rows, artefact, level), column] -= by

    return change


def set_manifest(*path: str, value: object) -> Callable[[Results], Results]:
    """Set a value of the manifest, named by its path in ``run.json``."""
    return lambda results: change_manifest(results, *path, value=value)


def remove_rows(select: Callable[[pd.DataFrame], pd.Series]) -> Callable[[Results], Results]:
    """Remove the selected rows."""
    return lambda results: Results(results.records[~select(results.records)], results.run)


def change_records(change: Callable[[pd.DataFrame], object]) -> Callable[[Results], Results]:
    """Apply a change to the records."""
    return lambda results: Results(results.records.pipe(lambda table: change(table) or table), results.run)


def rename_model(results: Results, name: str = "unet_2") -> Results:
    """Rename the network."""
    table = results.records.replace({"segmenter": {"unet": name}})
    return change_manifest(Results(table, results.run), "segmenters", value={name: "w", "background": "b"})


BASELINE = make_run()
JACCARD = {"jaccard": 0.01}


def make_seed(
    seed: int, change: Callable[[pd.DataFrame], object] = lambda rows: None, *, spread: float = 0.012
) -> Results:
    """Another network of the recipe: each axis and each condition is off by what its training drew."""
    own = np.random.default_rng([1, seed])
    off = {name: own.normal(0, spread) for name in LEVELS}
    each = {(name, level): own.normal(0, spread / 3) for name, levels in LEVELS.items() for level in levels}

    def retrain(rows: pd.DataFrame) -> None:
        for (name, level), other in each.items():
            rows.loc[select_unet(rows, name, level), "jaccard"] += off[name] + other
        change(rows)
        rows["jaccard"] = rows["jaccard"].clip(0, 1)

    run = make_run(retrain, seed=seed, spread=0.002)
    return change_manifest(run, "segmenters", value={"unet": f"network {seed}", "background": "background 1"})


def lower(artefact: str, by: float) -> Callable[[pd.DataFrame], None]:
    """Lower the Jaccard score under all intensities of an artefact."""

    def change(rows: pd.DataFrame) -> None:
        rows.loc[(rows["segmenter"] == "unet") & (rows["artefact"] == artefact), "jaccard"] -= by

    return change


def lower_all(by: float) -> Callable[[pd.DataFrame], None]:
    """Lower the Jaccard score everywhere."""

    def change(rows: pd.DataFrame) -> None:
        rows.loc[rows["segmenter"] == "unet", "jaccard"] -= by

    return change


def baselines_of(*results: Results, stored: StoredSpread | None = None) -> Baselines:
    """The first is in use, the others are seeds of its recipe."""
    in_use, *seeds = results
    return Baselines(
        in_use, [SeedRun(f"the baseline runs/{number}", one) for number, one in enumerate(seeds, 2)], stored
    )


def judge(baselines: Baselines, candidate: Results, *, by_file_alone: bool = False) -> Gate:
    """The gate as it is by default."""
    return comparison.compare(baselines, candidate, default_demands(), by_file_alone=by_file_alone)


def compare(
    baseline: Results | Baselines,
    candidate: Results,
    tolerances: Mapping[str, float],
    against: Mapping[str, str] | None = None,
    *,
    sequential: bool = False,
) -> Gate:
    """Compare by exactly these criteria."""
    baselines = baseline if isinstance(baseline, Baselines) else Baselines(baseline)
    return comparison.compare(baselines, candidate, make_demands(tolerances), against, sequential=sequential)


def verdicts(gate: Gate) -> dict[str, str]:
    """Verdict of each decision, by name."""
    return {decision.name: str(decision.verdict) for decision in gate.decisions}
