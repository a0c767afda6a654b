"""From the name or path of a data set to the frames that a run uses."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from inspect import signature
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from robustbench_cells.datasets.channels import Channel
from robustbench_cells.datasets.label_values import require_ignore_label
from robustbench_cells.datasets.measured_axes import read_measured_axes
from robustbench_cells.datasets.measured_images import MeasuredImages
from robustbench_cells.datasets.selection import FieldOfInterest, Selection
from robustbench_cells.datasets.sources._base import SOURCES
from robustbench_cells.errors import DataError
from robustbench_cells.types import Dataset


def open_dataset(
    where: str | os.PathLike[str],
    split: str | None = None,
    *,
    margin: int = 0,
    frames: int | None = None,
    white_level: int | None = None,
    ignore_label: int | None = None,
    channel: str | int | Sequence[str] | None = None,
) -> Selection:
    """Open a data set, and read and validate every frame that will be used.

    Parameters
    ----------
    where
        ``synthetic``, or files or a folder in one of the layouts that `robustbench_cells list` shows.
    split
        Name of the split; the layout's default if not given.
    margin
        Field of interest: pixels to crop on each side of a frame.
    frames
        Number of frames, evenly spread over the data set; all if not given or if there are fewer.
    white_level
        Value that is white in 16-bit files; 8-bit files need none.
    ignore_label
        Value of the mask pixels that the annotators left open, which are in no score; not 0.
    channel
        Channel of images that have several or colours: its name, its number from 0, or ``luminance``, by the weights of
        Rec. 601 and rounded as Pillow does. Without one they are refused, unless their channels are equal. Several
        names make images (H, W, C) for models whose cards name these channels in this order.

    Raises
    ------
    DataError
        If there is no such data set, or a file is not usable.
    TypeError
        If it is no text and no path (arrays go to `from_arrays`), or a number is none.

    Examples
    --------
    >>> import robustbench_cells as rb
    >>> data = rb.open_dataset("synthetic", "test", frames=2, margin=25)
    >>> data.read(data.frames[0]).image.shape
    (526, 670)
    """
    if not isinstance(where, str | os.PathLike):
        raise TypeError(
            f"open_dataset: {type(where).__name__} is no name and no path of a data set; for arrays in memory: "
            "rb.from_arrays(images, labels)"
        )
    where = os.fspath(where)
    _check_numbers({"margin in px": (margin, 0), "frames": (frames, 1), "white level": (white_level, 1)})
    require_ignore_label(ignore_label)
    source = next((source for source in SOURCES if source.recognises(where)), None)
    if source is None and not any(Path(part).exists() for part in {where, where.rpartition(":")[0]} - {""}):
        names = [source.name for source in SOURCES if source.recognises(source.name)]
        raise DataError(f"{where}: no such folder or file, and no embedded data set of that name ({', '.join(names)})")
    if source is None:
        layouts = "; ".join(f"{source.name}: {source.layout}" for source in SOURCES)
        raise DataError(f"{where}: has none of the supported layouts, which are {layouts}")
    chosen = None if channel is None else Channel(channel)
    options: dict[str, Any] = {"ignore_label": ignore_label, "channel": chosen}
    given = {name: value for name, value in options.items() if value is not None}
    for name in given.keys() - signature(source.open).parameters.keys():  # a plug-in that was written before there was
        kind = name.replace("_", " ")
        raise DataError(f"{where}: data sets of the kind {source.name} take no {kind}; leave it out")
    dataset: Dataset = source.open(where, split, white_level, **given)
    axes = read_measured_axes(where, split)
    measured = MeasuredImages.of(dataset, axes, white_level, chosen, margin) if axes else None
    if margin:
        dataset = FieldOfInterest(dataset, margin)
    names = list(dataset.frames)
    if frames is not None and frames < len(names):
        names = [names[index] for index in np.linspace(0, len(names) - 1, frames).round().astype(int)]
    return Selection(dataset, names, ignore_label, measured, chosen)


def _check_numbers(numbers: Mapping[str, tuple[object, int]]) -> None:
    """Check that each number is whole and at least its minimum."""
    for name, (value, minimum) in numbers.items():
        if value is not None and not isinstance(value, Integral):
            raise TypeError(f"{name}: {value!r} is {type(value).__name__}; a whole number is needed")
        if isinstance(value, Integral) and int(value) < minimum:
            raise DataError(f"{name}: {value} is too small; the minimum is {minimum}")
