"""Aberrations of the objective."""

from __future__ import annotations

from functools import lru_cache
from math import sqrt

import numpy as np
import numpy.typing as npt

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.optics._base import Floats, convolve
from robustbench_cells.types import Image

Singles = npt.NDArray[np.float32]

CUTOFF = sqrt(0.5)  # cycles per px, 2 NA / wavelength: all that pixels can hold, up to the corner of the spectrum
STEP = 0.5  # px between samples of the point spread function
_SIDE = 256  # samples
_DARK = 1e-4  # of the diffraction-limited transfer: nothing gets through, and nothing is changed


@lru_cache(maxsize=1)
def zernike_modes() -> tuple[npt.NDArray[np.bool_], Floats]:
    """Compute the pupil, (side, side), and the modes in it, (7, pixels in the pupil), each of RMS 1.

    Two of astigmatism, coma and trefoil each, and spherical aberration (Noll 1976, Journal of the Optical Society of
    America 66, 207, numbers 5 to 11). Coma is without the tilt that keeps its peak in place: it is the centre of mass
    that stays.
    """
    frequencies = np.fft.fftfreq(_SIDE, STEP) / (CUTOFF / 2)
    radius, angle = np.hypot(frequencies[:, None], frequencies), np.arctan2(frequencies[:, None], frequencies)
    pupil = radius <= 1
    rho, theta = radius[pupil], angle[pupil]
    modes = [
        part(times * theta) * radial
        for times, radial in ((2, sqrt(6) * rho**2), (1, sqrt(8) * 3 * (rho**3 - rho)), (3, sqrt(8) * rho**3))
        for part in (np.cos, np.sin)
    ]
    return pupil, np.array([*modes, sqrt(5) * (6 * rho**4 - 6 * rho**2 + 1)])


def point_spread(waves: Floats) -> Singles:
    """Compute the image of a point, by the transform of the pupil; the origin comes first, and `STEP` px lie between.

    Parameters
    ----------
    waves
        Coefficients of the modes of `zernike_modes`, (7,), in wavelengths RMS.
    """
    from scipy import fft  # takes long to import

    pupil, modes = zernike_modes()
    field = np.zeros(pupil.shape, np.complex64)
    field[pupil] = np.exp(2j * np.pi * (waves @ modes))
    amplitude = fft.fft2(field, overwrite_x=True)
    spread = amplitude.real**2 + amplitude.imag**2
    spread /= spread.sum()
    return spread


def _transfer(waves: Floats) -> npt.NDArray[np.complex64]:
    """Compute the transfer function at the frequencies that pixels hold, as `rfft2` orders them."""
    from scipy import fft

    half = _SIDE // 4  # a pixel is two samples
    whole = fft.rfft2(point_spread(waves))[:, : half + 1]
    whole[half] = (whole[half] + whole[-half]) / 2  # rows at plus and minus half a cycle are one
    return np.concatenate([whole[: half + 1], whole[1 - half :]])


@lru_cache(maxsize=1)
def _transfer_in_focus() -> Singles:
    return _transfer(np.zeros(7)).real


@ARTEFACTS.register
class Aberration(PhysicalArtefact):
    """Aberrations: a random mixture of astigmatism, coma, trefoil and spherical aberration, in wavelengths RMS.

    The wavefront in the pupil is a sum of Zernike polynomials whose seven coefficients have a direction drawn for each
    patch and the intensity as their norm. The point spread function is the squared modulus of the transform of the
    pupil (Born and Wolf 1999, Principles of Optics, 7th ed.); 0.07 waves RMS is Maréchal's limit, where the brightest
    point keeps 0.8 of its height.

    The image is taken as that of an objective without aberrations, so its spectrum is multiplied by ``H(waves) /
    H(0)``, the ratio of the two transfer functions: 1 at no aberration, and never above 1 in modulus. Assumed is 2 NA /
    wavelength = 0.71 cycles per pixel, so that the Airy disk's first zero is at 1.7 px: a 10×/0.3 objective on pixels
    of 6.5 µm in green light. Of a finer sampled image the same wavefront spreads over more pixels. Borders are
    mirrored. Beyond 0.8 waves the pattern would leave its 128 px. Not modelled: aberrations that change over the field,
    colours (all channels have one wavelength), and coherent light.
    """

    name = "aberration"
    version = 1
    parameter = "wavefront error"
    unit = "waves RMS"
    neutral = 0.0
    bounds = (0.0, 0.8)
    grids = {"full": (0.03, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        from scipy import fft

        direction = rng.standard_normal(len(zernike_modes()[1]))
        waves = intensity * direction / np.linalg.norm(direction)
        limited = _transfer_in_focus()
        ratio = np.ones(limited.shape, np.complex64)
        np.divide(_transfer(waves), limited, out=ratio, where=limited > _DARK)
        kernel = fft.fftshift(fft.irfft2(ratio))
        return convolve(image, np.pad(kernel, ((0, 1), (0, 1))))
