from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import card_path, read_card, write_card
from robustbench_cells.models.formats.keras_file import KerasFile
from robustbench_cells.models.loading import load_segmenter, shipped_models
from robustbench_cells.models.unet import PARAMETERS, SIDE_MULTIPLE, build_unet
from tests.support.extras import needs

pytestmark = needs("keras")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "fresh.keras"
    build_unet(seed=3).save(path)
    return path


def test_whatever_a_library_raises_names_the_file(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **more: object) -> None:
        raise IndexError("list index out of range")

    monkeypatch.setattr(KerasFile, "load", broken)
    with pytest.raises(ModelError, match=r"fresh\.keras: cannot be loaded \(IndexError: list index out of range\)"):
        load_segmenter(str(saved))


def test_the_u_net_of_the_paper() -> None:
    model = build_unet()
    assert model.count_params() == PARAMETERS == 481_745
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("Conv2D") == 15
    assert kinds.count("Conv2DTranspose") == kinds.count("AveragePooling2D") == kinds.count("Concatenate") == 3
    assert [layer.rate for layer in model.layers if type(layer).__name__ == "Dropout"] == [
        0.1, 0.1, 0.2, 0.2, 0.2, 0.1, 0.1,
    ]  # fmt: skip
    for layer in model.layers:
        if type(layer).__name__ == "Conv2D" and layer.kernel_size == (3, 3):
            assert layer.activation.__name__ == "elu"
            assert type(layer.kernel_initializer).__name__ == "HeNormal"


@pytest.mark.parametrize("side", [SIDE_MULTIPLE, 24, 64])
def test_the_u_net_takes_any_multiple_of_eight(side: int) -> None:
    images = np.full((1, side, 2 * side, 1), 90, np.float32)
    assert build_unet().predict_on_batch(images).shape == images.shape


def test_the_seed_of_the_weights() -> None:
    one, same, other = (build_unet(seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_scaling_is_inside_the_model() -> None:
    assert type(build_unet().layers[1]).__name__ == "Rescaling"


def test_a_file_is_loaded_by_its_path_and_called_by_its_stem(saved: Path) -> None:
    segmenter = load_segmenter(str(saved))
    images = np.random.default_rng(0).uniform(0, 255, (17, 32, 32)).astype(np.float32)
    wanted = build_unet(seed=3).predict_on_batch(images[..., None])[..., 0]
    np.testing.assert_allclose(segmenter.predict(images), wanted, atol=1e-5)
    assert segmenter.name == "fresh"
    assert segmenter.predict(images[:0]).shape == (0, 32, 32)


def test_a_card_that_names_other_weights_is_refused(saved: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(saved, tmp_path))
    write_card(card_path(path), {"name": "fresh", "sha256": load_segmenter(str(path)).digest})
    load_segmenter(str(path))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more", "bytes")
    with pytest.raises(ModelError, match=r"but its card fresh\.toml says .*restore it, or retrain"):
        load_segmenter(str(path))
    for text in ("not = toml = at all", f"number = {'1' * 5000}"):
        card_path(path).write_text(text)
        with pytest.raises(ModelError, match=r"fresh\.toml: is not TOML"):
            load_segmenter(str(path))


def test_files_that_are_no_models(saved: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.keras"
    cut.write_bytes(saved.read_bytes()[:5000])
    with pytest.raises(ModelError, match=r"cut\.keras: is not a \.keras file"):
        load_segmenter(str(cut))
    hollow = tmp_path / "hollow.keras"
    with zipfile.ZipFile(hollow, "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(ModelError, match=r"hollow\.keras: Keras cannot load it"):
        load_segmenter(str(hollow))
    with pytest.raises(ModelError, match=r"nothing\.keras: no such model file; shipped models: "):
        load_segmenter("nothing.keras")
    text = tmp_path / "model.txt"
    text.touch()
    with pytest.raises(ModelError, match=r"not a model format that is known here \(.*FILE\.keras"):
        load_segmenter(str(text))


def test_a_model_of_another_form_is_refused(tmp_path: Path) -> None:
    import keras

    three_colours = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(1, 1)])
    three_colours.save(tmp_path / "rgb.keras")
    with pytest.raises(ModelError, match=r"rgb: its input has shape .*one of \(N, H, W, 1\) is needed"):
        load_segmenter(str(tmp_path / "rgb.keras"))


def test_every_call_of_the_network_has_one_batch_size(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segmenter = load_segmenter(str(saved))
    shapes = []
    inner = segmenter.model.predict_on_batch  # type: ignore[attr-defined]
    monkeypatch.setattr(
        segmenter.model,  # type: ignore[attr-defined]
        "predict_on_batch",
        lambda batch: (shapes.append(batch.shape), inner(batch))[1],
    )
    segmenter.predict(np.zeros((19, 32, 32), np.float32))
    assert shapes == [(16, 32, 32, 1)] * 2


def test_a_model_for_another_patch_is_refused(tmp_path: Path) -> None:
    import keras

    keras.Sequential([keras.Input((128, 128, 1)), keras.layers.Conv2D(1, 1)]).save(tmp_path / "small.keras")
    with pytest.raises(ModelError, match=r"small: its input, .*takes images of \(128, 128\); patches are 256×256"):
        load_segmenter(str(tmp_path / "small.keras"))


def test_code_in_a_file_does_not_run(tmp_path: Path) -> None:
    import keras

    canary = tmp_path / "canary"
    name = str(canary)
    inputs = keras.Input((None, None, 1))
    outputs = keras.layers.Lambda(lambda x: (open(name, "w").close(), x)[1])(inputs)
    assert canary.exists()
    keras.Model(inputs, outputs).save(tmp_path / "hostile.keras")
    canary.unlink(missing_ok=True)
    with pytest.raises(ModelError, match=r"hostile\.keras: its configuration asks for keras\.layers\.Lambda"):
        load_segmenter(str(tmp_path / "hostile.keras"))
    assert not canary.exists()


@pytest.mark.parametrize("name", shipped_models())
def test_a_shipped_model_has_a_card_and_its_parameters(name: str) -> None:
    path = shipped_models()[name]
    assert card_path(path).exists()
    assert path.stat().st_size < 3_000_000  # no optimizer state
    parameters = load_segmenter(name).model.count_params()  # type: ignore[attr-defined]
    assert parameters == read_card(card_path(path))["parameters"]
    assert abs(parameters / PARAMETERS - 1) <= 0.05
