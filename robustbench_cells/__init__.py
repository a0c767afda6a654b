"""How far may a microscope image drift before a segmentation model breaks? Robustness as pytest.

The names below are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "ARTEFACTS": "robustbench_cells.artefacts",
    "BASELINES": "robustbench_cells.models.baselines",
    "METRICS": "robustbench_cells.metrics",
    "Condition": "robustbench_cells.engine.condition",
    "cut_patches": "robustbench_cells.engine.patches",
    "iter_patches": "robustbench_cells.engine.batches",
    "evaluate_batches": "robustbench_cells.engine.evaluate",
    "make_batches": "robustbench_cells.engine.batches",
    "load_segmenter": "robustbench_cells.models.loading",
    "predict_frame": "robustbench_cells.models.whole_frames",
    "open_dataset": "robustbench_cells.datasets.opening",
    "summarise": "robustbench_cells.results.tables",
}

__all__ = [  # noqa: RUF022 - in the order of the pipeline
    "open_dataset",
    "cut_patches",
    "ARTEFACTS",
    "BASELINES",
    "load_segmenter",
    "predict_frame",
    "METRICS",
    "Condition",
    "iter_patches",
    "make_batches",
    "evaluate_batches",
    "summarise",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
