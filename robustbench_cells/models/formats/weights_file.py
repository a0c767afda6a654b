"""Weights of the paper's U-Net, as saved by Keras 3 without the network."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.models.card import model_digest
from robustbench_cells.models.formats._base import FORMATS, FileModel
from robustbench_cells.models.runtimes.keras import KerasSegmenter, translate_errors
from robustbench_cells.models.runtimes.quiet import import_keras
from robustbench_cells.models.unet import build_unet
from robustbench_cells.models.vetting.hdf5 import check_hdf5
from robustbench_cells.types import Segmenter


@FORMATS.register
class WeightsFile(FileModel):
    """Weights of a `build_unet` network, as ``model.save_weights`` writes them; they cannot execute code."""

    name = "weights"
    looks_like = "FILE.weights.h5"
    extra = "keras"
    is_data = True

    def recognises(self, where: str) -> bool:
        """See `ModelFormat.recognises`."""
        return where.endswith(".weights.h5")

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`; trust changes nothing."""
        path = Path(where)
        digest, interface = model_digest(path)
        check_hdf5(path, path)
        import_keras()
        with translate_errors(path, "if it is no build_unet() network, save the whole model: model.save('FILE.keras')"):
            model = build_unet()
            model.load_weights(path)
            return KerasSegmenter(path.stem, model, digest, interface)
