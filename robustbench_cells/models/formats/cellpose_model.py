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
    """A model of Cellpose by name, ``cellpose://cpsam_v2``, or by file, ``cellpose://FILE``."""

    name = "cellpose"
    looks_like = "cellpose://MODEL"
    extra = "cellpose"

    def open_model(self, where: str, model: str) -> tuple[Callable[[Image], Any], Path]:
        """See `InstanceModel.open_model`."""
        import cellpose.models

        available = [*cellpose.models.MODEL_NAMES, *cellpose.models.get_user_models()]
        if not Path(model).is_file() and model not in available:  # Cellpose would silently use another one
            raise ModelError(f"{where}: no such file or Cellpose model; available: {', '.join(available)}")
        network: Any = cellpose.models.CellposeModel(gpu=False, pretrained_model=model)

        def label(image: Image) -> Any:
            return network.eval(np.repeat(image[..., None], 3, -1), channel_axis=-1)[0]

        return label, Path(network.pretrained_model)
