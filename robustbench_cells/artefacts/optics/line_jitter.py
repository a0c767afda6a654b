"""Jitter of the lines of a scanning microscope."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.optics._base import Floats
from robustbench_cells.types import Image


@ARTEFACTS.register
class LineJitter(PhysicalArtefact):
    """Line jitter: shifts each row by a random part of a pixel or more, as a scanner whose lines start unevenly.

    ``g'(y, x) = g(y, x + s n_y)`` with ``n_y ~ N(0, 1)``, independent in each row and the same in all channels. The
    intensity is the standard deviation s of the shift in pixels; it scales one set of numbers per patch. Between pixels
    the row is interpolated by cubic convolution (Keys 1981, IEEE Transactions on Acoustics, Speech, and Signal
    Processing 29, 1153); borders are mirrored. Scanning mirrors and their clocks jitter so (Pawley 2006, Handbook of
    Biological Confocal Microscopy, 3rd ed.). Labels stay, since the cells do: the outline to be found is the
    smooth one. Not modelled: shifts that persist over lines, bidirectional scans out of phase, and uneven speed within
    a line.
    """

    name = "line_jitter"
    version = 1
    parameter = "sigma"
    unit = "px"
    neutral = 0.0
    bounds = (0.0, 100.0)
    grids = {"full": (0.5, 1, 2, 3, 4, 6, 8, 12)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        height, width = image.shape[:2]
        shifts = intensity * rng.standard_normal(height)
        whole = np.floor(shifts)
        shifted = np.zeros(image.shape, np.float32)
        for tap, weights in zip((-1, 0, 1, 2), _cubic_weights(shifts - whole), strict=True):
            columns = _mirrored(np.arange(width) + whole.astype(int)[:, None] + tap, width)
            along = (height, 1, *(1,) * (image.ndim - 2))
            shifted += weights.astype(np.float32).reshape(along) * image[np.arange(height)[:, None], columns]
        return shifted


def _cubic_weights(part: Floats) -> tuple[Floats, ...]:
    """Weights of the four nearest pixels at this part of the way between the inner two: exact for parabolas."""
    return (
        ((2 - part) * part - 1) * part / 2,
        ((3 * part - 5) * part * part + 2) / 2,
        ((4 - 3 * part) * part + 1) * part / 2,
        (part - 1) * part * part / 2,
    )


def _mirrored(index: npt.NDArray[np.int_], size: int) -> npt.NDArray[np.int_]:
    period = max(1, 2 * (size - 1))
    index = index % period
    return np.minimum(index, period - index)
