"""StarDist (Schmidt et al., MICCAI 2018): instance labels, above 0 a cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.files import sha256
from robustbench_cells.models._function import Function
from robustbench_cells.models._registry import FORMATS, ModelFormat, require_trust
from robustbench_cells.types import Image, Segmenter

_SCHEME = "stardist://"
_PERCENTILES = (1, 99.8)  # what becomes 0 and 1; as in StarDist's own examples


@FORMATS.register
class StardistModel(ModelFormat):
    """``stardist://2D_versatile_fluo``, a model that StarDist knows, or ``stardist://FOLDER``; its own thresholds."""

    name = "stardist"
    looks_like = f"{_SCHEME}MODEL"
    on_disk = False

    def recognises(self, where: str) -> bool:
        """See `ModelFormat.recognises`."""
        return where.startswith(_SCHEME)

    def name_of(self, where: str) -> str:
        """See `ModelFormat.name_of`."""
        return f"stardist-{Path(where.removeprefix(_SCHEME)).name}"

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`."""
        require_trust(where, "is fetched by StarDist and loaded by a version of Keras of its own", trusted=trusted)
        try:
            from csbdeep.utils import normalize
            from stardist.models import StarDist2D
        except ModuleNotFoundError as error:
            raise ModelError(f"{where}: needs {error.name}: pip install 'robustbench-cells[stardist]'") from error
        folder = Path(where.removeprefix(_SCHEME))
        network: Any
        if folder.is_dir():
            network, digest = StarDist2D(None, name=folder.name, basedir=str(folder.parent)), sha256(folder)
        else:
            network, digest = StarDist2D.from_pretrained(str(folder)), str(folder)
        if network is None:
            raise ModelError(f"{where}: no such folder, and no model of StarDist's; it lists those it has")

        def predict(images: Image) -> Image:
            labels = [network.predict_instances(normalize(image, *_PERCENTILES))[0] for image in images]
            return (np.stack(labels) > 0).astype(np.float32)

        return Function(self.name_of(where), predict, "").identified(digest.encode())
