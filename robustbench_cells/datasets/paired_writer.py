"""Frames as files that the layout of paired folders reads back: 16-bit PNG, in ``input`` and ``output``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from robustbench_cells.errors import DataError
from robustbench_cells.types import Image, Labels

WHITE_LEVEL = 65535  # 257 stored values a grey level, so that whole grey levels come back as they were
IGNORE_LABEL = 65535  # of pixels that no score counts
FOLDERS = ("input", "output")


def write_pair(folder: Path, name: str, image: Image, labels: Labels) -> None:
    """Write an image and its mask.

    Parameters
    ----------
    folder
        Folder of the data set.
    name
        Name of both files, without suffix.
    image
        float32, (H, W), grey levels in [0, 255]; they are rounded to 1/257.
    labels
        int32, (H, W); those below 0 become `IGNORE_LABEL`.

    Raises
    ------
    DataError
        If a mask of 16 bits cannot hold the labels, or could not be told from an image.
    """
    if labels.max() >= IGNORE_LABEL:
        raise DataError(f"{name}: the cell id {labels.max()} does not fit into a mask of 16 bits; number cells from 1")
    if labels.min() > 0:
        raise DataError(
            f"{name}: is all cells and has no background, and such a mask would be refused when it is read; leave the "
            "frame or the intensity out"
        )
    stored = np.rint(image.astype(np.float64) * (WHITE_LEVEL / 255)).astype(np.uint16)
    mask = np.where(labels < 0, IGNORE_LABEL, labels).astype(np.uint16)
    for part, pixels in zip(FOLDERS, (stored, mask), strict=True):
        (folder / part).mkdir(exist_ok=True)
        (folder / part / f"{name}.png").write_bytes(_encode(pixels))


def file_names(frames: Sequence[str]) -> dict[str, str]:
    """Name the files of frames as the frames, as far as a file can be called so; number them where two would clash."""
    names = {frame: re.sub(r"[^\w.-]+", "_", unicodedata.normalize("NFC", frame)).lstrip(".") for frame in frames}
    if len({name.casefold() for name in names.values()} - {""}) < len(names):
        return {frame: f"frame-{number:04d}" for number, frame in enumerate(frames)}
    return names


def _encode(pixels: npt.NDArray[Any]) -> bytes:
    return bytes(cv2.imencode(".png", pixels)[1])
