"""Whatever is not what a public function takes is named, with the call that takes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robustbench_cells as rb

IMAGES = np.full((2, 300, 300), 90, np.uint8)
LABELS = np.pad(np.ones((2, 10, 10), np.int32), ((0, 0), (50, 240), (50, 240)))
NOISE: Any = rb.ARTEFACTS.get("noise")


def scaled(images: Any) -> Any:
    return images / 255


def data() -> Any:
    return rb.from_arrays(IMAGES, LABELS)


def run(*arguments: Any, **options: Any) -> Any:
    return rb.benchmark(*arguments, progress=False, **options)


WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "load a function": (
        lambda: rb.load_segmenter(scaled),
        r"function is no name .*rb\.benchmark\(\{.mine.: function\}",
    ),
    "load a segmenter": (lambda: rb.load_segmenter(rb.BASELINES.get("dog_otsu")), "needs no loading"),
    "load nothing": (lambda: rb.load_segmenter(None), "NoneType is no name"),
    "load several": (lambda: rb.load_segmenter({"a": scaled}), "dict is no name"),
    "open arrays": (lambda: rb.open_dataset(IMAGES), r"ndarray is no name .*rb\.from_arrays\(images, labels\)"),
    "open arrays and labels": (lambda: rb.open_dataset(IMAGES, LABELS), r"rb\.from_arrays\(images, labels\)"),
    "frames as text": (lambda: rb.open_dataset("synthetic", frames="2"), "frames: '2' is str; a whole number"),
    "half a frame": (lambda: rb.open_dataset("synthetic", frames=2.5), r"frames: 2\.5 is float; a whole number"),
    "half a pixel": (lambda: rb.open_dataset("synthetic", margin=2.5), r"margin in px: 2\.5 is float"),
    "a condition by name": (
        lambda: rb.Condition("noise", 50),
        r"'noise' is no artefact; .*rb\.Condition\(rb\.ARTEFACTS\.get\('noise'\), 50\)",
    ),
    "a condition by class": (lambda: rb.Condition(type(NOISE), 50), r"Noise'> is no artefact"),
    "an intensity as text": (lambda: rb.Condition(NOISE, "50"), "an intensity of '50' is str; give a number"),
    "predict by a name": (lambda: rb.predict_frame("dog_otsu", IMAGES[0]), r"str predicts nothing; .*BASELINES\.get"),
    "arguments exchanged": (lambda: rb.predict_frame(IMAGES[0], scaled), "ndarray predicts nothing"),
    "no images": (lambda: rb.from_arrays(None, LABELS), "images: NoneType; give an array"),
    "no labels": (lambda: rb.from_arrays(IMAGES, None), "labels: NoneType; give an array"),
    "an artefact object": (lambda: run(scaled, data(), NOISE), r"Noise is no name; give names, as in \['noise'\]"),
    "artefact objects": (lambda: run(scaled, data(), {NOISE: [1]}), "Noise is no name"),
    "a condition": (lambda: run(scaled, data(), [rb.Condition(NOISE, 50)]), "Condition is no name"),
    "a number": (lambda: run(scaled, data(), 3), "int is no name"),
    "an intensity alone": (lambda: run(scaled, data(), {"noise": 50}), "'noise' has 50; a list of intensities"),
    "an intensity that is none": (lambda: run(scaled, data(), {"noise": ["a"]}), "a list of intensities"),
    "a seed as text": (lambda: run(scaled, data(), seed="a"), "seed: 'a' is str; a whole number"),
    "a block as text": (lambda: run(scaled, data(), block="a"), "block: 'a' is str; a whole number"),
    "a profile by number": (lambda: run(scaled, data(), profile=3), "no profile is called 3; there are: quick"),
    "an artefact by number": (lambda: rb.ARTEFACTS.get(3), "no artefact is called 3; there are: .*noise"),
    "a folder by number": (lambda: rb.open_run(3), "int is no folder of stored results; give its path"),
    "a baseline by number": (lambda: run(scaled, data(), {"noise": [0]}).gate(3), "int is no folder of stored results"),
    "a tolerance that is a truth value": (
        lambda: (one := run(scaled, data(), {"noise": [0]})).gate(one, {"jaccard": True}),
        "the tolerance of jaccard is True; it must be a number",
    ),
    "arrays without labels": (lambda: run(scaled, IMAGES), r"data: ndarray; give from_arrays\(images, labels\)"),
}


@pytest.mark.parametrize(("call", "message"), WRONG.values(), ids=WRONG)
def test_wrong_argument_is_named_with_the_right_call(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(Exception, match=message) as caught:
        call()
    assert (
        isinstance(caught.value, TypeError | ValueError) or type(caught.value).__module__ == "robustbench_cells.errors"
    )


def test_paths_and_functions_work_where_they_can(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", images=IMAGES, labels=LABELS)
    assert len(rb.open_dataset(tmp_path / "mine.npz").frames) == 2
    assert rb.predict_frame(scaled, IMAGES[0]).shape == (300, 300)
    assert rb.Condition(NOISE, np.float32(50)).name == "noise-50"
