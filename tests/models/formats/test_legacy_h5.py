"""Whole models in the legacy HDF5 format: read only if enabled, and with settings of Keras 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import card_path
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.unet import build_unet
from robustbench_cells.types import Segmenter
from tests.support.extras import needs
from tests.support.keras_files import differing_share, save_legacy

pytestmark = needs("keras")


def test_legacy_format_must_be_enabled_in_the_card(tmp_path: Path) -> None:
    path = save_legacy(tmp_path, build_unet(seed=1))
    card_path(path).unlink()
    with pytest.raises(
        ModelError, match=r"(?s)net\.h5: is in Keras' legacy format.*net\.toml:.*\[file\]\nlegacy_h5 = true"
    ):
        load_segmenter(str(path))
    card_path(path).write_text("[file]\nlegacy_h5 = false\n")
    with pytest.raises(ModelError, match="legacy format"):
        load_segmenter(str(path))
    card_path(path).write_text("[file]\nlegacy_h6 = true\n")
    with pytest.raises(ModelError, match="legacy_h6"):
        load_segmenter(str(path))


def test_file_with_weights_only_is_refused(tmp_path: Path) -> None:
    import h5py

    path = save_legacy(tmp_path, build_unet(seed=1))
    with h5py.File(path, "r+") as file:
        del file.attrs["model_config"]
    with pytest.raises(ModelError, match=r"net\.h5: has no network"):
        load_segmenter(str(path))


def test_settings_of_keras_2_are_removed(trained: tuple[Segmenter, Any], tmp_path: Path) -> None:
    import h5py

    segmenter, model = trained
    path = save_legacy(tmp_path, model)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        for layer in config["config"]["layers"]:
            inside = layer["config"]
            if layer["class_name"] == "Conv2DTranspose":
                inside |= {"groups": 1, "output_padding": None}
            if layer["class_name"] == "InputLayer":
                inside["batch_input_shape"] = inside.pop("batch_shape")
                inside.pop("optional", None)
            else:
                tensors = [part["config"]["keras_history"] for part in _tensors(layer["inbound_nodes"])]
                layer["inbound_nodes"] = [[[*history, {}] for history in tensors]]
            inside["dtype"] = "float32"
            for key in ("kernel_initializer", "bias_initializer"):
                if key in inside:
                    inside[key].pop("module", None)
                    inside[key].pop("registered_name", None)
        assert "module" not in json.dumps(config)
        file.attrs["model_config"] = json.dumps(config)
    assert differing_share(segmenter, load_segmenter(str(path))) == 0


def _tensors(value: object) -> list[dict]:
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [tensor for part in parts for tensor in _tensors(part)]
