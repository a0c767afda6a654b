from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.artefacts.optics.phase_halo import obscured_airy
from robustbench_cells.randomness import generator

HALO = ARTEFACTS.get("phase_halo")
SIDE = 256


def abbe_phase_contrast(phase: np.ndarray, outer: float, inner: float) -> np.ndarray:
    """Simulate phase contrast after Abbe: each point of the ring lights the object by itself, and intensities add.

    The object's field is shifted in the pupil by the point's frequency; what falls on the ring is delayed by a quarter
    of a wavelength. No pupil limits the rest, and the field of a uniform phase is 1.
    """
    axis = np.fft.fftfreq(SIDE)
    radius = np.hypot(axis[:, None], axis)
    ring = (radius >= inner) & (radius <= outer)
    spectrum = np.fft.fft2(np.exp(1j * phase))
    points = np.argwhere(ring)[::23]
    total = np.zeros(phase.shape)
    for row, column in points:
        field = np.roll(spectrum, (row, column), (0, 1))
        total += np.abs(np.fft.ifft2(np.where(ring, 1j * field, field))) ** 2
    return total / len(points)


def test_halo_and_shade_off_are_those_of_a_simulated_microscope() -> None:
    """A wide weak phase object: its image by Abbe's theory, and by ours from the object itself as the image."""
    rows, columns = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    phase = 0.02 / (1 + np.exp(np.hypot(rows, columns) - 20))
    abbe = (abbe_phase_contrast(phase, 0.15, 0.10) - 1) / 2 / 0.02  # contrast 2 phi, in units of the object
    image = (100 + 100 * phase / 0.02).astype(np.float32)
    ours = HALO.distort(image, np.zeros(image.shape, np.int32), 1.0, generator(0))[0] / 100 - 1
    level = ours[:20].mean() - abbe[:20].mean()  # far away; the constant is free
    middle = slice(64, 192)
    np.testing.assert_allclose(ours[middle, middle] - level, abbe[middle, middle], atol=0.06)
    centre, halo, background = ours[SIDE // 2, SIDE // 2], ours[SIDE // 2].min(), ours[:20].mean()
    edge = ours[SIDE // 2].max()
    assert halo < background - 0.1  # a halo around
    assert centre < 0.6 * edge  # and shade-off within


def test_the_kernel_has_unit_sum_and_the_transform_of_a_ring() -> None:
    """What the ring catches at a frequency is the overlap of the ring with itself, shifted by that frequency."""
    kernel = obscured_airy(0.15, 0.10, 127)
    assert kernel.min() >= 0
    assert kernel.sum() == pytest.approx(1)
    padded = np.zeros((SIDE, SIDE))
    padded[:255, :255] = kernel
    caught = np.abs(np.fft.fft2(padded))
    axis = np.fft.fftfreq(4 * SIDE) * 4 / 4
    radius = np.hypot(axis[:, None], axis)
    ring = ((radius >= 0.10) & (radius <= 0.15)).astype(float)
    overlap = np.fft.ifft2(np.abs(np.fft.fft2(ring)) ** 2).real / ring.sum()
    for step in (0, 3, 6, 9, 12, 20, 40, 60):
        assert caught[0, step] == pytest.approx(overlap[0, 4 * step], abs=0.03)


def test_a_flat_image_and_the_mean_stay() -> None:
    flat = np.full((60, 50, 2), 90, np.float32)
    labels = np.zeros(flat.shape[:2], np.int32)
    np.testing.assert_allclose(HALO.distort(flat, labels, 2.0, generator(0))[0], flat, atol=1e-3)
