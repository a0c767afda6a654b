"""StarDist (Schmidt et al., MICCAI 2018)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from robustbench_cells.errors import ModelError
from robustbench_cells.files.atomic import read_json
from robustbench_cells.models.formats._base import FORMATS, InstanceModel
from robustbench_cells.types import Image

_PERCENTILES = (1, 99.8)  # normalised to 0 and 1, as in StarDist's own examples
_WEIGHTS = (".h5", ".hdf5")


@FORMATS.register
class StardistModel(InstanceModel):
    """A model of StarDist by name, ``stardist://2D_versatile_fluo``, or by folder, ``stardist://FOLDER``."""

    name = "stardist"
    looks_like = "stardist://MODEL"
    extra = "stardist"

    def open_model(self, where: str, model: str) -> tuple[Callable[[Image], Any], Path]:
        """See `InstanceModel.open_model`.

        Raises
        ------
        ModelError
            Also if it has no weights, or does not take grey planes.
        """
        from csbdeep.utils import normalize
        from stardist.models import StarDist2D

        folder = Path(model).absolute()
        network: Any
        if folder.is_dir():
            _require_usable(where, folder)
            network = StarDist2D(None, name=folder.name, basedir=str(folder.parent))
        else:
            network = StarDist2D.from_pretrained(model)
            if network is None:
                raise ModelError(f"{where}: no such folder or StarDist model; StarDist prints those available")
            folder = Path(network.logdir)
            _require_usable(where, folder)
        return lambda image: network.predict_instances(normalize(image, *_PERCENTILES))[0], folder


def _require_usable(where: str, folder: Path) -> None:
    """Refuse what StarDist itself runs untrained, or opens and cannot run on grey planes.

    Raises
    ------
    ModelError
        If the folder has no configuration or no weights, or is of a model of several channels or of volumes.
    """
    if not (file := folder / "config.json").is_file():
        raise ModelError(
            f"{where}: has no config.json, so it is no folder of a StarDist model; name the one that has it"
        )
    if not any(file.suffix in _WEIGHTS for file in folder.iterdir()):
        raise ModelError(
            f"{where}: has no weights ({', '.join(_WEIGHTS)}), and StarDist would run an untrained network; copy the "
            "weights_best.h5 of its training beside its config.json"
        )
    config = read_json(file, ModelError)
    if "Z" in config["axes"] or config["n_channel_in"] != 1:
        raise ModelError(
            f"{where}: takes images with axes {config['axes']}, channels: {config['n_channel_in']}; patches are grey "
            "planes, so use a model of these, such as stardist://2D_versatile_fluo"
        )
