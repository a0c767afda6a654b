"""Cellpose (Stringer et al., Nature Methods 2021; Cellpose-SAM 2025)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.formats._base import FORMATS, InstanceModel
from robustbench_cells.types import Image


@FORMATS.register
class CellposeModel(InstanceModel):
    """``cellpose://cpsam_v2``, a model that Cellpose knows, or ``cellpose://FILE``."""

    name = "cellpose"
    looks_like = "cellpose://MODEL"
    extra = "cellpose"

    def open_model(self, where: str, model: str) -> tuple[Callable[[Image], Any], Path]:
        """See `InstanceModel.open_model`."""
        import cellpose.models

        known = [*cellpose.models.MODEL_NAMES, *cellpose.models.get_user_models()]
        if not Path(model).is_file() and model not in known:  # Cellpose itself would take another one then
            raise ModelError(f"{where}: no such file, and no model of Cellpose's ({', '.join(known)})")
        network: Any = cellpose.models.CellposeModel(gpu=False, pretrained_model=model)

        def labels(image: Image) -> Any:
            return network.eval(np.repeat(image[..., None], 3, -1), channel_axis=-1)[0]

        return labels, Path(network.pretrained_model)
