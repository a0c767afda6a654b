"""Results of two models and the background: seven records of one frame."""

from __future__ import annotations

from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.tables import Results, records_table
from robustbench_cells.types import Record

NAN = float("nan")
METRICS = {
    "jaccard": {"pooled": "mean", "best": "highest", "target": "", "version": 1},
    "precision": {"pooled": "mean", "best": "highest", "target": "", "version": 1},
    "cells_predicted": {"pooled": "sum", "best": "nearest", "target": "cells_true", "version": 1},
    "cells_true": {"pooled": "sum", "best": "nearest", "target": "cells_true", "version": 1},
}
RUN = RunManifest.from_json(
    {
        "version": 2,
        "command": "pytest benchmarks/ -k '<noise>|clean'",
        "dataset": {
            "key": "k",
            "title": "synthetic | <b>made up</b>",
            "fingerprint": "0123456789abcdef",
            "frames": ["a"],
            "positions": [0],
        },
        "segmenters": {"good": "one", "bad": "two", "background": "background 1"},
        "settings": {"profile": "default", "most_patches": 12, "seed": 0, "block": 1},
        "artefacts": {"noise": {"version": 1, "parameter": "sigma", "unit": "grey levels", "neutral": 0.0}},
        "metrics": METRICS,
        "tests": {"ran": 6, "grid": 8, "failed": []},
        "versions": {"robustbench_cells": "0"},
    }
)


def make_record(segmenter: str, artefact: str, intensity: float, patch: int, *scores: float) -> Record:
    values = [float(score) for score in scores]
    return Record(segmenter, artefact, float(intensity), "a", patch, dict(zip(METRICS, values, strict=True)))


RECORDS = [
    make_record("good", "noise", 50, 0, 0.8, 0.9, 5, 4),
    make_record("good", "noise", 50, 1, 0.6, NAN, 3, 4),
    make_record("bad", "noise", 50, 0, 0.1, 0.2, 50, 4),
    make_record("bad", "noise", 50, 1, 0.3, 0.4, 60, 4),
    make_record("good", "clean", 0, 0, 0.9, 1.0, 4, 4),
    make_record("background", "clean", 0, 0, 0.95, NAN, 0, 4),
    make_record("bad", "clean", 0, 0, 0.4, 0.9, 9, 4),
]
RESULTS = Results(records_table(RECORDS), RUN)
