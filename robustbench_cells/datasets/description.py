"""Descriptive statistics of frames, to compare data sets, above all a synthetic one with a real one."""

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
    """Compute statistics of frames and their labels.

    Returns
    -------
    dict
        Values by name, in reading order: foreground share, cells per frame, cell areas and short sides in px, grey
        levels inside and outside the cells, and the power in an octave around several wavelengths, in decibels of
        squared grey levels (mean over the frames of the radially binned, Hann-windowed spectrum).

    Raises
    ------
    DataError
        If no frame has a labelled cell.
    """
    shares, counts, areas, sides, spectra = [], [], [], [], []
    inside, outside = np.zeros(256), np.zeros(256)
    for sample in samples:
        cells = sample.labels > 0
        scored = sample.labels >= 0
        shares.append(np.count_nonzero(cells) / np.count_nonzero(scored))
        cell_areas, cell_sides = _measure_cells(sample.labels)
        counts.append(len(cell_areas))
        areas.extend(cell_areas)
        sides.extend(cell_sides)
        levels = sample.image.astype(np.uint8)
        inside += np.bincount(levels[cells], minlength=256)
        outside += np.bincount(levels[scored & ~cells], minlength=256)
        spectra.append(_octave_powers(sample.image))
    if not areas:
        raise DataError("no frame has a labelled cell, so there is nothing to describe; give frames with cells")
    table = {"foreground share, %": 100 * float(np.mean(shares))}
    for name, values in (("cells per frame", counts), ("cell area, px", areas), ("cell short side, px", sides)):
        for quantile, value in zip(_CELL_QUANTILES, np.quantile(values, _CELL_QUANTILES), strict=True):
            table[f"{name}: {quantile:.0%}"] = float(value)
    for name, histogram in (("grey level in cells", inside), ("grey level outside", outside)):
        for quantile in _GREY_QUANTILES:
            table[f"{name}: {quantile:.0%}"] = float(np.searchsorted(np.cumsum(histogram), quantile * histogram.sum()))
    for wavelength, power in zip(_WAVELENGTHS, np.mean(spectra, axis=0), strict=True):
        table[f"power at {wavelength} px, dB"] = float(10 * np.log10(max(power, 1e-12)))
    return table


def _measure_cells(labels: Labels) -> tuple[list[float], list[float]]:
    """Measure the area and the short side of each cell, in pixels."""
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
