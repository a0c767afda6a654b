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
from robustbench_cells.models.formats._base import FORMATS
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.probe import probe_images
from robustbench_cells.origins import Origin

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


def digest_of(module: str, name: str = "predict") -> str:
    """Digest of a function whose module may have changed since it was imported."""
    for one in (module, "helper"):
        sys.modules.pop(one, None)
    return load_segmenter(f"{module}:{name}", trusted=True).digest


def test_object_with_predict_and_its_own_digest(module: Callable[[str], str]) -> None:
    text = (
        "class Model:\n    digest = 'weights of May'\n    def predict(self, images):\n        return images > 100\n"
        "model = Model()\nother = Model()\n"
    )
    name = module(text)
    segmenter = load_segmenter(f"{name}:model", trusted=True)
    np.testing.assert_array_equal(segmenter.predict(probe_images()), probe_images() > 100)
    assert segmenter.digest == digest_of(name, "model") != digest_of(name, "other")
    Path(f"{name}.py").write_text(text.replace("May", "June"))
    assert segmenter.digest != digest_of(name, "model")


def test_digest_depends_on_predictions_and_source(module: Callable[[str], str]) -> None:
    text = "def predict(images):\n    return images > float(open('weights').read())\n"
    name, digests = module(text), []
    for weights in ("100", "100", "101"):
        Path("weights").write_text(weights)
        digests.append(digest_of(name))
    assert digests[0] == digests[1] != digests[2]
    Path("weights").write_text("100")
    Path(f"{name}.py").write_text(f"# a comment\n{text}")
    assert digest_of(name) == digests[0]
    Path(f"{name}.py").write_text(f"{text}\nLEVEL = 3\n")
    assert digest_of(name) != digests[0]


def test_code_of_a_format_of_another_package_counts(
    module: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It decides what a file means: the same file read by other code is another model."""
    name = module("def predict(images):\n    return images / 255\n")
    ours = digest_of(name)
    monkeypatch.setitem(FORMATS._origins, "python function", Origin("robustbench-mine", "1"))
    for code in ("a1", "b2"):
        monkeypatch.setitem(FORMATS._sources, "python function", code)
        assert digest_of(name) == f"{ours} [code {code}]"


MODELS = """
import functools
def fine(images): return images / 255
def raises(images):
    if images.mean() < 1: raise ValueError("empty")
    return images / 255
class Model:
    def __init__(self, least): self.least = least
    def predict(self, images): return images / 255 * (images.max() > self.least)
    def __call__(self, images): return self.predict(images)
    def other(self, images): return self.predict(images)
def scaled(images, least=0): return images / 255 * (images.max() > least)
one, two = Model(1), Model(2)
part_one, part_two = functools.partial(scaled, least=1), functools.partial(scaled, least=2)
def make(least): return lambda images: images / 255 * (images.max() > least)
bound_one, bound_two = make(1), make(2)
same = fine
"""


def test_models_of_one_module_that_agree_on_the_probe_have_digests_of_their_own(module: Callable[[str], str]) -> None:
    names = ["fine", "raises", "one", "two", "one.other", "part_one", "part_two", "bound_one", "bound_two", "same"]
    name = module(MODELS)
    digests = {one: digest_of(name, one) for one in names}
    assert len(set(digests.values())) == len(names), digests
    assert digests == {one: digest_of(name, one) for one in names}


@pytest.mark.parametrize("imported", ["import helper", "from helper import scale", "from helper import *"])
def test_modules_that_it_imports_count(module: Callable[[str], str], imported: str) -> None:
    call = "helper.scale(images)" if imported == "import helper" else "scale(images)"
    name = module(f"{imported}\ndef predict(images):\n    return {call}\n")
    text = "def scale(images):\n    return images / 255 * (images.max() > {})\n"
    Path("helper.py").write_text(text.format(1))
    first = digest_of(name)
    assert digest_of(name) == first
    Path("helper.py").write_text(text.format(20))
    assert digest_of(name) != first


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
        ("def predict(images):\n    return images[0] / 255\n", "return probabilities, booleans or integers"),
        (
            "def predict(images):\n    return (images > 150).astype('uint8') * 255\n",
            r"its \d+ ids have \d+ separate pieces, as those of a mask .*; return booleans for a mask \(mask > 0\)",
        ),
        ("def predict(images):\n    return images.astype(int) - 300\n", "returns labels from -"),
        ("def predict(images):\n    return images\n", r"probabilities are in \[0, 1\], and labels are integers"),
    ],
)
def test_function_that_is_no_segmenter_is_refused(module: Callable[[str], str], text: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        load_segmenter(f"{module(text)}:predict", trusted=True)
