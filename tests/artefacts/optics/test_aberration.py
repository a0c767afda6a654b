from __future__ import annotations

import numpy as np
import pytest
from scipy import signal
from scipy.special import j1, jn_zeros

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.artefacts.optics.aberration import CUTOFF, STEP, point_spread, zernike_modes
from robustbench_cells.randomness import generator

ABERRATION = ARTEFACTS.get("aberration")
NONE = np.zeros(7)


def finer(spread: np.ndarray, times: int = 4) -> np.ndarray:
    """Interpolate the point spread function as its band limit says, origin first."""
    side = times * len(spread)
    return signal.resample(signal.resample(spread, side, axis=0), side, axis=1)


def test_without_aberrations_a_point_is_an_airy_pattern() -> None:
    """``(2 J1(v) / v)²`` with v = pi × distance × 2 NA / wavelength, and its first zero at 1.22 wavelength / (2 NA)."""
    row = signal.resample(point_spread(NONE), 256 * 16, axis=1)[0]
    distance = np.arange(len(row)) * STEP / 16
    v = np.pi * distance * CUTOFF + 1e-9
    np.testing.assert_allclose(row[:400] / row[0], (2 * j1(v) / v)[:400] ** 2, atol=0.01)
    first = signal.argrelmin(row)[0][0]
    assert distance[first] == pytest.approx(jn_zeros(1, 1)[0] / (np.pi * CUTOFF), rel=0.03)
    assert distance[first] == pytest.approx(1.22 / CUTOFF, rel=0.03)


@pytest.mark.parametrize("mode", range(7))
def test_strehl_is_four_fifths_at_marechals_limit(mode: int) -> None:
    waves = 0.07 * np.eye(7)[mode]
    strehl = finer(point_spread(waves)).max() / finer(point_spread(NONE)).max()
    assert strehl == pytest.approx(np.exp(-((2 * np.pi * 0.07) ** 2)), abs=0.01)
    assert strehl == pytest.approx(0.8, abs=0.03)


def test_modes_are_orthonormal_but_for_the_tilt_in_coma() -> None:
    pupil, modes = zernike_modes()
    axis = np.fft.fftfreq(len(pupil)) * len(pupil)
    y, x = (grid[pupil] for grid in np.meshgrid(axis, axis, indexing="ij"))
    plane = np.column_stack([x, y])
    without = modes.T - plane @ np.linalg.lstsq(plane, modes.T)[0]
    np.testing.assert_allclose(without.T @ without / len(x), np.eye(7), atol=0.03)
    np.testing.assert_allclose(modes.mean(1), 0, atol=0.03)


@pytest.mark.parametrize("waves", [0.07, 0.5])
def test_the_centre_of_mass_stays(waves: float) -> None:
    """Labels lie where they lay: a shift of the whole image is no aberration."""
    image = np.full((129, 129), 80, np.float32)
    image[60:69, 60:69] = 180
    for key in range(4):
        blurred, _ = ABERRATION.distort(image, np.zeros(image.shape, np.int32), waves, generator("lens", key))
        extra = blurred.astype(float) - 80
        assert extra.sum() == pytest.approx(81 * 100, rel=1e-3)
        for axis in (0, 1):
            assert (extra.sum(axis) * (np.arange(129) - 64)).sum() / extra.sum() == pytest.approx(0, abs=0.1)


def test_nothing_is_amplified() -> None:
    """Without aberrations the modulus of the transfer is highest at every frequency (Born and Wolf, chapter 9).

    At the rim of the spectrum, which a finite kernel has to smooth, the interpolated modulus may exceed it slightly.
    """
    frequencies = np.abs(np.fft.fftfreq(129))
    inner = np.ix_(frequencies < 0.47, frequencies < 0.47)
    for key in range(8):
        point = np.full((129, 129), 100, np.float32)
        point[64, 64] = 200
        spot, _ = ABERRATION.distort(point, np.zeros(point.shape, np.int32), 0.2, generator("lens", key))
        transfer = np.abs(np.fft.fft2(spot.astype(float) - 100)) / 100
        assert transfer[inner].max() < 1.005
        assert transfer.max() < 1.1


def test_a_little_aberration_changes_little() -> None:
    image = generator("image").uniform(50, 200, (96, 96)).astype(np.float32)
    nearly, _ = ABERRATION.distort(image, np.zeros(image.shape, np.int32), 1e-5, generator("lens"))
    np.testing.assert_allclose(nearly, image, atol=0.05)


def test_spherical_aberration_transfers_as_an_integral_over_the_pupil_says() -> None:
    """The transfer along x, by quadrature over the overlap of two shifted pupils (Born and Wolf 9.5.1), not by FFT."""
    waves, shift = 0.15, 0.6  # shift of the two pupils in radii
    side = np.linspace(-1, 1, 801)
    x, y = np.meshgrid(side, side)

    def wavefront(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        square = x**2 + y**2
        return np.sqrt(5) * (6 * square**2 - 6 * square + 1)

    both = np.hypot(x - shift / 2, y) <= 1
    both &= np.hypot(x + shift / 2, y) <= 1
    phase = waves * (wavefront(x + shift / 2, y) - wavefront(x - shift / 2, y))
    expected = np.cos(2 * np.pi * phase[both]).mean()
    spread = [point_spread(coefficients) for coefficients in (waves * np.eye(7)[6], NONE)]
    aberrated, limited = (np.fft.fftshift(np.fft.fft2(one).real)[128] for one in spread)
    frequencies = np.fft.fftshift(np.fft.fftfreq(256, STEP))
    ratio = np.interp(shift * CUTOFF / 2, frequencies, aberrated / np.maximum(limited, 1e-3))
    assert ratio == pytest.approx(expected, abs=0.02)
