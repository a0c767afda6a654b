"""Distorted and checked batches, each made in a thread while the one before is in use.

Two batches are in memory at a time, however many frames there are.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np

from robustbench_cells.engine.checks import batch_problems
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.edge_cells import left_out_cells
from robustbench_cells.engine.patches import cut_patches, pad_frame
from robustbench_cells.types import (
    BATCH,
    Dataset,
    Image,
    Labels,
    Masks,
    Patch,
)


@dataclass(frozen=True, eq=False)
class Batch:
    """Distorted patches.

    Attributes
    ----------
    views
        The N patches before the artefact.
    images
        float32, (N, H, W) or (N, H, W, C), grey levels.
    labels
        int32, (N, H, W).
    problems
        What is wrong with them.
    seconds
        Time that it took to make the batch.
    """

    views: Sequence[Patch]
    images: Image
    labels: Labels
    problems: Sequence[str]
    seconds: float = 0.0

    @cached_property
    def left_out_cells(self) -> Masks:
        """Pixels of true cells that lie for the larger part outside of their view, bool, (N, H, W)."""
        return left_out_cells(self.views, self.labels)


def iter_patches(
    dataset: Dataset, condition: Condition, seed: int, most_patches: int, only: Collection[str] | None = None
) -> Iterator[Patch]:
    """Cut the patches of a condition, frame after frame.

    Parameters
    ----------
    dataset
        Frames to cut from.
    condition
        Condition, which determines the side of a view and the patches per frame.
    seed
        Seed of the run.
    most_patches
        Cap on the patches per frame.
    only
        Names of the frames to use; all by default.

    Examples
    --------
    >>> import robustbench_cells as rb
    >>> data = rb.open_dataset("synthetic", frames=2)
    >>> noise = rb.Condition(rb.ARTEFACTS.get("noise"), 50.0)
    >>> sum(1 for patch in rb.iter_patches(data, noise, seed=0, most_patches=6))
    12
    """
    for frame in dataset.frames:
        if only is not None and frame not in only:
            continue
        sample = condition.read(dataset, frame)
        shape = (sample.image.shape[0], sample.image.shape[1])
        side, count = condition.view_side(), condition.patches_per_frame(shape, most_patches)
        yield from cut_patches(pad_frame(sample, side), side, count, seed)


def make_batches(views: Iterable[Patch], condition: Condition, seed: int) -> Iterator[Batch]:
    """Distort patches and check them, in batches of at most `BATCH`.

    Parameters
    ----------
    views
        Patches, of `iter_patches`.
    condition
        Condition to apply.
    seed
        Seed of the run.

    Examples
    --------
    >>> import robustbench_cells as rb
    >>> data = rb.open_dataset("synthetic", frames=2)
    >>> noise = rb.Condition(rb.ARTEFACTS.get("noise"), 50.0)
    >>> [batch.images.shape for batch in rb.make_batches(rb.iter_patches(data, noise, 0, 6), noise, seed=0)]
    [(12, 256, 256)]
    """

    def make(chunk: Sequence[Patch]) -> Batch:
        pairs = [condition.distort(view, seed) for view in chunk]
        images, labels = np.stack([image for image, _ in pairs]), np.stack([label for _, label in pairs])
        return Batch(chunk, images, labels, batch_problems(chunk, images, labels))

    return _prefetch(map(make, _chunks(views, BATCH)))


def _chunks(items: Iterable[Patch], size: int) -> Iterator[list[Patch]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _prefetch(items: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches, each made in a thread while the one before is in use, with the time that it took."""

    def make() -> Batch | None:
        started = time.thread_time()
        batch = next(items, None)
        return replace(batch, seconds=time.thread_time() - started) if batch else None

    with ThreadPoolExecutor(max_workers=1) as pool:
        upcoming = pool.submit(make)
        while batch := upcoming.result():
            upcoming = pool.submit(make)
            yield batch
