"""Detection of data sets whose images and masks were swapped."""

from __future__ import annotations

import numpy as np

from robustbench_cells.errors import DataError
from robustbench_cells.types import Sample

_FEW_LEVELS = 3  # grey levels; images exceed it, binary masks reach 1
_NEARLY_ALL = 0.9  # share of foreground pixels
_ROUGH = 0.25  # share of neighbours that differ in label: cells four pixels wide; images have 0.3 or more
_SWAP = "if images and masks were swapped, give them the other way round"


class SwapCheck:
    """Statistics over all frames of a data set.

    A single frame may be black, empty, or one cell from border to border; only a whole data set of such frames is
    refused.
    """

    def __init__(self) -> None:
        self._brightest = (-1.0, "")  # grey level and frame
        self._is_integer = True
        self._pixels = self._foreground = 0
        self._neighbours = self._edges = 0

    def add(self, sample: Sample) -> None:
        """Include one frame."""
        image, labels = sample.image, sample.labels
        self._brightest = max(self._brightest, (float(image.max()), sample.frame))
        if self._brightest[0] <= _FEW_LEVELS:
            self._is_integer &= np.array_equal(image, np.rint(image))
        self._pixels += int(np.count_nonzero(labels >= 0))
        self._foreground += int(np.count_nonzero(labels > 0))
        self._neighbours += labels[:, 1:].size
        self._edges += int(np.count_nonzero(labels[:, 1:] != labels[:, :-1]))

    def check(self, title: str) -> None:
        """Raise a `DataError` if no valid data set looks like this; ``title`` names it in the message."""
        if not self._foreground:
            raise DataError(f"{title}: no mask has a cell; are these the masks? Scores need labelled cells")
        brightest, frame = self._brightest
        if brightest <= _FEW_LEVELS and self._is_integer:  # dark 16-bit images have fractions of grey levels
            raise DataError(
                f"{title}: no image has a grey level above {brightest:g} of 255 (frame {frame}), as in masks; {_SWAP}; "
                "if they are this dark, stretch them"
            )
        if self._foreground > _NEARLY_ALL * self._pixels and self._edges > _ROUGH * self._neighbours:
            raise DataError(
                f"{title}: {self._foreground / self._pixels:.0%} of the mask pixels are foreground, and "
                f"{self._edges / self._neighbours:.0%} of neighbouring pixels differ in label, as in images; {_SWAP}"
            )
