"""Whether two images show the same field at the same place."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, pi, sqrt

import cv2
import numpy as np

from robustbench_cells.types import Image

_STEP = 2  # pixels per sample: what is left after the low-pass needs no more
_FINE = 3.0  # pixels, sigma: finer detail is noise, or of another sign where defocus inverts the contrast
_COARSE = 24.0  # pixels, sigma: coarser structure is the light's
_SUBPIXELS = 8
_SURE = 6.0  # standard deviations of the correlation of two images that have nothing in common
_LEAST = 0.5  # correlation; below it, defocus may have inverted the contrast of what the low-pass left
_WINDOWED = 0.26  # share of the pixels that count under a Hann window: (sum of its squares)² / sum of fourth powers


@dataclass(frozen=True)
class Registration:
    """Place of one image relative to another.

    Attributes
    ----------
    down, right
        Pixels by which it is shifted.
    correlation
        Absolute correlation of the two at this shift, of structures from about 10 to 100 px.
    is_related
        Whether they correlate so much that the shift is to be believed.
    is_clear
        Whether the correlation without any shift is lower by more than its standard error: the peak of blurred images
        is broad.
    """

    down: float
    right: float
    correlation: float
    is_related: bool
    is_clear: bool

    @property
    def distance(self) -> float:
        """Length of the shift, in pixels."""
        return hypot(self.down, self.right)


def register(clean: Image, other: Image) -> Registration:
    """Find the shift between two images of one field by their cross-correlation.

    Both are band-passed first, so that noise, blur, contrast and uneven light hardly move the peak; contrast may be
    inverted.

    Parameters
    ----------
    clean, other
        float32, (H, W), of one shape.

    Notes
    -----
    M. Guizar-Sicairos, S. T. Thurman, J. R. Fienup: Efficient subpixel image registration algorithms, Opt. Lett. 33
    (2008), as scikit-image has it.
    """
    from skimage.registration import phase_cross_correlation  # takes long to import

    ours, theirs = _band_pass(clean), _band_pass(other)
    power = float(np.sum(ours**2) * np.sum(theirs**2))
    if power == 0:
        return Registration(0.0, 0.0, 0.0, is_related=False, is_clear=False)
    shift, error, _ = phase_cross_correlation(ours, theirs, upsample_factor=_SUBPIXELS, normalization=None)
    correlation = sqrt(max(0.0, 1 - float(error) ** 2))
    down, right = (-_STEP * float(part) for part in shift)
    at_rest = abs(float(np.sum(ours * theirs))) / sqrt(power)
    independent = sqrt(clean.size * _WINDOWED / (4 * pi * _FINE**2))  # root of the samples that the low-pass leaves
    return Registration(
        down,
        right,
        correlation,
        is_related=correlation > max(_SURE / independent, _LEAST),
        is_clear=correlation - at_rest > (1 - correlation**2) / independent,
    )


def _band_pass(image: Image) -> Image:
    """The structures in between, sampled every other pixel, fading towards the border."""
    coarse = cv2.GaussianBlur(image, (0, 0), _COARSE, borderType=cv2.BORDER_REFLECT)
    fine = cv2.GaussianBlur(image, (0, 0), _FINE, borderType=cv2.BORDER_REFLECT) - coarse
    sampled = fine[::_STEP, ::_STEP]
    window = np.outer(*(np.hanning(side + 2)[1:-1] for side in sampled.shape)).astype(np.float32)
    return np.asarray((sampled - sampled.mean()) * window, np.float32)
