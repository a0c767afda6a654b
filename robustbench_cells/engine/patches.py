"""Frames into seeded patches."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.errors import DataError
from robustbench_cells.randomness import generator
from robustbench_cells.types import Patch, Sample


def cut_patches(sample: Sample, side: int, count: int, seed: int) -> Iterator[Patch]:
    """Cut square patches at random positions of a frame.

    A position is a fraction of the available range, keyed by (seed, data set, frame, patch index) alone: the first
    patches of a larger count are those of a smaller one, and patches of another side lie at the same fractions.

    Parameters
    ----------
    sample
        Frame to cut from.
    side
        Side of a patch in pixels.
    count
        Number of patches.
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
    height, width = sample.image.shape
    if side > min(height, width):
        raise DataError(
            f"frame {sample.frame} of {sample.dataset} is {width}×{height} px, smaller than the {side}×{side} px that "
            "a patch needs here; leave the frame out, or the intensities (or the margin) that need so large a view"
        )
    for index in range(count):
        down, right = generator(seed, sample.dataset, sample.frame, index, "place").random(2)
        top, left = int(down * (height - side + 1)), int(right * (width - side + 1))
        window = slice(top, top + side), slice(left, left + side)
        yield Patch(sample.dataset, sample.frame, index, sample.image[window], sample.labels[window])
