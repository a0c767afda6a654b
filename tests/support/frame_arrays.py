"""Frames in memory with bright cells, and a function that segments exactly these."""

from __future__ import annotations

import numpy as np

import robustbench_cells as rb
from robustbench_cells.types import Image
from tests.conftest import draw_labels

LABELS = np.stack([draw_labels((300, 300), seed, cells=30) for seed in range(4)])
IMAGES = np.where(LABELS > 0, 220, 90).astype(np.uint8)
DATA = rb.from_arrays(IMAGES, LABELS)


def bright(images: Image) -> Image:
    return (images > 150).astype(np.float32)
