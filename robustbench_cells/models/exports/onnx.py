"""ONNX files, for onnxruntime, OpenVINO and many other programs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robustbench_cells.models.exports._base import EXPORTS, Export
from robustbench_cells.models.onnx_writer import write_onnx
from robustbench_cells.models.runtimes.keras import KerasSegmenter


@EXPORTS.register
class Onnx(Export):
    """An ``.onnx`` file with the network's own input and output, for images of one size."""

    name = "onnx"
    suffix = ".onnx"

    def write(self, segmenter: KerasSegmenter, card: Mapping[str, Any], path: Path) -> None:
        """See `Export.write`."""
        write_onnx(segmenter, path)
