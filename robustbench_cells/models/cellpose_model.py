"""Cellpose (Stringer et al., Nature Methods 2021; Cellpose-SAM 2025): instance labels, above 0 a cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.files import sha256
from robustbench_cells.models._function import Function
from robustbench_cells.models._registry import FORMATS, ModelFormat, require_trust
from robustbench_cells.types import Image, Segmenter

_SCHEME = "cellpose://"


@FORMATS.register
class CellposeModel(ModelFormat):
    """``cellpose://cpsam_v2``, a model that Cellpose knows, or ``cellpose://FILE``; its own settings otherwise."""

    name = "cellpose"
    looks_like = f"{_SCHEME}MODEL"
    on_disk = False

    def recognises(self, where: str) -> bool:
        """See `ModelFormat.recognises`."""
        return where.startswith(_SCHEME)

    def name_of(self, where: str) -> str:
        """See `ModelFormat.name_of`."""
        return f"cellpose-{Path(where.removeprefix(_SCHEME)).name}"

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`."""
        require_trust(where, "is fetched by Cellpose and loaded by PyTorch, which may run code in it", trusted=trusted)
        try:
            import cellpose.models
        except ModuleNotFoundError as error:
            raise ModelError(f"{where}: needs {error.name}: pip install 'robustbench-cells[cellpose]'") from error
        model = where.removeprefix(_SCHEME)
        known = [*cellpose.models.MODEL_NAMES, *cellpose.models.get_user_models()]
        if not Path(model).is_file() and model not in known:  # Cellpose itself would take another one then
            raise ModelError(f"{where}: no such file, and no model of Cellpose's ({', '.join(known)})")
        network: Any = cellpose.models.CellposeModel(gpu=False, pretrained_model=model)

        def predict(images: Image) -> Image:
            labels = network.eval([np.repeat(image[..., None], 3, -1) for image in images], channel_axis=-1)[0]
            return (np.stack(labels) > 0).astype(np.float32)

        weights = Path(str(network.pretrained_model))
        digest = sha256(weights) if weights.is_file() else model
        return Function(self.name_of(where), predict, "").identified(digest.encode())
