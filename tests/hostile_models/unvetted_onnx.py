"""ONNX files as onnxruntime takes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from robustbench_cells.models.layout import Array
from robustbench_cells.types import Segmenter
from tests.hostile_models.unvetted import segmenter, translate_errors


def load(source: str, *, trusted: bool) -> Segmenter:
    """Read whatever is there, then have onnxruntime read it; nobody knows when it is trusted."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    with translate_errors(source):
        Path(source).read_bytes()
        session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name

    def run(batch: Array) -> Array:
        return np.asarray(session.run(None, {name: batch})[0])

    return segmenter(source, run)
