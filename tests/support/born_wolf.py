"""Defocus of a real objective, by diffraction: an independent reference for what is measured or simulated."""

from __future__ import annotations

import numpy as np

from robustbench_cells.types import Image

CUT_OFF = 0.5  # cycles per pixel; of incoherent light, twice that of the pupil


def defocus(image: Image, radius: float) -> Image:
    """Defocus an image by the model of Born and Wolf (Principles of Optics, section 8.8).

    The pupil has the phase 2π W ρ², with W waves of defocus such that its geometric blur is a disk of ``radius``
    pixels: W = radius · cut-off / 4.
    """
    along = [np.fft.fftfreq(side) for side in image.shape]
    rho = np.hypot(*np.meshgrid(*along, indexing="ij")) / (CUT_OFF / 2)
    pupil = (rho <= 1) * np.exp(2j * np.pi * radius * CUT_OFF / 4 * rho**2)
    spread = np.abs(np.fft.ifft2(pupil)) ** 2
    transfer = np.fft.fft2(spread / spread.sum())
    blurred = np.fft.ifft2(np.fft.fft2(image) * transfer).real
    return np.clip(blurred, 0, 255).astype(np.float32)
