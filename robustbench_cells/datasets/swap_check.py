"""What the frames of a data set look like all together: images and masks that were exchanged are found by it."""

from __future__ import annotations

import numpy as np

from robustbench_cells.errors import DataError
from robustbench_cells.types import Sample

_FEW_LEVELS = 3  # grey levels; images hold more, and binary masks 1
_NEARLY_ALL = 0.9  # share of pixels that are of a cell
_ROUGH = 0.25  # share of neighbours with other labels, so that cells are four pixels wide; images have 0.3 or more
_EXCHANGE = "if images and masks are exchanged, name them the other way round"


class Impression:
    """Gathered frame by frame.

    A frame alone may be black, empty, or one cell from border to border; what is refused is a whole data set of such
    frames.
    """

    def __init__(self) -> None:
        self._brightest = (-1.0, "")  # with its frame
        self._whole_levels = True
        self._pixels = self._of_cells = 0
        self._neighbours = self._edges = 0

    def add(self, sample: Sample) -> None:
        """Take a frame in."""
        image, labels = sample.image, sample.labels
        self._brightest = max(self._brightest, (float(image.max()), sample.frame))
        if self._brightest[0] <= _FEW_LEVELS:
            self._whole_levels &= np.array_equal(image, np.rint(image))
        self._pixels += labels.size
        self._of_cells += int(np.count_nonzero(labels))
        self._neighbours += labels[:, 1:].size
        self._edges += int(np.count_nonzero(labels[:, 1:] != labels[:, :-1]))

    def check(self, title: str) -> None:
        """Raise a `DataError` if no sound data set looks like this; ``title`` is what it is called."""
        if not self._of_cells:
            raise DataError(f"{title}: no mask has a cell; are these the masks? A score needs cells to find")
        brightest, frame = self._brightest
        if brightest <= _FEW_LEVELS and self._whole_levels:  # 16 bits that are kept dark have levels between them
            raise DataError(
                f"{title}: no image has a grey level above {brightest:g} of 255, which frame {frame} has; are these "
                f"masks? Then {_EXCHANGE}; if they are as dark as that, stretch them"
            )
        if self._of_cells > _NEARLY_ALL * self._pixels and self._edges > _ROUGH * self._neighbours:
            raise DataError(
                f"{title}: in the masks {self._of_cells / self._pixels:.0%} of all pixels are of cells, and "
                f"{self._edges / self._neighbours:.0%} of them have another label than the next one, as in images; "
                f"{_EXCHANGE}"
            )
