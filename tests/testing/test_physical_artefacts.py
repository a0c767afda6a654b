"""Each rule for a physical artefact finds one that breaks it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from robustbench_cells.artefacts import PhysicalArtefact
from robustbench_cells.testing import check_artefact
from robustbench_cells.types import Image, Labels


class Dimming(PhysicalArtefact):
    """Less light: a factor, and some noise."""

    name, version, parameter, unit, neutral, bounds = "dimming", 1, "loss", "%", 0.0, (0.0, 100.0)
    grids = {"full": (10, 30, 60), "default": (10, 60), "quick": (60,)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        field = rng.standard_normal(image.shape, dtype=np.float32)
        return image * np.float32(1 - intensity / 100) + field * np.float32(intensity / 100)


Distorted = tuple[Image, Labels]


def weaker_later(self: Any, image: Image, intensity: float, rng: np.random.Generator) -> Image:
    return Dimming.degrade(self, image, 40 - intensity / 2, rng)


def other_field(self: Any, image: Image, intensity: float, rng: np.random.Generator) -> Image:
    field = rng.standard_normal(image.shape)
    return image + (10 if intensity < 20 else 0.1) * field


def mean_of_channels(self: Any, image: Image, intensity: float, rng: np.random.Generator) -> Image:
    grey = image.mean(axis=2) if image.ndim == 3 else image
    return Dimming.degrade(self, grey, intensity, rng)


def labels_by_channel(self: Any, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> Distorted:
    degraded, left = Dimming.transform(self, image, labels, intensity, rng)
    return degraded, np.zeros_like(left) if image.ndim == 3 else left


def stretched(self: Any, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> Distorted:
    if intensity == 0:
        return image + np.float32(0.01), labels.copy()
    return PhysicalArtefact.distort(self, image, labels, intensity, rng)


def without_copy(self: Any, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> Distorted:
    return (image, labels) if intensity == 0 else PhysicalArtefact.distort(self, image, labels, intensity, rng)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"grids": {"default": (10, 60)}}, "no 'full' with two intensities or more"),
        ({"grids": {"full": (10,)}}, "no 'full' with two intensities or more"),
        ({"grids": {"full": (10, 30), "paper": (10, 30)}}, "quick, default and full are meant"),
        ({"grids": {"full": (10, 30), "default": (20, 30)}}, r"\[20\] of the grid of default are not in that of full"),
        ({"grids": {"full": (10, 30), "quick": (10,)}}, r"\[10\] of the grid of quick are not in that of default"),
        ({"grids": {"full": (0, 30)}}, "holds the neutral intensity 0; leave it out, `clean` is its measurement"),
        ({"grids": {"full": (30, 10)}}, r"not in rising order: \(30, 10\)"),
        ({"neutral": -1.0, "scale": "log", "grids": {"full": (0, 1)}}, "a logarithmic scale has no place for 0"),
        ({"distort": stretched}, "dimming-0: the neutral intensity changes image or labels"),
        ({"distort": without_copy}, "shares memory"),
        ({"degrade": mean_of_channels}, r"image with 1 channels: becomes \(40, 56\)"),
        ({"transform": labels_by_channel}, "labels become others than with a grey image"),
        ({"degrade": weaker_later}, "the mean change of an image falls from loss 10 to 30, 30 to 60"),
        ({"degrade": other_field}, "the mean change of an image falls from loss 10 to 30: "),
    ],
)
def test_a_fault_of_a_physical_artefact_is_found(fault: dict[str, object], words: str) -> None:
    faulty = type("Faulty", (Dimming,), {"__doc__": Dimming.__doc__, **fault})()
    with pytest.raises(AssertionError, match=words):
        check_artefact(faulty)


def test_a_right_physical_artefact_passes() -> None:
    check_artefact(Dimming())
