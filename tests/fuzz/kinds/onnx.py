"""ONNX graphs."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.models.card import write_card
from robustbench_cells.models.loading import load_segmenter
from tests.fuzz.kind import KINDS, Kind
from tests.support.networks import convolution, onnx_graph


@KINDS.register
class Onnx(Kind):
    """A graph alone, with external tensors, and with a card."""

    name = "onnx"
    share = 700
    mebibytes = 4608  # all graphs of a process get 4 GiB

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        import onnx

        for name in ("alone", "beside", "declared"):
            (folder / name).mkdir()
        graph = onnx_graph(*convolution())
        onnx.save_model(graph, folder / "alone" / "net.onnx")
        write_card(folder / "declared" / "net.toml", {"input": {"layout": "NCHW", "normalise": "min-max"}})
        onnx.save_model(graph, folder / "declared" / "net.onnx")
        onnx.save_model(
            graph, folder / "beside" / "net.onnx", save_as_external_data=True, location="net.data", size_threshold=0
        )

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return load_segmenter(str(folder / "net.onnx"))
