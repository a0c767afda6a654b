"""Export of Keras models to ONNX and bioimage.io."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.models.card import write_card
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.probe import probe_images
from tests.support.commands import export
from tests.support.extras import needs

pytestmark = [
    *map(needs, ("bioimageio", "export")),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # bioimageio leaves files open
]


def test_export_is_compared_and_gets_a_card(
    tiny_models: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    mine = Path(shutil.copy(tiny_models / "mine.keras", tmp_path))
    out = tmp_path / "robust.onnx"
    assert export(["unet_robust", "--to", "onnx", "--out", str(out)]) == 0
    assert "0.0000% of the pixels of two probe images differ from unet_robust" in capsys.readouterr().out
    assert load_segmenter(str(out)).digest in (tmp_path / "robust.onnx.toml").read_text()
    for arguments, message in (
        ([str(tiny_models / "mine.onnx"), "--to", "onnx"], "is not a Keras model"),
        ([str(tiny_models / "mine.keras"), "--to", "tflite"], "no export is called 'tflite'"),
        ([str(tiny_models / "mine.keras"), "--to", "onnx", "--out", "mine.zip"], "must end in .onnx"),
        ([str(mine), "--to", "bioimageio"], "its card lacks authors and license"),
    ):
        assert export(arguments) == 2
        assert message in capsys.readouterr().err


def test_declared_interface_is_exported(tiny_models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = Path(shutil.copy(tiny_models / "mine.keras", tmp_path))
    write_card(tmp_path / "mine.keras.toml", {"input": {"range": [0, 100]}, "authors": ["A"], "license": "MIT"})
    assert export([str(mine), "--to", "onnx"]) == 0
    images = probe_images()
    found = [load_segmenter(str(tmp_path / name)).predict(images) for name in ("mine.keras", "mine.onnx")]
    np.testing.assert_allclose(*found, atol=1e-5)
    assert np.abs(found[0] - load_segmenter(str(tiny_models / "mine.keras")).predict(images)).max() > 1e-3
    assert export([str(mine), "--to", "bioimageio"]) == 2
    assert "use --to onnx" in capsys.readouterr().err


@pytest.mark.parametrize(("side", "channels_first"), [(128, False), (None, True)])
def test_fixed_size_or_channels_first_are_exported_unchanged(
    side: int | None, channels_first: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import keras
    from keras import layers

    inputs = keras.Input((1, 256, 256) if channels_first else (side, side, 1))
    last = layers.Permute((2, 3, 1))(inputs) if channels_first else inputs
    scaled = layers.Rescaling(1 / 255)(last)
    found = layers.Conv2D(1, 5, padding="same", activation="sigmoid", kernel_initializer="ones")(scaled)
    keras.Model(inputs, found).save(tmp_path / "net.keras")
    if side:
        write_card(tmp_path / "net.toml", {"input": {"side": side, "halo": 8}})
    assert export([str(tmp_path / "net.keras"), "--to", "onnx"]) == 0, capsys.readouterr().err
    images = probe_images()
    given = [load_segmenter(str(tmp_path / name)).predict(images) for name in ("net.keras", "net.onnx")]
    np.testing.assert_allclose(*given, atol=1e-5)


def test_selected_output_is_exported(tmp_path: Path) -> None:
    import keras
    from keras import layers

    inputs = keras.Input((None, None, 1))
    unit = layers.Rescaling(1 / 255, name="unit")(inputs)
    keras.Model(inputs, [unit, layers.Rescaling(-1, 1, name="inverse")(unit)]).save(tmp_path / "two.keras")
    write_card(tmp_path / "two.keras.toml", {"output": {"name": "inverse"}, "authors": ["A. Name"], "license": "MIT"})
    for target, name in (("onnx", "two.onnx"), ("bioimageio", "two.zip")):
        assert export([str(tmp_path / "two.keras"), "--to", target]) == 0
        found = load_segmenter(str(tmp_path / name)).predict(probe_images())
        np.testing.assert_allclose(found, 1 - probe_images() / 255, atol=1e-6)
