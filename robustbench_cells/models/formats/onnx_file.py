"""Models in the Open Neural Network Exchange format, from any library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from robustbench_cells.models.card import model_digest
from robustbench_cells.models.formats._base import FORMATS, FileModel
from robustbench_cells.models.network import NetworkSegmenter
from robustbench_cells.models.runtimes.onnx import onnx_network
from robustbench_cells.models.vetting.onnx_graph import external_files
from robustbench_cells.types import Segmenter


@FORMATS.register
class OnnxFile(FileModel):
    """An ``.onnx`` file, run by onnxruntime; external tensors must be in its folder."""

    name = "onnx"
    looks_like = "FILE.onnx"
    extra = "onnx"
    is_data = True

    def recognises(self, where: str) -> bool:
        """See `ModelFormat.recognises`."""
        return where.endswith(".onnx")

    def companion_files(self, where: str) -> Sequence[Path]:
        """See `ModelFormat.companion_files`: the files of external tensors."""
        return external_files(Path(where))

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`; trust changes nothing."""
        path = Path(where)
        digest, interface = model_digest(path, self.companion_files(where))
        return NetworkSegmenter(path.stem, onnx_network(path, interface), digest, interface)
