"""StarDist (Schmidt et al., MICCAI 2018)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from robustbench_cells.errors import ModelError
from robustbench_cells.models.formats._base import FORMATS, InstanceModel
from robustbench_cells.types import Image

_PERCENTILES = (1, 99.8)  # normalised to 0 and 1, as in StarDist's own examples


@FORMATS.register
class StardistModel(InstanceModel):
    """A model of StarDist by name, ``stardist://2D_versatile_fluo``, or by folder, ``stardist://FOLDER``."""

    name = "stardist"
    looks_like = "stardist://MODEL"
    extra = "stardist"

    def open_model(self, where: str, model: str) -> tuple[Callable[[Image], Any], Path]:
        """See `InstanceModel.open_model`."""
        from csbdeep.utils import normalize
        from stardist.models import StarDist2D

        folder = Path(model)
        network: Any
        if folder.is_dir():
            network = StarDist2D(None, name=folder.name, basedir=str(folder.parent))
        else:
            network = StarDist2D.from_pretrained(model)
        if network is None:
            raise ModelError(f"{where}: no such folder or StarDist model; StarDist prints those available")
        return lambda image: network.predict_instances(normalize(image, *_PERCENTILES))[0], Path(network.logdir)
