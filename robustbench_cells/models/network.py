"""A network as a segmenter, adapted by what its card declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from robustbench_cells.models.interface import Interface
from robustbench_cells.models.layout import Array, prepare_images, resolve_layout, to_probabilities, with_channels
from robustbench_cells.models.sliding_window import tiled
from robustbench_cells.types import BATCH, PATCH_SIDE, Image


@dataclass(frozen=True)
class Network:
    """What a file holds, whichever library runs it.

    Attributes
    ----------
    run
        From float32 of `input_shape` to an array of images, with one channel or more.
    input_shape
        With None for what may vary.
    """

    run: Callable[[Array], Array]
    input_shape: tuple[int | None, ...]


class NetworkSegmenter:
    """A network of grey images in, cells out (see `Segmenter`).

    Parameters
    ----------
    name
        As in test ids and tables.
    network
        What runs.
    digest
        Of its file and of what is declared.
    interface
        What is declared; layouts are found out where the shapes leave no doubt.

    Attributes
    ----------
    interface
        The same, with its layout.

    Raises
    ------
    ModelError
        If the network's input is of another form than declared, or cannot be known.
    """

    def __init__(self, name: str, network: Network, digest: str, interface: Interface | None = None) -> None:
        self.name = name
        self.digest = digest
        self._network = network
        self.interface = resolve_layout(name, network.input_shape, interface or Interface())
        self._batch = network.input_shape[0] or BATCH

    def predict(self, images: Image) -> Image:
        """See `Segmenter.predict`. Every call of the network has the same batch size, the last one padded.

        A CPU's convolutions round differently at other sizes, and a compiled step is reused.
        """
        ready = prepare_images(images, self.interface)
        if self.interface.side:
            return tiled(self._predict, ready, self.interface.side, self.interface.halo)
        return self._predict(ready)

    def predict_whole(self, images: Image, halo: int) -> Image:
        """As `predict`, for images of any size: prepared as a whole, then cut into tiles that overlap (see `tiled`)."""
        side = self.interface.side
        ready = prepare_images(images, self.interface)
        return tiled(self._predict, ready, side or PATCH_SIDE, self.interface.halo if side else halo)

    def _predict(self, ready: Image) -> Image:
        chunks = [self._chunk(ready[start : start + self._batch]) for start in range(0, len(ready), self._batch)]
        return np.concatenate(chunks) if chunks else np.empty(ready.shape, np.float32)

    def _chunk(self, ready: Image) -> Image:
        padded = np.zeros((self._batch, *ready.shape[1:]), np.float32)
        padded[: len(ready)] = ready
        given = self._network.run(with_channels(padded, self.interface))
        return to_probabilities(self.name, given, padded.shape, self.interface)[: len(ready)]
