from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the extra 'keras'")

from benchmarks.retrainings.networks import EQUAL, Trained, list_networks
from benchmarks.retrainings.recipes import (
    SHIFT,
    Memorised,
    NotAugmented,
    ShiftedInFiles,
    ShiftedInPatches,
    Small,
    TenTimesThePatches,
    shift_right,
)
from robustbench_cells.types import Sample
from tests.conftest import draw_labels, sample_of

SAMPLE = sample_of((300, 340))


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_a_shift_moves_every_cell_by_two_pixels() -> None:
    labels = draw_labels((40, 50), seed=1)
    shifted = shift_right(labels)
    assert np.array_equal(shifted, np.roll(np.pad(labels, ((0, 0), (0, SHIFT))), SHIFT, axis=1)[:, :50])
    assert SHIFT == 2


def test_masks_are_shifted_before_the_turns_or_after_them() -> None:
    image, labels = Small().draw(SAMPLE, rng())
    in_files, in_patches = ShiftedInFiles().draw(SAMPLE, rng()), ShiftedInPatches().draw(SAMPLE, rng())
    assert np.array_equal(in_files[0], image)
    assert np.array_equal(in_patches[0], image)
    assert np.array_equal(in_patches[1], shift_right(labels))
    whole = Sample(SAMPLE.dataset, SAMPLE.frame, SAMPLE.image, shift_right(SAMPLE.labels))
    assert np.array_equal(in_files[1], Small().draw(whole, rng())[1])
    assert not np.array_equal(in_files[1], labels)


def test_a_patch_that_is_not_augmented_is_a_part_of_the_frame() -> None:
    image, _ = NotAugmented().draw(SAMPLE, rng())
    windows = np.lib.stride_tricks.sliding_window_view(SAMPLE.image, image.shape)
    assert (windows == image).all(axis=(2, 3)).any()
    distorted, _ = Small().draw(SAMPLE, rng())
    assert not (windows == distorted).all(axis=(2, 3)).any()


def test_a_memorised_patch_is_the_same_whatever_is_drawn() -> None:
    one, other = (Memorised().draw(SAMPLE, np.random.default_rng(seed)) for seed in (1, 2))
    selected_by = Memorised().draw_validation(SAMPLE, np.random.default_rng(3))
    for number in (0, 1):
        assert np.array_equal(one[number], other[number])
        assert np.array_equal(one[number], selected_by[number])
    another, _ = Memorised().draw(sample_of((300, 340), frame="8"), rng())
    assert not np.array_equal(another, one[0])


def test_a_tenth_of_the_frames_gives_as_many_steps() -> None:
    whole, tenth = (101 * Small.patches_per_frame, 10 * TenTimesThePatches.patches_per_frame)
    assert abs(whole - tenth) <= Small.batch_size
    assert Small.batch_size == TenTimesThePatches.batch_size


def test_the_networks_are_told_apart_and_made_in_order() -> None:
    networks = list_networks(10)
    names = [network.name for network in networks]
    assert len(set(names)) == len(names)
    assert names[:8] == [f"{EQUAL}-{number}" for number in range(1, 9)]
    for place, network in enumerate(networks):
        assert network.parent == "" or network.parent in names[:place]
        assert isinstance(network.how, Trained) == (network.parent == "")
    trained = [network.seed for network in networks if network.kind != EQUAL and not network.parent]
    assert not set(trained) & {network.seed for network in networks if network.kind == EQUAL}
    kinds = {network.kind for network in networks} - {EQUAL}
    assert all(names.count(f"{kind}-{number}") == 1 for kind in kinds for number in (1, 2))


def test_recipes_have_names_of_their_own() -> None:
    """A training that is resumed must be of the same recipe."""
    recipes = [Small, TenTimesThePatches, NotAugmented, ShiftedInFiles, ShiftedInPatches, Memorised]
    assert len({recipe.name for recipe in recipes}) == len(recipes)
