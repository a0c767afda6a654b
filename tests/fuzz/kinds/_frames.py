"""Small frames, and the loading of their data sets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from robustbench_cells.datasets.opening import open_dataset
from tests.conftest import draw_labels

LABELS = np.stack([draw_labels((40, 48), seed) for seed in (2, 3)]).astype(np.uint16)
IMAGES = np.where(LABELS > 0, 220, 90).astype(np.uint8) + np.arange(2, dtype=np.uint8)[:, None, None]
DEEP = IMAGES.astype(np.uint16) * 200
BINARY = (LABELS > 0).astype(np.uint8) * 255

Write = Callable[[Path, npt.NDArray[np.generic], npt.NDArray[np.generic]], object]


def write_each(write: Write, folder: Path) -> None:
    """Write data sets of 8 and 16 bits, with instance and binary masks."""
    write(folder / "8_bit", IMAGES, LABELS)
    write(folder / "16_bit", DEEP, BINARY)


def read_all(where: str) -> None:
    """Read every frame, as a run does."""
    selection = open_dataset(where)
    for frame in selection.frames:
        selection.read(frame)
