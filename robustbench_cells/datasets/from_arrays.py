"""Arrays in memory as a data set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from robustbench_cells.datasets.channels import Channel
from robustbench_cells.datasets.grey_levels import to_grey_levels
from robustbench_cells.datasets.label_values import require_ignore_label, to_labels
from robustbench_cells.datasets.naming import check_frame_name
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.datasets.stored_plane import CHANNELS, array_plane
from robustbench_cells.errors import DataError
from robustbench_cells.types import Sample

_KINDS = {"image": ("buif", "bool, integer or floating point"), "labels": ("bui", "bool or integer")}


class ArrayDataset:
    """Frames whose images and labels are arrays (see `Dataset`)."""

    key = "arrays/all"

    def __init__(self, title: str, samples: Sequence[Sample], *, sequence: bool) -> None:
        self.title = title
        self.frames = tuple(sample.frame for sample in samples)
        self.sequence = sequence
        self._samples = {sample.frame: sample for sample in samples}

    def read(self, frame: str) -> Sample:
        """See `Dataset.read`."""
        return self._samples[frame]


def from_arrays(
    images: npt.ArrayLike | Sequence[npt.ArrayLike],
    labels: npt.ArrayLike | Sequence[npt.ArrayLike],
    *,
    names: Sequence[str] | None = None,
    sequence: bool = False,
    white_level: int | None = None,
    ignore_label: int | None = None,
    channel: str | int | Sequence[str] | None = None,
    title: str = "arrays",
) -> Selection:
    """Make a data set of arrays in memory.

    Parameters
    ----------
    images
        Array (N, H, W), or N arrays (H, W) of any sizes, each with or without a last axis of length 1: uint8 or
        floating-point grey levels in [0, 255], bool, or 16-bit values with a ``white_level``. With a ``channel`` the
        last axis is that of the channels: red, green, blue (and opacity) if they are three (four), else without names.
    labels
        Labels of the same shapes, bool or integer, 0 for background. If a frame has a single value besides 0, its cells
        are the 8-connected components.
    names
        Name of each frame; by default frames are numbered from 0.
    sequence
        Whether the frames follow one another in time; otherwise intervals treat them as independent.
    white_level
        Value that is white in 16-bit images.
    ignore_label
        Value of the labels where the annotators left pixels open, which are in no score; not 0.
    channel
        Channel to take of the images' last axis: its number from 0, its name, or ``luminance``; or several names (see
        `open_dataset`).
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
    require_ignore_label(ignore_label)
    chosen = None if channel is None else Channel(channel)
    all_images, all_labels = _split_frames("images", images, chosen), _split_frames("labels", labels)
    if len(all_images) != len(all_labels):
        raise DataError(f"{len(all_images)} images and {len(all_labels)} labels; give each image its labels")
    all_names = [str(number) for number in range(len(all_images))] if names is None else [str(name) for name in names]
    if len(all_names) != len(all_images) or len(set(all_names)) < len(all_names):
        raise DataError(f"{len(set(all_names))} different names for {len(all_images)} images; give each image its own")
    samples = []
    for number, name in enumerate(all_names):
        check_frame_name("names", name)
        image = _check_array(f"images[{number}]", all_images[number], "image", chosen)
        truth = _check_array(f"labels[{number}]", all_labels[number], "labels")
        if image.shape[:2] != truth.shape[:2]:
            raise DataError(
                f"images[{number}] has shape {image.shape} and labels[{number}] {truth.shape}; the two must be equal"
            )
        grey, remarks = to_grey_levels(array_plane(image), f"images[{number}]", white_level, chosen)
        ids, by_components = to_labels(array_plane(truth), f"labels[{number}]", ignore_label)
        samples.append(Sample(ArrayDataset.key, name, grey, ids, remarks, by_components))
    dataset = ArrayDataset(title, samples, sequence=sequence)
    return Selection(dataset, all_names, ignore_label, channel=chosen)


def _split_frames(what: str, arrays: Any, channel: Channel | None = None) -> list[Any]:
    shape = getattr(arrays, "shape", None)
    if shape is not None and len(shape) != 3 and not (len(shape) == 4 and (channel or shape[-1] in CHANNELS)):
        several = " (of images with several channels: and the channel)" if what == "images" and len(shape) == 4 else ""
        raise DataError(
            f"{what}: shape {tuple(shape)}; give (N, H, W), or (N, H, W, 1), or a list of arrays (H, W) or (H, W, 1)"
            f"{several}"
        )
    if isinstance(arrays, str) or not isinstance(arrays, Iterable):
        raise DataError(f"{what}: {type(arrays).__name__}; give an array (N, H, W), or a list of arrays (H, W)")
    frames = list(arrays)
    if not frames:
        raise DataError(f"{what}: empty; give at least one frame")
    return frames


def _check_array(what: str, values: Any, role: str, channel: Channel | None = None) -> npt.NDArray[Any]:
    array = np.asarray(values)
    kinds, expected = _KINDS[role]
    has_channels = array.ndim == 3 and (channel is not None or array.shape[-1] in CHANNELS)
    if not (array.ndim == 2 or has_channels) or not array.size:
        raise DataError(f"{what}: shape {array.shape}; give (H, W) or (H, W, 1), or equal channels (H, W, 3)")
    if array.dtype.kind not in kinds:
        raise DataError(f"{what}: dtype {array.dtype}; give {expected}")
    return np.ascontiguousarray(array)
