"""Loading models by name or path, and what is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import card_path, read_card
from robustbench_cells.models.formats.keras_file import KerasFile
from robustbench_cells.models.loading import load_keras, load_segmenter, shipped_models
from robustbench_cells.models.unet import PARAMETERS
from tests.support.extras import needs
from tests.support.networks import save_tiny_network, tiny_network

pytestmark = needs("keras")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "fresh.keras"
    return save_tiny_network(path, seed=3)


def test_unexpected_error_of_a_library_names_the_file(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **more: object) -> None:
        raise IndexError("list index out of range")

    monkeypatch.setattr(KerasFile, "load", fail)
    with pytest.raises(ModelError, match=r"fresh\.keras: cannot be loaded \(IndexError: list index out of range\)"):
        load_segmenter(str(saved))


def test_file_is_loaded_by_its_path_and_named_by_its_stem(saved: Path) -> None:
    segmenter = load_segmenter(str(saved))
    images = np.random.default_rng(0).uniform(0, 255, (17, 32, 32)).astype(np.float32)
    expected = tiny_network(seed=3).predict_on_batch(images[..., None])[..., 0]
    np.testing.assert_allclose(segmenter.predict(images), expected, atol=1e-5)
    assert segmenter.name == "fresh"
    assert segmenter.predict(images[:0]).shape == (0, 32, 32)


def test_all_calls_of_the_network_have_one_batch_size(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segmenter = load_segmenter(str(saved))
    shapes = []
    original = segmenter.model.predict_on_batch  # type: ignore[attr-defined]
    monkeypatch.setattr(
        segmenter.model,  # type: ignore[attr-defined]
        "predict_on_batch",
        lambda batch: (shapes.append(batch.shape), original(batch))[1],
    )
    segmenter.predict(np.zeros((19, 32, 32), np.float32))
    assert shapes == [(16, 32, 32, 1)] * 2


def test_files_that_are_no_models_are_refused(saved: Path, tmp_path: Path) -> None:
    truncated = tmp_path / "cut.keras"
    truncated.write_bytes(saved.read_bytes()[:5000])
    with pytest.raises(ModelError, match=r"cut\.keras: is not a \.keras file"):
        load_segmenter(str(truncated))
    hollow = tmp_path / "hollow.keras"
    with zipfile.ZipFile(hollow, "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(ModelError, match=r"hollow\.keras: Keras cannot load it"):
        load_segmenter(str(hollow))
    with pytest.raises(ModelError, match=r"nothing\.keras: no such model file; shipped models: "):
        load_segmenter("nothing.keras")
    text = tmp_path / "model.txt"
    text.touch()
    with pytest.raises(ModelError, match=r"unsupported model format; supported: .*FILE\.keras"):
        load_segmenter(str(text))


def test_file_of_another_format_is_not_opened_where_a_keras_model_is_needed(saved: Path, tmp_path: Path) -> None:
    assert load_keras(str(saved)).digest == load_segmenter(saved).digest
    for name in ("graph.onnx", "graph.xml", "package.zip"):
        (tmp_path / name).write_bytes(b"hostile")
        with pytest.raises(ModelError, match=f"{name}: is not a Keras model, which is needed here"):
            load_keras(str(tmp_path / name))


def test_network_with_three_channels_is_refused(tmp_path: Path) -> None:
    import keras

    keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(1, 1)]).save(tmp_path / "rgb.keras")
    with pytest.raises(ModelError, match=r"rgb: its input has shape .*but \(N, H, W, 1\) is needed"):
        load_segmenter(str(tmp_path / "rgb.keras"))


def test_network_for_another_patch_size_is_refused(tmp_path: Path) -> None:
    import keras

    keras.Sequential([keras.Input((128, 128, 1)), keras.layers.Conv2D(1, 1)]).save(tmp_path / "small.keras")
    with pytest.raises(ModelError, match=r"small: its input .*has sides \(128, 128\), but patches are 256×256"):
        load_segmenter(str(tmp_path / "small.keras"))


def test_code_in_a_file_is_not_executed(tmp_path: Path) -> None:
    import keras

    canary = tmp_path / "canary"
    name = str(canary)
    inputs = keras.Input((None, None, 1))
    outputs = keras.layers.Lambda(lambda x: (open(name, "w").close(), x)[1])(inputs)
    assert canary.exists()
    keras.Model(inputs, outputs).save(tmp_path / "hostile.keras")
    canary.unlink(missing_ok=True)
    with pytest.raises(ModelError, match=r"hostile\.keras: its configuration requests keras\.layers\.Lambda"):
        load_segmenter(str(tmp_path / "hostile.keras"))
    assert not canary.exists()


@pytest.mark.parametrize("name", shipped_models())
def test_shipped_model_has_a_card_and_its_parameters(name: str) -> None:
    path = shipped_models()[name]
    assert card_path(path).exists()
    assert path.stat().st_size < 3_000_000  # no optimizer state
    parameters = load_segmenter(name).model.count_params()  # type: ignore[attr-defined]
    assert parameters == read_card(card_path(path))["parameters"]
    assert abs(parameters / PARAMETERS - 1) <= 0.05
