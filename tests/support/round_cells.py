"""Two frames of 22 round cells, and a threshold network that segments them nearly as they are labelled."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from robustbench_cells.types import Image

SIDE = 300
THRESHOLD = 115
CELLS = 22


def _draw(seed: int) -> npt.NDArray[np.uint8]:
    """Draw discs that do not touch."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((SIDE, SIDE), np.uint8)
    while labels.max() < CELLS:
        row, column, radius = (int(value) for value in rng.integers((15, 15, 9), (SIDE - 15, SIDE - 15, 15)))
        disc, near = (cv2.circle(np.zeros_like(labels), (column, row), radius + more, 1, -1) for more in (0, 4))
        if not labels[near > 0].any():
            labels[disc > 0] = labels.max() + 1
    return labels


LABELS = np.stack([_draw(seed) for seed in (1, 2)])


def _light(labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Blur and noise make the network miss some pixels."""
    sharp = np.where(labels > 0, 150.0, 80.0)
    noise = np.random.default_rng(9).normal(0, 4, labels.shape)
    return np.clip(cv2.GaussianBlur(sharp, None, 1.2) + noise, 0, 255).astype(np.uint8)


IMAGES = np.stack([_light(labels) for labels in LABELS])


def threshold_network(images: Image) -> Image:
    """Predict sigmoid((grey level − 115) / 6)."""
    return (1 / (1 + np.exp(-(images - np.float32(THRESHOLD)) / np.float32(6)))).astype(np.float32)


def jaccard(image: Image, labels: npt.NDArray[np.generic]) -> float:
    """Score the network's mask on a frame."""
    predicted, cells = threshold_network(image) > 0.5, labels > 0
    return float((predicted & cells).sum() / (predicted | cells).sum())
