"""Each rule for an artefact finds one that breaks it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from robustbench_cells.artefacts import Artefact
from robustbench_cells.testing import check_artefact
from robustbench_cells.types import Image, Labels

Distorted = tuple[Image, Labels]


class Fading(Artefact):
    """Bleaching: takes grey levels off, more or less of them by chance."""

    name, version, parameter, unit, neutral = "fading", 1, "loss", "grey levels", 0.0
    grids = {"default": (0, 30)}

    def distort(self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> Distorted:
        if not 0 <= intensity < np.inf:
            raise ValueError(f"loss {intensity}")
        return np.clip(image - np.float32(intensity * rng.random()), 0, 255), labels.copy()


def after(change: Callable[[Image, Labels], Distorted], beyond: float = 0) -> Callable[..., Distorted]:
    """The right artefact, and then a fault, at intensities above the one given."""

    def distort(self: Artefact, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> Distorted:
        right = Fading.distort(self, image, labels, intensity, rng)
        return change(*right) if intensity > beyond else right

    return distort


def in_place(self: Artefact, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> Distorted:
    result = Fading.distort(self, image, labels, intensity, rng)
    image[0, 0] += 1
    return result


def without_copy(self: Artefact, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> Distorted:
    return Fading.distort(self, image, labels, intensity, rng)[0], labels


def own_random(self: Artefact, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> Distorted:
    return Fading.distort(self, image, labels, intensity, np.random.default_rng())


def unused_draw(self: Artefact, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> Distorted:
    rng.random()
    return Fading.distort(self, image, labels, intensity, np.random.default_rng(1))


def draws_more(self: Artefact, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> Distorted:
    result = Fading.distort(self, image, labels, intensity, rng)
    rng.random(round(intensity))
    return result


def any_number(self: Artefact, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> Distorted:
    return Fading.distort(self, image, labels, intensity if np.isfinite(intensity) else 0, rng)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"name": "two words"}, "name 'two words': ids of tests, columns and files are made of it"),
        ({"name": "clean"}, "name 'clean': ids of tests"),
        ({"__doc__": "bleaching"}, "the docstring of its class begins with 'bleaching'"),
        ({"unit": ""}, "parameter and unit"),
        ({"version": 0}, "version 0; a whole number from 1 up"),
        ({"version": "1.0"}, r"version '1\.0'; a whole number"),
        ({"grids": {"paper": (0, 1)}}, "no 'default'"),
        ({"grids": {"default": (30, 0)}}, r"not in rising order: \(30, 0\)"),
        ({"grids": {"default": (10, 30)}}, "lacks the neutral intensity 0; add it"),
        ({"distort": after(lambda image, labels: (image * 2, labels))}, r"fading-30, .*outside \[0, 255\]; clip"),
        ({"distort": after(lambda image, labels: (image.astype(float), labels))}, "images are float64"),
        ({"distort": after(lambda image, labels: (image[1:], labels))}, "images have shape"),
        ({"distort": after(lambda image, labels: (image, labels + 1))}, "label ids .* were not in the view"),
        ({"distort": in_place}, "are changed; work on a copy"),
        ({"distort": without_copy}, "shares memory with what was given"),
        ({"distort": own_random}, "other pixels; draw from rng alone"),
        ({"distort": unused_draw}, "draws random numbers, and other ones change nothing"),
        ({"distort": draws_more}, "how much it draws depends on the intensity"),
        ({"distort": any_number}, "fading-nan: raise a ValueError that names the parameter, 'loss'"),
        ({"distort": after(lambda image, labels: (image / 2, labels), -1)}, "the neutral intensity: .*changes"),
        ({"distort": after(lambda image, labels: (image, np.roll(labels, 1)), -1)}, "neutral .*: the labels change"),
        ({"distort": after(lambda image, labels: (image, labels[::-1].copy()))}, "not transformed together"),
        ({"distort": after(lambda image, labels: (image, labels.clip(0)))}, "which no score counts, do not stay"),
        ({"view_side": lambda self, intensity, side: side + 2}, r"a view of \(258, 258\) becomes \(258, 258\)"),
        ({"patches_per_frame": lambda self, intensity, shape, most: 0}, "0 patches a frame"),
    ],
)
def test_a_fault_of_an_artefact_is_found(fault: dict[str, object], words: str) -> None:
    faulty = type("Faulty", (Fading,), {"__doc__": Fading.__doc__, **fault})()
    with pytest.raises(AssertionError, match=words):
        check_artefact(faulty)


def test_a_right_artefact_passes() -> None:
    check_artefact(Fading())
