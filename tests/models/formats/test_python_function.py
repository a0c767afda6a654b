"""Python functions and objects as segmenters."""

from __future__ import annotations

import importlib
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.probe import probe_images

NUMBERS = itertools.count()  # a module is imported once per process


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> str:
        name = f"third_party_{next(NUMBERS)}"
        Path(f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        return name

    yield write
    sys.path[:] = [path for path in sys.path if path != os.getcwd()]


def test_function_needs_trust(module: Callable[[str], str]) -> None:
    name = module("open('canary', 'w')\ndef predict(images):\n    return images / 255\n")
    with pytest.raises(
        ModelError, match=r"predict: is a Python function, so it can execute arbitrary code .* pass --rb-trust-model"
    ):
        load_segmenter(f"{name}:predict")
    assert not Path("canary").exists()
    segmenter = load_segmenter(f"{name}:predict", trusted=True)
    assert Path("canary").exists()
    assert segmenter.name == f"{name}:predict"
    np.testing.assert_allclose(segmenter.predict(probe_images()), probe_images() / 255)


def test_object_with_predict_and_its_own_digest(module: Callable[[str], str]) -> None:
    name = module(
        "class Model:\n    digest = 'weights of May'\n    def predict(self, images):\n        return images > 100\n"
        "model = Model()\n"
    )
    segmenter = load_segmenter(f"{name}:model", trusted=True)
    assert segmenter.digest == "weights of May"
    np.testing.assert_array_equal(segmenter.predict(probe_images()), probe_images() > 100)


def test_digest_depends_on_predictions_and_source(module: Callable[[str], str]) -> None:
    text = "def predict(images):\n    return images > float(open('weights').read())\n"
    digests = []
    for weights in ("100", "100", "101"):
        Path("weights").write_text(weights)
        digests.append(load_segmenter(f"{module(text)}:predict", trusted=True).digest)
    assert digests[0] == digests[1] != digests[2]
    Path("weights").write_text("100")
    assert load_segmenter(f"{module(text + '#')}:predict", trusted=True).digest != digests[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import nowhere\n", "cannot be imported .*nowhere"),
        ("open('weights.pt')\n", "cannot be imported .*FileNotFoundError"),
        ("predict = (\n", "cannot be imported .*SyntaxError"),
        ("def predict(images):\n    raise OSError('no GPU')\n", r"fails on probe images of 256 px \(OSError: no GPU\)"),
        ("from math import sqrt as predict\n", "fails on probe images of 256 px"),
        (
            "def predict(images):\n    return images * 0\n",
            "returns 0 for every probe image, .*give it an attribute `digest`",
        ),
        (
            "import numpy\ndef predict(images):\n    return numpy.random.random(images.shape)\n",
            "returns different values for the same images",
        ),
        ("", "cannot be imported .*predict"),
        ("predict = 3\n", "is int; a function"),
        ("def predict(images):\n    return images[0] / 255\n", "return probabilities or booleans of the same shape"),
        ("def predict(images):\n    return (images > 9).astype(int)\n", r"for labels: labels > 0"),
        ("def predict(images):\n    return images\n", "probabilities are in"),
    ],
)
def test_function_that_is_no_segmenter_is_refused(module: Callable[[str], str], text: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        load_segmenter(f"{module(text)}:predict", trusted=True)
