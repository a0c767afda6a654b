"""What frames look like in figures: to lay a data set, above all a synthetic one, beside another."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import cv2
import numpy as np

from robustbench_cells.errors import DataError
from robustbench_cells.types import Image, Labels, Sample

_CELL_QUANTILES = (0.25, 0.5, 0.75)
_GREY_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_WAVELENGTHS = (128, 64, 32, 16, 8, 4)  # pixels


def describe(samples: Iterable[Sample]) -> dict[str, float]:
    """Statistics of frames and their labels.

    Returns
    -------
    dict
        By what they are, in reading order: foreground share, cells a frame, cell areas and short sides in px, grey
        levels in and outside the cells, and the power in one octave around some wavelengths, in decibels of grey level
        squared (mean over the frames of the radially binned, Hann-windowed spectrum).
    """
    shares, counts, areas, sides, spectra = [], [], [], [], []
    inside, outside = np.zeros(256), np.zeros(256)
    for sample in samples:
        cells = sample.labels > 0
        shares.append(cells.mean())
        found_areas, found_sides = _sizes(sample.labels)
        counts.append(len(found_areas))
        areas.extend(found_areas)
        sides.extend(found_sides)
        levels = sample.image.astype(np.uint8)
        inside += np.bincount(levels[cells], minlength=256)
        outside += np.bincount(levels[~cells], minlength=256)
        spectra.append(_octave_powers(sample.image))
    if not areas:
        raise DataError("no frame has a labelled cell, so there is nothing to describe; name frames with masks")
    table = {"foreground share, %": 100 * float(np.mean(shares))}
    for name, values in (("cells a frame", counts), ("cell area, px", areas), ("cell short side, px", sides)):
        for quantile, value in zip(_CELL_QUANTILES, np.quantile(values, _CELL_QUANTILES), strict=True):
            table[f"{name}: {quantile:.0%}"] = float(value)
    for name, histogram in (("grey level in cells", inside), ("grey level outside", outside)):
        for quantile in _GREY_QUANTILES:
            table[f"{name}: {quantile:.0%}"] = float(np.searchsorted(np.cumsum(histogram), quantile * histogram.sum()))
    for wavelength, power in zip(_WAVELENGTHS, np.mean(spectra, axis=0), strict=True):
        table[f"power at {wavelength} px, dB"] = float(10 * np.log10(max(power, 1e-12)))
    return table


def _sizes(labels: Labels) -> tuple[list[float], list[float]]:
    order = np.argsort(labels, axis=None, kind="stable")
    ids = labels.ravel()[order]
    starts = np.searchsorted(ids, np.arange(1, ids[-1] + 2))
    areas, sides = [], []
    for start, end in pairwise(starts):
        if start < end:
            rows, columns = np.divmod(order[start:end], labels.shape[1])
            areas.append(float(end - start))
            points = np.column_stack([columns, rows]).astype(np.float32)
            sides.append(min(cv2.minAreaRect(points)[1]) + 1)
    return areas, sides


def _octave_powers(image: Image) -> list[float]:
    window = np.outer(*(np.hanning(side) for side in image.shape))
    spectrum = np.abs(np.fft.fft2((image - image.mean()) * window)) ** 2 / (window**2).sum() / image.size
    frequency = np.hypot(*np.meshgrid(*(np.fft.fftfreq(side) for side in image.shape), indexing="ij"))
    bands = [(frequency > wave**-1 / 2**0.5) & (frequency <= wave**-1 * 2**0.5) for wave in _WAVELENGTHS]
    return [float(spectrum[band].sum()) for band in bands]
