"""The same frames in every layout that needs files, written by each format's own library."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile

from tests.conftest import draw_labels, save_mask

Pixels = npt.NDArray[np.generic]

LABELS = np.stack([draw_labels((90, 80), seed) for seed in (2, 3, 4)]).astype(np.uint16)
BINARY = (LABELS > 0).astype(np.uint8)
IMAGES = np.where(LABELS > 0, 220, 90).astype(np.uint8) + np.arange(3, dtype=np.uint8)[:, None, None]


def write_paired(root: Path, images: Pixels, masks: Pixels) -> str:
    for folder, stack in (("input", images), ("output", masks)):
        for number, pixels in enumerate(stack):
            save_mask(root / folder / f"t{number:03d}.tif", pixels)
    return str(root)


def write_paired_split(root: Path, image: Pixels = IMAGES[0], mask: Pixels = BINARY[0], suffix: str = "tif") -> Path:
    """Write two frames, numbered 7 and 12, as the split ``test`` of paired folders."""
    for number in (7, 12):
        save_mask(root / f"test/input/t{number:03d}.{suffix}", image)
        save_mask(root / f"test/output/man_seg{number:03d}.{suffix}", mask)
    return root


def write_challenge(root: Path, images: Pixels, masks: Pixels) -> str:
    for number, (image, mask) in enumerate(zip(images, masks, strict=True)):
        save_mask(root / f"01/t{number:03d}.tif", image)
        save_mask(root / f"01_ST/SEG/man_seg{number:03d}.tif", mask)
    return str(root)


def write_stack(root: Path, images: Pixels, masks: Pixels) -> str:
    root.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(root / "images.tif", images, photometric="minisblack")
    tifffile.imwrite(root / "masks.ome.tif", masks, metadata={"axes": "TYX"}, compression="zlib")
    return f"{root}/images.tif:{root}/masks.ome.tif"


def write_npz(root: Path, images: Pixels, masks: Pixels) -> str:
    root.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(root / "frames.npz", images=images, labels=masks)
    return str(root / "frames.npz")


def write_csv(root: Path, images: Pixels, masks: Pixels) -> str:
    root.mkdir(parents=True, exist_ok=True)
    with (root / "frames.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image", "mask", "frame"])
        for number, (image, mask) in enumerate(zip(images, masks, strict=True)):
            save_mask(root / f"images/{number}.png", image)
            save_mask(root / f"masks/{number}.png", mask)
            table.writerow([f"images/{number}.png", f"masks/{number}.png", number])
    return str(root / "frames.csv")


WRITERS: dict[str, Callable[[Path, Pixels, Pixels], str]] = {
    "paired": write_paired,
    "cell_tracking_challenge": write_challenge,
    "stack": write_stack,
    "npz": write_npz,
    "csv": write_csv,
}
