"""The rules for what an instrument does, on top of those for any artefact."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robustbench_cells.artefacts import Artefact, PhysicalArtefact
from robustbench_cells.randomness import generator
from robustbench_cells.results.axes import Axis
from robustbench_cells.testing.plugins import draw_sample, require
from robustbench_cells.types import PATCH_SIDE, Image, Labels

_CHANNELS = (1, 3)
_FALLS = (
    0.02  # share by which the mean change may fall from one intensity to the next: rounding, kernels of whole pixels
)


def _is_in_profiles_by_part(artefact: Artefact) -> None:
    if not isinstance(artefact, PhysicalArtefact):
        return
    name, grids = artefact.name, artefact.grids
    require(len(grids.get("full", ())) > 1, f"{name}: grids has no 'full' with two intensities or more")
    require(
        set(grids) <= {"quick", "default", "full"}, f"{name}: grids {sorted(grids)}; quick, default and full are meant"
    )
    for part, whole in (("default", "full"), ("quick", "default")):
        beyond = sorted(set(grids.get(part, ())) - set(grids.get(whole, ())))
        require(
            not beyond, f"{name}: {beyond} of the grid of {part} are not in that of {whole}, which has to hold them"
        )
    require(
        artefact.neutral not in grids["full"],
        f"{name}: the grid holds the neutral intensity {artefact.neutral:g}; leave it out, `clean` is its measurement",
    )


def _is_clean_at_the_neutral_intensity(artefact: Artefact) -> None:
    if not isinstance(artefact, PhysicalArtefact):
        return
    view = draw_sample((40, 56))
    for image in (view.image, np.dstack([view.image] * 3)):
        same, left = artefact.distort(image, view.labels, artefact.neutral, generator("one"))
        is_same = np.array_equal(same, image) and np.array_equal(left, view.labels) and same.dtype == np.float32
        require(is_same, f"{artefact.name}-{artefact.neutral:g}: the neutral intensity changes image or labels")
        shared = np.shares_memory(same, image) or np.shares_memory(left, view.labels)
        require(not shared, f"{artefact.name}-{artefact.neutral:g}: shares memory with what was given; return a copy")


def _treats_channels(artefact: Artefact) -> None:
    """Any number of channels, with the labels of the grey image."""
    if not isinstance(artefact, PhysicalArtefact):
        return
    view = draw_sample((40, 56))
    for intensity in map(float, artefact.grid("full")):
        _, left = artefact.distort(view.image, view.labels, intensity, generator("one"))
        for count in _CHANNELS:
            at = f"{artefact.name}-{intensity:g}, image with {count} channels"
            image = np.dstack([view.image] * count)
            found, labels = artefact.distort(image, view.labels, intensity, generator("one"))
            require(found.shape == (*labels.shape, count), f"{at}: becomes {found.shape}, and labels {labels.shape}")
            valid = found.dtype == np.float32 and bool(((found >= 0) & (found <= 255)).all())
            require(
                valid, f"{at}: {found.dtype} from {found.min():g} to {found.max():g}; float32 in [0, 255] is needed"
            )
            require(np.array_equal(labels, left), f"{at}: labels become others than with a grey image")


def _departs_monotonically(artefact: Artefact) -> None:
    """The stronger, the farther from the image, on the mean over its pixels; unless pixels move."""
    if not isinstance(artefact, PhysicalArtefact) or _moves(artefact):
        return
    view = draw_sample((96, 80), cells=12)
    for side in (one.intensities for one in Axis(artefact.neutral, artefact.scale).directions(artefact.grid("full"))):
        changes = [_mean_change(artefact, view.image, view.labels, level) for level in side]
        falls = [
            f"{near:g} to {far:g}"
            for near, far, one, other in zip(side, side[1:], changes, changes[1:], strict=False)
            if other < one * (1 - _FALLS)
        ]
        require(
            not falls,
            f"{artefact.name}: the mean change of an image falls from {artefact.parameter} {', '.join(falls)}: "
            f"{_numbers(changes)} grey levels at {_numbers(side)}; scale one field of random numbers",
        )


def _moves(artefact: PhysicalArtefact) -> bool:
    view = draw_sample((96, 80), cells=12)
    return any(
        artefact.view_side(level, PATCH_SIDE) != PATCH_SIDE
        or not np.array_equal(artefact.distort(view.image, view.labels, level, generator("one"))[1], view.labels)
        for level in map(float, artefact.grid("full"))
    )


def _mean_change(artefact: PhysicalArtefact, image: Image, labels: Labels, intensity: float) -> float:
    return float(np.abs(artefact.distort(image, labels, intensity, generator("one"))[0] - image).mean())


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)


PHYSICAL_RULES = (
    _is_in_profiles_by_part,
    _is_clean_at_the_neutral_intensity,
    _treats_channels,
    _departs_monotonically,
)
