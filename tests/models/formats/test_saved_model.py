"""SavedModels of TensorFlow: trusted only, and with the output that the card declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import write_card
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.probe import probe_images
from robustbench_cells.types import Segmenter
from tests.support.extras import needs
from tests.support.keras_files import differing_share, save_exported

pytestmark = needs("keras")


def save_as_tf_keras_2(folder: Path, model: Any) -> Path:
    """Save one signature, serving_default, without what Keras 3 adds."""
    import tensorflow as tf

    call = tf.function(model, input_signature=[tf.TensorSpec((None, None, None, 1), tf.float32, name="grey_levels")])
    holder = tf.Module()
    holder.model = model
    tf.saved_model.save(holder, str(folder / "net"), signatures={"serving_default": call.get_concrete_function()})
    return folder / "net"


def test_file_of_tf_keras_2_gives_the_same_masks(trained: tuple[Segmenter, Any], tmp_path: Path) -> None:
    segmenter, model = trained
    found = load_segmenter(str(save_as_tf_keras_2(tmp_path, model)), trusted=True)
    assert differing_share(segmenter, found) == 0


def test_saved_model_needs_trust(trained: tuple[Segmenter, Any], tmp_path: Path) -> None:
    folder = save_exported(tmp_path, trained[1])
    with pytest.raises(ModelError, match=r"its graph may read and write files.*--rb-trust-model"):
        load_segmenter(str(folder))
    (folder / "saved_model.pb").write_bytes(b"no graph")
    with pytest.raises(ModelError, match=r"net: Keras cannot load it"):
        load_segmenter(str(folder), trusted=True)


def test_saved_model_needs_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").touch()
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ModelError, match=r"runs on TensorFlow only.*KERAS_BACKEND=tensorflow"):
        load_segmenter(str(tmp_path / "saved"), trusted=True)


def test_one_of_several_outputs_is_selected_by_name(tmp_path: Path) -> None:
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 1), tf.float32)])
    def call(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"unit": images / 255, "inverse": 1 - images / 255}

    tf.saved_model.save(tf.Module(), str(tmp_path / "net"), signatures={"serving_default": call})
    with pytest.raises(ModelError, match=r"several outputs \(inverse, unit\)"):
        load_segmenter(str(tmp_path / "net"), trusted=True)
    write_card(tmp_path / "net.toml", {"output": {"name": "inverse"}})
    found = load_segmenter(str(tmp_path / "net"), trusted=True).predict(probe_images())
    np.testing.assert_allclose(found, 1 - probe_images() / 255, atol=1e-6)
