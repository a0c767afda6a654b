"""Images and predictions in a file that two processes have open: in memory where the platform can, else unlinked.

The run never maps the file, it reads and writes it: a process that truncates it gives a short read, not a crash.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from contextlib import suppress
from math import prod

import numpy as np

from robustbench_cells.types import Image, Prediction

_ITEM = np.dtype(np.float32).itemsize  # and that of int32
_PAGE = mmap.ALLOCATIONGRANULARITY


class ShortReadError(Exception):
    """The other process truncated the file."""


class SharedImages:
    """One file for a batch and its prediction.

    Parameters
    ----------
    file
        Descriptor of the file; it is closed with this object.
    """

    def __init__(self, file: int) -> None:
        self.file = file

    @classmethod
    def create(cls) -> SharedImages:
        """Create an empty file without a name."""
        with suppress(AttributeError, OSError):  # another platform, or a sandbox that refuses it
            return cls(os.memfd_create("robustbench-cells"))
        with tempfile.TemporaryFile() as unnamed:
            return cls(os.dup(unnamed.fileno()))

    def put_images(self, images: Image) -> None:
        """Write a batch, float32, with room for its prediction; called by the run."""
        os.ftruncate(self.file, 2 * _aligned(images.nbytes))
        _write(self.file, images, 0)

    def take_prediction(self, shape: tuple[int, ...], *, labels: bool = False) -> Prediction:
        """Read a prediction of the shape of the batch, int32 labels or float32 probabilities; called by the run.

        Raises
        ------
        ShortReadError
            If the file has become too short.
        """
        found: Prediction = np.empty(shape, np.int32) if labels else np.empty(shape, np.float32)
        view, start = memoryview(found.data).cast("B"), _aligned(found.nbytes)
        done = 0
        while done < len(view):
            count = os.preadv(self.file, [view[done:]], start + done)
            if not count:
                raise ShortReadError
            done += count
        return found

    def images(self, shape: tuple[int, ...]) -> Image:
        """The batch, read-only; called by the process of the model."""
        length = prod(shape)
        if not length:
            return np.empty(shape, np.float32)
        mapped = mmap.mmap(self.file, length * _ITEM, access=mmap.ACCESS_READ)
        return np.frombuffer(mapped, np.float32).reshape(shape)

    def put_prediction(self, found: Prediction) -> None:
        """Write the prediction of the batch; called by the process of the model.

        With several channels it lies over images that are no longer needed.
        """
        _write(self.file, found, _aligned(found.nbytes))

    def close(self) -> None:
        """Close the file."""
        os.close(self.file)


def _aligned(length: int) -> int:
    return -(-length // _PAGE) * _PAGE


def _write(file: int, array: Prediction, start: int) -> None:
    view = memoryview(np.ascontiguousarray(array).data).cast("B")
    done = 0
    while done < len(view):
        done += os.pwrite(file, view[done:], start + done)
