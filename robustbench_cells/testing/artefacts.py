"""The rules for an artefact."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite

import numpy as np

from robustbench_cells.artefacts import Artefact, PhysicalArtefact
from robustbench_cells.engine.checks import batch_problems
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.grid import PROFILES
from robustbench_cells.engine.patches import cut_patches
from robustbench_cells.randomness import generator
from robustbench_cells.testing.physical_artefacts import PHYSICAL_RULES
from robustbench_cells.testing.plugins import (
    check_plugin,
    draw_labels,
    draw_sample,
    each_rule,
    labels_lie_on_cells,
    require,
    require_identifier,
    require_version,
    sample_images,
)
from robustbench_cells.types import PATCH_SIDE, VOID, Image, Labels, Patch

_FRAME = (576, 720)  # pixels
_OF_FLAT = 1e-3  # grey levels by which a flat image may change at the neutral intensity


def check_distortion(artefact: Artefact, image: Image, labels: Labels, intensity: float) -> None:
    """Check one distorted image: valid pixels, ids of the input only, inputs untouched, the same for the same key."""
    at = f"{artefact.name}-{intensity:g}, image of shape {image.shape}"
    image_before, labels_before = image.copy(), labels.copy()
    (distorted, left), again = (artefact.distort(image, labels, intensity, generator("one")) for _ in range(2))
    view = Patch("synthetic/test", "1", 0, image, labels)
    problems = batch_problems([view], distorted[None], left[None])
    require(not problems, f"{at}: {'; '.join(problems)}")
    untouched = np.array_equal(image, image_before) and np.array_equal(labels, labels_before)
    require(untouched, f"{at}: the image or the labels that were given are changed; work on a copy")
    shared = np.shares_memory(distorted, image) or np.shares_memory(left, labels)
    require(not shared, f"{at}: the result shares memory with what was given; return a copy")
    same = np.array_equal(distorted, again[0]) and np.array_equal(left, again[1])
    require(same, f"{at}: a second call with the same random numbers gives other pixels; draw from rng alone")


def check_neutral(artefact: Artefact, image: Image) -> None:
    """Check that the neutral intensity gives the image back, but for a stretch of its grey levels to [0, 255]."""
    labels = draw_labels(image.shape, 3)
    same, left = artefact.distort(image, labels, artefact.neutral, generator("one"))
    at = f"{artefact.name}-{artefact.neutral:g}, the neutral intensity"
    require(np.array_equal(left, labels), f"{at}: the labels change")
    if artefact.is_clean_at_neutral:
        require(np.array_equal(same, image), f"{at}: the image changes; it is clean there, so give back a copy")
        return
    spread = np.ptp(image)
    if spread == 0:
        require(
            bool(np.allclose(same, image, rtol=0, atol=_OF_FLAT)), f"{at}: a flat image of {image.flat[0]:g} changes"
        )
    elif not np.array_equal(same, image):
        stretched = (image - image.min()) / spread * 255
        require(
            bool(np.allclose(same, stretched, rtol=1e-7, atol=1e-2)),
            f"{at}: the image changes, and not by a stretch to [0, 255] alone; return a copy of it",
        )


def _declares_what_it_is(artefact: Artefact) -> None:
    check_plugin(artefact)
    name = artefact.name
    require_identifier(name)
    require(
        bool(artefact.parameter and artefact.unit), f"{name}: parameter and unit are shown on every axis; name them"
    )
    require_version(name, artefact.version)
    require(
        isfinite(artefact.neutral) or (artefact.scale, artefact.neutral) == ("log", inf),
        f"{name}: neutral {artefact.neutral:g}; a finite number, or infinity on a logarithmic scale",
    )
    is_physical = isinstance(artefact, PhysicalArtefact)
    if not is_physical:
        require(
            "default" in artefact.grids, f"{name}: grids has no 'default', which stands in for those that are missing"
        )
    for profile in PROFILES:
        grid = artefact.grid(profile)
        require(list(grid) == sorted(set(grid)), f"{name}: the grid of {profile} is not in rising order: {grid}")
        there = artefact.neutral in grid or profile == "quick" or is_physical
        require(there, f"{name}: the grid of {profile} lacks the neutral intensity {artefact.neutral:g}; add it")
        on_scale = artefact.scale == "linear" or min(grid, default=1) > 0
        require(on_scale, f"{name}: a logarithmic scale has no place for {min(grid, default=1):g} of {profile}")


def _gives_valid_pixels_and_keeps_its_input(artefact: Artefact) -> None:
    for number, image in enumerate(sample_images()):
        for intensity in sorted({*artefact.grid("full"), artefact.neutral}):
            check_distortion(artefact, image, draw_labels(image.shape, number), float(intensity))


def _is_neutral_at_its_neutral_intensity(artefact: Artefact) -> None:
    for image in sample_images():
        check_neutral(artefact, image)


def _strongest(artefact: Artefact) -> float:
    """The intensity of the largest grid that is farthest from the neutral one, on the artefact's scale."""
    grid = artefact.grid("full")
    return float(grid[0] if artefact.neutral == inf else grid[-1])


def _differs_for_another_key_if_it_draws(artefact: Artefact) -> None:
    view, intensity = draw_sample((64, 48)), _strongest(artefact)
    rng, untouched = generator("one"), generator("one")
    image, _ = artefact.distort(view.image, view.labels, intensity, rng)
    other, _ = artefact.distort(view.image, view.labels, intensity, generator("other"))
    if rng.bit_generator.state != untouched.bit_generator.state:
        require(
            bool((image != other).any()), f"{artefact.name}: it draws random numbers, and other ones change nothing"
        )
    else:
        require(bool((image == other).all()), f"{artefact.name}: it is random, but does not draw from rng")


def _draws_the_same_at_every_intensity(artefact: Artefact) -> None:
    """Unless it changes the geometry: the draws belong to the patch, so that intensities can be compared."""
    view, states = draw_sample((64, 64)), []
    for intensity in artefact.grid("full"):
        rng = generator("one")
        artefact.distort(view.image, view.labels, float(intensity), rng)
        states.append(rng.bit_generator.state)
    same = all(state == states[0] for state in states)
    resized = any(artefact.view_side(float(one), PATCH_SIDE) != PATCH_SIDE for one in artefact.grid("full"))
    require(same or resized, f"{artefact.name}: how much it draws depends on the intensity; draw first, then scale")


def _transforms_image_and_labels_together(artefact: Artefact) -> None:
    for seed in range(3):
        sample = draw_sample((600, 700), seed, cells=80)
        for intensity in map(float, artefact.grid("full")):
            condition = Condition(artefact, intensity)
            (view,) = cut_patches(sample, condition.view_side(), 1, seed)
            mask = (view.labels > 0).astype(np.float32) * 255
            image, labels = condition.distort(Patch(view.dataset, view.frame, view.index, mask, view.labels), seed)
            together = np.ptp(image) == 0 or labels_lie_on_cells(image, labels)
            require(together, f"{condition.name}: image and labels are not transformed together")


def _moves_every_label_with_its_pixels(artefact: Artefact) -> None:
    """Ids are names: other ones, or void where a cell was, end at the same pixels; nothing is interpolated."""
    view = draw_sample((64, 48))
    highest = int(view.labels.max())
    names = np.append((37 * np.arange(highest)) % 101, VOID).astype(np.int32)  # 0 stays; 101 is prime, so none is twice
    for intensity in map(float, artefact.grid("full")):
        moved, left = (
            artefact.distort(view.image, labels, intensity, generator("one"))[1]
            for labels in (view.labels, names[view.labels])
        )
        at = f"{artefact.name}-{intensity:g}"
        require(
            np.array_equal(left == VOID, moved == highest),
            f"{at}: labels of {VOID}, which no score counts, do not stay with their pixels; treat them as any other "
            "label",
        )
        require(
            np.array_equal(left, names[moved]),
            f"{at}: cells of other ids end at other pixels, or become one; move labels to the nearest pixel, as they "
            "are",
        )


def _refuses_an_intensity_without_meaning(artefact: Artefact) -> None:
    view = draw_sample((64, 64))
    for intensity in {float("nan"), float("inf")} - {artefact.neutral}:
        said = ""
        try:
            artefact.distort(view.image, view.labels, intensity, generator("one"))
        except ValueError as error:
            said = str(error)
        require(
            artefact.parameter in said,
            f"{artefact.name}-{intensity}: raise a ValueError that names the parameter, {artefact.parameter!r}",
        )


def _gives_a_whole_patch_from_every_view(artefact: Artefact) -> None:
    sample = draw_sample(_FRAME)
    for profile in PROFILES.values():
        for intensity in map(float, artefact.grid(profile.name)):
            condition = Condition(artefact, intensity)
            (view,) = cut_patches(sample, condition.view_side(), 1, 0)
            image, labels = condition.distort(view, 0)
            whole = image.shape == labels.shape == (PATCH_SIDE, PATCH_SIDE)
            require(whole, f"{condition.name}: a view of {view.image.shape} becomes {image.shape} and {labels.shape}")
            count = condition.patches_per_frame(_FRAME, profile.most_patches)
            require(1 <= count <= profile.most_patches, f"{condition.name}: {count} patches a frame of {_FRAME}")


ARTEFACT_RULES = (
    _declares_what_it_is,
    *PHYSICAL_RULES,
    _gives_valid_pixels_and_keeps_its_input,
    _is_neutral_at_its_neutral_intensity,
    _differs_for_another_key_if_it_draws,
    _draws_the_same_at_every_intensity,
    _transforms_image_and_labels_together,
    _moves_every_label_with_its_pixels,
    _refuses_an_intensity_without_meaning,
    _gives_a_whole_patch_from_every_view,
)


def check_artefact(artefact: Artefact) -> None:
    """Check every rule for an artefact.

    Parameters
    ----------
    artefact
        One object of the class that is registered.

    Raises
    ------
    AssertionError
        If a rule does not hold.

    Examples
    --------
    >>> from robustbench_cells.artefacts import ARTEFACTS
    >>> check_artefact(ARTEFACTS.get("illumination"))
    """
    for rule in ARTEFACT_RULES:
        rule(artefact)


class ArtefactContract:
    """Subclass it in a test file, and set `artefact`: a test for each rule.

    Attributes
    ----------
    artefact
        One object of the class that is registered.
    """

    artefact: Artefact

    @each_rule(ARTEFACT_RULES)
    def test_contract(self, rule: Callable[[Artefact], None]) -> None:
        """One rule."""
        rule(self.artefact)
