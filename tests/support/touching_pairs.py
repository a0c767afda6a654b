"""Frames of round cells, each of which touches one other."""

from __future__ import annotations

import cv2
import numpy as np

SIDE = 256
STEP = 32


def draw_touching_pairs(frames: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw 128 bright cells a frame: images, float32, and labels, int32, both (N, 256, 256)."""
    labels = np.stack([_draw_pairs(np.random.default_rng([seed, number])) for number in range(frames)])
    sharp = np.where(labels > 0, 160.0, 70.0)
    noise = np.random.default_rng([seed, frames]).normal(0, 4, labels.shape)
    images = np.stack([cv2.GaussianBlur(image, None, 1) for image in sharp]) + noise
    return np.clip(images, 0, 255).astype(np.float32), labels


def _draw_pairs(rng: np.random.Generator) -> np.ndarray:
    """One pair in each square of 32 px."""
    labels, number = np.zeros((SIDE, SIDE), np.int32), 0
    for row in range(STEP // 2, SIDE, STEP):
        for column in range(STEP // 2, SIDE, STEP):
            radius, angle = int(rng.integers(5, 8)), rng.uniform(0, np.pi)
            for side in (1 - radius, radius - 1):
                number += 1
                centre = round(column + side * np.cos(angle)), round(row + side * np.sin(angle))
                cv2.circle(labels, centre, radius, number, -1)
    return labels
