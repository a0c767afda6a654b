"""Models that are loaded when they first predict: their digests, and that nothing else loads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models import loading
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.callables import renamed
from robustbench_cells.models.card import write_card
from robustbench_cells.models.formats._base import FORMATS, ModelFormat
from robustbench_cells.models.on_demand import OnDemandSegmenter, load_all
from robustbench_cells.types import Image, Segmenter


class Bright:
    """A model that counts how often it was loaded and asked."""

    def __init__(self) -> None:
        self.name, self.digest, self.loads, self.calls = "bright", "d", 0, 0

    def load(self) -> Segmenter:
        self.loads += 1
        return self

    def predict(self, images: Image) -> Image:
        self.calls += 1
        return (images > 150).astype(np.float32)


IMAGES = np.full((2, 8, 8), 200, np.float32)


def test_it_is_loaded_once_when_it_first_predicts() -> None:
    model = Bright()
    segmenter = OnDemandSegmenter("mine", "d", model.load)
    assert (segmenter.name, segmenter.digest, model.loads) == ("mine", "d", 0)
    assert segmenter.predict(IMAGES).all()
    assert segmenter.predict(IMAGES).all()
    assert (model.loads, model.calls, model.name) == (1, 2, "mine")


def test_file_that_changed_since_is_refused() -> None:
    with pytest.raises(ModelError, match="mine: its files changed while it was in use"):
        OnDemandSegmenter("mine", "other", Bright().load).predict(IMAGES)


def test_all_are_loaded_and_others_left_as_they_are() -> None:
    models = [Bright(), Bright()]
    load_all([OnDemandSegmenter("mine", "d", models[0].load), models[1], BASELINES.get("background")])
    assert [model.loads for model in models] == [1, 0]


def test_copy_of_another_name_is_not_loaded() -> None:
    model = Bright()
    assert renamed(OnDemandSegmenter("mine", "d", model.load), "other").name == "other"
    assert model.loads == 0


@pytest.mark.parametrize("name", ["mine.keras", "mine.onnx", "mine.zip", "mine.xml"])
@pytest.mark.parametrize("declared", [False, True])
def test_digest_is_that_of_the_loaded_model(name: str, declared: bool, tiny_models: Path, tmp_path: Path) -> None:
    for file in (tiny_models / name, tiny_models / "mine.bin"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    if declared:
        write_card(tmp_path / f"{name}.toml", {"output": {"kind": "probability"}, "input": {"range": [0, 200]}})
    opened = loading.open_segmenter(str(tmp_path / name))
    assert isinstance(opened, OnDemandSegmenter)
    assert opened.digest == loading.load_segmenter(str(tmp_path / name)).digest
    assert opened.runner is None
    opened.loaded()
    assert opened.runner is not None
    assert opened.runner.threads >= 1


def test_function_with_a_digest_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "calls = []\ndef predict(images):\n    calls.append(1)\n    return images / 255\n"
    (tmp_path / "declared_digest.py").write_text(f"{code}predict.digest = 'v1'\n")
    (tmp_path / "no_digest.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    opened = loading.open_segmenter("declared_digest:predict", trusted=True)
    assert not __import__("declared_digest").calls
    assert opened.digest == loading.load_segmenter("declared_digest:predict", trusted=True).digest
    loading.open_segmenter("no_digest:predict", trusted=True)
    assert __import__("no_digest").calls  # what it predicts is part of its digest
    with pytest.raises(ModelError, match="if you trust its author"):
        loading.open_segmenter("declared_digest:predict")


def test_baselines_and_missing_files_are_as_when_loaded(tmp_path: Path) -> None:
    assert loading.open_segmenter("background") is BASELINES.get("background")
    with pytest.raises(ModelError, match="no such model file"):
        loading.open_segmenter(str(tmp_path / "none.keras"))


def test_every_format_of_files_knows_its_digest() -> None:
    unknown = {form.name for form in FORMATS if type(form).digest_of is ModelFormat.digest_of}
    assert unknown == {"cellpose", "stardist"}  # where their weights lie only the library knows
