"""How far may a microscope image degrade before a segmentation model breaks? Robustness as pytest.

The names below are loaded when they are first used, so that importing the package costs next to nothing.

Examples
--------
>>> import robustbench_cells as rb
>>> rb.open_dataset("synthetic", frames=2).frames
('000', '015')
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {  # in the order of the pipeline
    "from_arrays": "robustbench_cells.datasets.from_arrays",
    "open_dataset": "robustbench_cells.datasets.opening",
    "load_segmenter": "robustbench_cells.models.opening",
    "predict_frame": "robustbench_cells.models.whole_frames",
    "benchmark": "robustbench_cells.api.benchmark",
    "open_run": "robustbench_cells.api.result",
    "BenchmarkResult": "robustbench_cells.api.result",
    "GateResult": "robustbench_cells.api.gate_result",
    "ARTEFACTS": "robustbench_cells.artefacts",
    "BASELINES": "robustbench_cells.models.baselines",
    "METRICS": "robustbench_cells.metrics",
    "distort": "robustbench_cells.api.distort",
    "Condition": "robustbench_cells.engine.condition",
    "cut_patches": "robustbench_cells.engine.patches",
    "iter_patches": "robustbench_cells.engine.batches",
    "make_batches": "robustbench_cells.engine.batches",
    "evaluate_batches": "robustbench_cells.engine.evaluate",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*_HOMES, "__version__"])
