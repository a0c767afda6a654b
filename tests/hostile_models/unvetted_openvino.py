"""OpenVINO files as OpenVINO takes them."""

from __future__ import annotations

import numpy as np
import openvino

from robustbench_cells.models.layout import Array
from robustbench_cells.types import Segmenter
from tests.hostile_models.unvetted import segmenter, translate_errors


def load(source: str, *, trusted: bool) -> Segmenter:
    """Read and compile."""
    with translate_errors(source):
        core = openvino.Core()
        model = core.compile_model(core.read_model(source), "CPU")

    def run(batch: Array) -> Array:
        return np.array(model(batch)[0])

    return segmenter(source, run)
