"""Synthetic results and example patches for reports."""

from __future__ import annotations

from typing import Any

import numpy as np

from robustbench_cells.results.example_patches import ExamplePatches, choose_examples
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.tables import Results, records_table
from robustbench_cells.types import Record

METRICS = {
    **{
        name: {"pooled": "mean", "best": "highest", "target": "", "version": 1}
        for name in ("accuracy", "jaccard", "precision", "recall")
    },
    "cells_predicted": {"pooled": "sum", "best": "nearest", "target": "cells_true", "version": 1},
    "cells_true": {"pooled": "sum", "best": "nearest", "target": "cells_true", "version": 1},
}
LEVELS = {
    "clean": (0.0,),
    "noise": (0.0, 50.0, 100.0),
    "illumination": (0.0, 1000.0, 2000.0),
    "cell_size": (0.5, 1.0, 2.0),
    "illumination-1000+noise": (50.0, 100.0),
}
_RANGES = {"noise": 100.0, "illumination": 4000.0, "cell_size": 4.0, "illumination-1000+noise": 50.0}
_NEUTRAL = {"cell_size": 1.0}


def make_manifest(segmenters: list[str], frames: list[str]) -> RunManifest:
    """Manifest of a run under `LEVELS`."""
    artefacts: dict[str, dict[str, Any]] = {
        name: {
            "version": 1,
            "parameter": "zoom" if name == "cell_size" else "sigma",
            "unit": "×" if name == "cell_size" else "grey levels",
            "neutral": _NEUTRAL.get(name, 0.0),
            "about": f"The effect of {name}.",
        }
        for name in LEVELS
        if name != "clean"
    }
    artefacts["illumination-1000+noise"]["together"] = {"first": "illumination", "intensity": 1000.0, "second": "noise"}
    content = {
        "version": 2,
        "command": "pytest benchmarks/",
        "dataset": {
            "key": "synthetic/test",
            "title": "synthetic, split test",
            "fingerprint": "0123456789abcdef",
            "frames": frames,
            "positions": list(range(len(frames))),
        },
        "segmenters": dict.fromkeys(segmenters, "digest"),
        "settings": {"profile": "default", "most_patches": 12, "seed": 0, "block": 1},
        "artefacts": artefacts,
        "metrics": METRICS,
        "tests": {"ran": 1, "grid": 1, "failed": []},
        "versions": {"robustbench_cells": "0"},
        "machine": {"system": "none"},
    }
    return RunManifest.from_json(content)


def make_results(segmenters: dict[str, float], frames: int = 6, patches: int = 2) -> Results:
    """Results with the given clean Jaccard of each segmenter, falling with the distance from neutral."""
    names = [f"{number:03}" for number in range(frames)]
    records = []
    for segmenter, clean in segmenters.items():
        for artefact, levels in LEVELS.items():
            for level in levels:
                fall = abs(level - _NEUTRAL.get(artefact, 0.0)) / _RANGES.get(artefact, 1.0)
                for frame in range(frames):
                    for patch in range(patches):
                        jaccard = max(0.0, clean - 0.5 * fall - 0.01 * frame - 0.002 * patch)
                        scores = [
                            (1 + jaccard) / 2,
                            jaccard,
                            min(1, jaccard + 0.1),
                            min(1, jaccard + 0.05),
                            11 + frame,
                            10,
                        ]
                        values = dict(zip(METRICS, map(float, scores), strict=True))
                        records.append(Record(segmenter, artefact, level, names[frame], patch, values))
    return Results(records_table(records), make_manifest(list(segmenters), names))


def make_examples(results: Results) -> ExamplePatches:
    """Example patches of these results: noise, with one square cell each."""
    views = choose_examples(results)
    rng = np.random.default_rng(0)
    shape = (len(views), 256, 256)
    truth = np.zeros(shape, bool)
    truth[:, 40:90, 40:90] = True
    names = [name for name in results.run.segmenters if name != "background"]
    masks = {name: np.roll(truth, 10 * number, axis=1) for number, name in enumerate(names)}
    times = {name: [10.0, 12.0, 11.0] for name in names}
    return ExamplePatches(views, rng.integers(0, 256, shape).astype(np.uint8), truth, masks, times)
