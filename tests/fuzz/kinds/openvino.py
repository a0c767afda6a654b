"""OpenVINO's graphs."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.models.loading import load_segmenter
from tests.fuzz.kind import KINDS, Kind
from tests.support.networks import convolution, onnx_graph


@KINDS.register
class Openvino(Kind):
    """A graph and its weights."""

    name = "openvino"
    share = 200
    mebibytes = 3072

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        import onnx
        import openvino

        (folder / "tiny").mkdir()
        onnx.save_model(onnx_graph(*convolution()), folder / "graph.onnx")
        model = openvino.Core().read_model(folder / "graph.onnx")
        openvino.save_model(model, folder / "tiny" / "net.xml", compress_to_fp16=False)
        (folder / "graph.onnx").unlink()

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return load_segmenter(str(folder / "net.xml"))
