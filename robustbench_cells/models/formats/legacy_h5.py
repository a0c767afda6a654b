"""Whole models in HDF5, as saved by Keras 2."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import card_path, model_digest, read_card
from robustbench_cells.models.formats._base import FORMATS, FileModel
from robustbench_cells.models.runtimes.keras import KerasSegmenter, translate_errors
from robustbench_cells.models.runtimes.quiet import import_keras
from robustbench_cells.models.vetting.hdf5 import check_hdf5, open_hdf5
from robustbench_cells.models.vetting.keras_config import read_config
from robustbench_cells.models.vetting.keras_memory import check_size
from robustbench_cells.types import Segmenter

_SUFFIXES = (".h5", ".hdf5")
_KERAS_2 = {  # settings of its layers that Keras 3 does not have; none of them changes a prediction
    "Conv2DTranspose": ("groups",),
    "DepthwiseConv2D": ("groups",),
    "SeparableConv2D": ("groups", "kernel_constraint", "kernel_initializer", "kernel_regularizer"),
    "SpatialDropout2D": ("noise_shape", "trainable"),
}


@FORMATS.register
class LegacyH5(FileModel):
    """A whole model in Keras' legacy format, if its card allows it; validated like a ``.keras`` file."""

    name = "legacy h5"
    looks_like = "FILE.h5"
    extra = "keras"
    is_data = True

    def recognises(self, where: str) -> bool:
        """See `ModelFormat.recognises`."""
        return where.endswith(_SUFFIXES) and not where.endswith(".weights.h5")

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`; trust changes nothing."""
        path = Path(where)
        card = card_path(path)
        if not (card.exists() and read_card(card).get("file", {}).get("legacy_h5")):
            raise ModelError(
                f"{path}: is in Keras' legacy format, which must be enabled explicitly. Save the model with Keras 3, "
                "model.save('FILE.keras'); or add to its card "
                f"{card}:\n\n[file]\nlegacy_h5 = true\n"
            )
        digest, interface = model_digest(path)
        numbers = check_hdf5(path, path)
        config = read_config(path, _read_text(path), modules=False)
        keras = import_keras()
        kind = keras.Sequential if config["class_name"] == "Sequential" else keras.Model
        with translate_errors(
            path, "build the network with Keras 3, load_weights() from this file, and save it as .keras"
        ):
            _convert(config)
            batch = check_size(path, lambda: kind.from_config(copy.deepcopy(config["config"])), numbers, interface)
            model = kind.from_config(config["config"])
            model.load_weights(path)
            return KerasSegmenter(path.stem, model, digest, interface, batch)


def _read_text(path: Path) -> str | bytes:
    """Read the configuration's text."""
    with open_hdf5(path, path) as root:
        found = root.attrs.get("model_config")
    if not isinstance(found, str | bytes):
        raise ModelError(
            f"{path}: has no network (model_config), perhaps only weights; save the whole model, "
            "model.save('FILE.keras')"
        )
    return found


def _convert(config: dict[str, Any]) -> None:
    """Remove from all layers the settings that Keras 3 does not have."""
    inside = config["config"]
    for key in _KERAS_2.get(config["class_name"], ()):
        inside.pop(key, None)
    for layer in inside.get("layers", ()):
        _convert(layer)
