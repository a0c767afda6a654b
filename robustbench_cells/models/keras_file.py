"""Models saved by Keras 3."""

from __future__ import annotations

import zipfile
from pathlib import Path

from robustbench_cells.errors import ModelError
from robustbench_cells.models._cards import identity
from robustbench_cells.models._keras import KerasSegmenter
from robustbench_cells.models._quiet import import_keras
from robustbench_cells.models._registry import FORMATS, ModelFormat
from robustbench_cells.types import Segmenter


@FORMATS.register
class KerasFile(ModelFormat):
    """A ``.keras`` file, loaded in Keras' safe mode: a file that wants to run code of its own is refused."""

    name = "keras"
    looks_like = "FILE.keras"

    def recognises(self, where: str) -> bool:
        """See `ModelFormat.recognises`."""
        return where.endswith(".keras")

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`; trust changes nothing."""
        path = Path(where)
        if not zipfile.is_zipfile(path):
            raise ModelError(f"{path}: is not a .keras file (a zip is expected) or is damaged; save it again")
        digest, interface = identity(path)
        keras = import_keras()
        try:
            model = keras.saving.load_model(path, compile=False, safe_mode=True)
        except Exception as error:  # whatever a damaged archive makes Keras raise
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise ModelError(f"{path}: Keras cannot load it ({reason[0]}); save it again with Keras 3") from error
        return KerasSegmenter(path.stem, model, digest, interface)
