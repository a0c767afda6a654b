from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.pairs import combined_artefacts
from robustbench_cells.randomness import generator
from robustbench_cells.types import PATCH_SIDE, Patch
from tests.conftest import sample_of

ZERO = np.zeros((100, 60), np.int32)


def test_paper_profile_has_the_grids_of_the_paper() -> None:
    illumination, noise, cell_size = (
        ARTEFACTS.get(name).grid("paper") for name in ("illumination", "noise", "cell_size")
    )
    assert (len(illumination), illumination[0], illumination[-1]) == (41, 0, 4000)
    assert (len(noise), noise[0], noise[-1]) == (41, 0, 200)
    np.testing.assert_allclose(cell_size, [*np.arange(0.5, 2, 0.1)[:15], *np.linspace(2, 5, 7)])


def test_illumination_is_a_gaussian_with_sigma_a_fifth_of_each_side() -> None:
    flat = np.full(ZERO.shape, 80, np.float32)
    spot, _ = ARTEFACTS.get("illumination").distort(flat, ZERO, 1000, generator("spot"))
    rows, columns = generator("spot").random(2) * (99, 59)
    expected = np.exp(
        -0.5 * ((np.arange(100)[:, None] - rows) / 20) ** 2 - 0.5 * ((np.arange(60)[None] - columns) / 12) ** 2
    )
    expected = (expected - expected.min()) / np.ptp(expected) * 255
    np.testing.assert_allclose(spot, expected, atol=0.01)


def test_sigma_scales_one_noise_field() -> None:
    image = sample_of((128, 128)).image
    fields = []
    for sigma in (20.0, 40.0):
        noisy, _ = ARTEFACTS.get("noise").distort(image, np.zeros(image.shape, np.int32), sigma, generator("n"))
        field = generator("n").standard_normal(image.shape, dtype=np.float32) * sigma
        span = np.ptp(image + field)
        fields.append((noisy * span / 255 + (image + field).min() - image) / sigma)
    np.testing.assert_allclose(fields[0], fields[1], atol=1e-3)
    assert fields[0].std() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("zoom", [0.5, 0.7, 1.5, 2, 3, 5])
def test_zoom_resizes_image_and_labels_alike(zoom: float) -> None:
    cell_size = ARTEFACTS.get("cell_size")
    side = cell_size.view_side(zoom, PATCH_SIDE)
    assert side == round(256 / zoom)
    sample = sample_of((side, side), 4)
    drawn = (sample.labels > 0).astype(np.float32) * 255
    image, labels = cell_size.distort(drawn, sample.labels, zoom, generator(0))
    assert image.shape == labels.shape == (256, 256)
    assert ((image > 127) != (labels > 0)).mean() < 0.02  # no half-pixel shift
    assert (labels > 0).mean() == pytest.approx((sample.labels > 0).mean(), rel=0.05)


@pytest.mark.parametrize(
    ("zoom", "cap", "patches"), [(0.5, 80, 6), (1, 80, 6), (2, 80, 25), (3, 80, 57), (5, 80, 80), (5, 12, 12)]
)
def test_patches_follow_the_area_between_six_and_the_cap(zoom: float, cap: int, patches: int) -> None:
    assert ARTEFACTS.get("cell_size").patches_per_frame(zoom, (576, 720), cap) == patches


@pytest.mark.parametrize(
    ("name", "intensity"), [("illumination", -1.0), ("noise", -0.5), ("cell_size", 0.0), ("cell_size", -2.0)]
)
def test_unphysical_intensity_is_refused(name: str, intensity: float) -> None:
    sample = sample_of((32, 32))
    with pytest.raises(ValueError, match=f"{intensity}: must be a finite"):
        ARTEFACTS.get(name).distort(sample.image, sample.labels, intensity, generator(0))


def test_combined_artefacts_apply_each_in_turn() -> None:
    image = np.linspace(0, 200, 256 * 256, dtype=np.float32).reshape(256, 256)
    view = Patch("kind/split", "a", 0, image, np.zeros((256, 256), np.int32))
    (pair, _) = combined_artefacts("default")
    assert pair.name == "illumination-300+noise"
    lit, labels = ARTEFACTS.get("illumination").distort(image, view.labels, 300.0, view.random(0, "illumination"))
    expected, _ = ARTEFACTS.get("noise").distort(lit, labels, 50.0, view.random(0, "noise"))
    found, _ = Condition(pair, 50.0).distort(view, seed=0)
    np.testing.assert_array_equal(found, expected)


def test_combined_artefacts_are_in_the_larger_profiles_only() -> None:
    assert combined_artefacts("quick") == []
    assert [pair.fixed for pair in combined_artefacts("paper")] == [100, 300, 1000, 3000]
    assert len({pair.name for pair in combined_artefacts("paper")}) == 4


@pytest.mark.parametrize("name", ["noise", "illumination", "cell_size"])
def test_channels(name: str) -> None:
    """Light and geometry act alike in every channel; the noise of each is its own."""
    sample = sample_of((64, 48))
    artefact = ARTEFACTS.get(name)
    colour = np.dstack([sample.image] * 3)
    image, labels = artefact.distort(colour, sample.labels, 2.0, generator(0))
    grey, same = artefact.distort(sample.image, sample.labels, 2.0, generator(0))
    np.testing.assert_array_equal(labels, same)
    assert image.shape == (*labels.shape, 3)
    assert all(np.allclose(image[..., channel], grey, atol=1e-3) for channel in range(3)) == (name != "noise")
