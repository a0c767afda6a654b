"""Frames into seeded patches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from robustbench_cells.errors import DataError
from robustbench_cells.randomness import generator
from robustbench_cells.types import PADDING, PATCH_SIDE, Patch, Sample

MIN_FRAME_SIDE = 64  # pixels; a smaller frame would be a sixteenth of a patch at most
_LEAST_SCORED = 0.05  # share of a patch; below it one patch would weigh as much as a whole one


def cut_patches(sample: Sample, side: int, count: int, seed: int) -> Iterator[Patch]:
    """Cut square patches at random positions of a frame (see `place_patches`), each position once.

    Parameters
    ----------
    sample
        Frame to cut from.
    side
        Side of a patch in pixels.
    count
        Number of patches; there are fewer where positions coincide, or where under 5 % of a patch are scored.
    seed
        Seed of the run.

    Raises
    ------
    DataError
        If the frame is smaller than a patch.

    Examples
    --------
    >>> import robustbench_cells as rb
    >>> frame = rb.open_dataset("synthetic", frames=2).read("000")
    >>> [patch.image.shape for patch in rb.cut_patches(frame, side=256, count=2, seed=0)]
    [(256, 256), (256, 256)]
    """
    height, width = sample.labels.shape
    if side > min(height, width):
        raise DataError(
            f"frame {sample.frame} of {sample.dataset} is {width}×{height} px, smaller than the {side}×{side} px that "
            "a patch needs here; leave the frame out, or the intensities (or the margin) that need so large a view"
        )
    for index, (top, left) in place_patches(
        sample.dataset, sample.frame, (height, width), side, count=count, seed=seed
    ).items():
        window = slice(top, top + side), slice(left, left + side)
        labels = sample.labels[window]
        if np.count_nonzero(labels >= 0) >= _LEAST_SCORED * labels.size:
            yield Patch(sample.dataset, sample.frame, index, sample.image[window], labels, sample.labels)


def can_hold(shape: tuple[int, int], side: int) -> bool:
    """Tell whether a frame of this shape has room for a view, padded if need be (see `pad_frame`)."""
    return side <= min(shape) or (side <= PATCH_SIDE and min(shape) >= MIN_FRAME_SIDE)


def padded_shape(shape: tuple[int, int], side: int) -> tuple[int, int]:
    """The shape, (H, W), that `pad_frame` gives a frame of this shape."""
    if not can_hold(shape, side):
        return shape
    return max(shape[0], side), max(shape[1], side)


def pad_frame(sample: Sample, side: int) -> Sample:
    """Extend a frame by reflection to a view, evenly on both sides, with the label `PADDING` beyond its border.

    A network sees a plausible surrounding, and no score counts what is not in the frame. Views larger than a patch are
    not padded: they are to show more cells, and there are none.
    """
    shape = (sample.image.shape[0], sample.image.shape[1])
    target = padded_shape(shape, side)
    if target == shape:
        return sample
    widths = [((new - old) // 2, new - old - (new - old) // 2) for old, new in zip(shape, target, strict=True)]
    image = np.pad(sample.image, [*widths, (0, 0)][: sample.image.ndim], mode="reflect")
    labels = np.pad(sample.labels, widths, constant_values=PADDING)
    return replace(sample, image=image, labels=labels)


@lru_cache(maxsize=2**16)  # asked for by every segmenter and condition
def place_patches(
    dataset: str, frame: str, shape: tuple[int, int], side: int, *, count: int, seed: int
) -> Mapping[int, tuple[int, int]]:
    """Draw the positions of a frame's patches, without those that repeat an earlier one.

    A position is a fraction of the available range, keyed by (seed, data set, frame, patch index) alone: the first
    patches of a larger count are those of a smaller one, and patches of another side lie at the same fractions. A
    frame as large as the patch has one position: copies of one view would count as several.

    Parameters
    ----------
    dataset, frame
        Key of the data set and name of the frame.
    shape
        Height and width of the frame, in pixels; neither is below ``side``.
    side, count, seed
        See `cut_patches`.

    Returns
    -------
    Mapping
        Row and column of the upper left corner, by the patch's index, at most ``count`` of them.
    """
    drawn: dict[tuple[int, int], int] = {}
    for index in range(count):
        down, right = generator(seed, dataset, frame, index, "place").random(2)
        drawn.setdefault((int(down * (shape[0] - side + 1)), int(right * (shape[1] - side + 1))), index)
    return {index: position for position, index in drawn.items()}
