"""Images and labels that are in memory, as a data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from robustbench_cells.datasets.grey_levels import grey_levels, labels_of
from robustbench_cells.datasets.naming import check_frame_name
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.errors import DataError
from robustbench_cells.types import Image, Labels, Sample

_KINDS = {"image": ("buif", "grey levels, a number each"), "labels": ("bui", "whole numbers")}


class ArrayDataset:
    """Frames whose images and labels are arrays (see `Dataset`)."""

    key = "arrays/all"

    def __init__(self, title: str, frames: dict[str, tuple[Image, Labels]], *, sequence: bool) -> None:
        self.title = title
        self.frames = tuple(frames)
        self.sequence = sequence
        self._frames = frames

    def read(self, frame: str) -> Sample:
        """The frame of that name (see `Dataset.read`)."""
        image, labels = self._frames[frame]
        return Sample(self.key, frame, image, labels)


def from_arrays(
    images: npt.ArrayLike | Sequence[npt.ArrayLike],
    labels: npt.ArrayLike | Sequence[npt.ArrayLike],
    *,
    names: Sequence[str] | None = None,
    sequence: bool = False,
    white_level: int | None = None,
    title: str = "arrays",
) -> Selection:
    """A data set of arrays in memory.

    Parameters
    ----------
    images
        (N, H, W), or N arrays of shape (H, W) whose sizes may differ: uint8 or floating-point grey levels in [0, 255],
        bool, or 16-bit values with a ``white_level``.
    labels
        As many arrays of the same shapes: bool or whole numbers, 0 background. Where they hold a single value besides
        0, cells are the 8-connected components.
    names
        Name of each frame; by default frames are numbered from 0.
    sequence
        Whether the frames follow one another in time. Otherwise each frame counts as independent in intervals.
    white_level
        The value of 16-bit images that is white.
    title
        Title for reports.

    Returns
    -------
    Selection
        Validated frames, as `open_dataset` returns them.

    Raises
    ------
    DataError
        If shapes, dtypes or ranges do not fit; the message names the array.

    Examples
    --------
    >>> import numpy as np
    >>> import robustbench_cells as rb
    >>> images = np.full((2, 300, 300), 90, np.uint8)
    >>> labels = np.zeros((2, 300, 300), np.int32)
    >>> labels[:, 50:60, 50:60] = 1
    >>> images[labels > 0] = 220
    >>> rb.from_arrays(images, labels).frames
    ('0', '1')
    """
    pictures, masks = _frames_of("images", images), _frames_of("labels", labels)
    if len(pictures) != len(masks):
        raise DataError(f"{len(pictures)} images and {len(masks)} labels; each image needs its labels")
    titles = [str(number) for number in range(len(pictures))] if names is None else [str(name) for name in names]
    if len(titles) != len(pictures) or len(set(titles)) < len(titles):
        raise DataError(f"{len(set(titles))} different names for {len(pictures)} images; give each image its own")
    frames = {}
    for number, (name, image, mask) in enumerate(zip(titles, pictures, masks, strict=True)):
        check_frame_name("names", name)
        picture, truth = _array(f"images[{number}]", image, "image"), _array(f"labels[{number}]", mask, "labels")
        if picture.shape != truth.shape:
            raise DataError(
                f"images[{number}] has shape {picture.shape} and labels[{number}] {truth.shape}; the two must be equal"
            )
        frames[name] = (
            grey_levels(picture, f"images[{number}]", white_level),
            labels_of(truth, f"labels[{number}]"),
        )
    return Selection(ArrayDataset(title, frames, sequence=sequence), titles)


def _frames_of(what: str, arrays: Any) -> list[Any]:
    shape = getattr(arrays, "shape", None)
    if shape is not None and len(shape) != 3:
        raise DataError(f"{what}: shape {tuple(shape)}; (N, H, W) is needed, or a list of arrays (H, W)")
    found = list(arrays)
    if not found:
        raise DataError(f"{what}: no frame")
    return found


def _array(what: str, values: Any, role: str) -> npt.NDArray[Any]:
    array = np.asarray(values)
    kinds, needed = _KINDS[role]
    if array.ndim != 2 or not array.size:
        raise DataError(f"{what}: shape {array.shape}; (H, W) is needed")
    if array.dtype.kind not in kinds:
        raise DataError(f"{what}: dtype {array.dtype}; {needed}, are needed")
    return np.ascontiguousarray(array)
