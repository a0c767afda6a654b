"""Networks as segmenters, adapted by the interface that their card declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.instances.rules import InstanceKind
from robustbench_cells.models.interface import Interface
from robustbench_cells.models.layout import Array, add_channels, prepare_images, resolve_layout, to_prediction
from robustbench_cells.models.sliding_window import predict_tiled
from robustbench_cells.types import BATCH, Image, Prediction, Runner


@dataclass(frozen=True)
class Network:
    """A loaded network, whichever library runs it.

    Attributes
    ----------
    run
        Function from a float32 batch of `input_shape` to an array of images with one or more channels.
    input_shape
        Shape of the input, None for a length that may vary.
    runner
        What runs it, where that is known.
    batch
        Number of images in each call, if the input's shape leaves it open.
    """

    run: Callable[[Array], Array]
    input_shape: tuple[int | None, ...]
    runner: Runner | None = None
    batch: int = BATCH


class NetworkSegmenter:
    """A network that segments cells in grey images, or in those of the channels that its card names (see `Segmenter`).

    Parameters
    ----------
    name
        Name in test ids and tables.
    network
        Network to run.
    digest
        Digest of its file and its declared interface.
    interface
        Declared interface; layouts are inferred from unambiguous shapes.

    Attributes
    ----------
    interface
        Interface with the resolved input layout.
    runner
        What runs the network, where that is known.

    Raises
    ------
    ModelError
        If the network's input differs from the declaration, or is ambiguous.
    """

    def __init__(self, name: str, network: Network, digest: str, interface: Interface | None = None) -> None:
        self.name = name
        self.digest = digest
        self.runner = network.runner
        self._network = network
        self.interface = resolve_layout(name, network.input_shape, interface or Interface())
        self._batch = network.input_shape[0] or network.batch

    @property
    def instances(self) -> InstanceKind:
        """See `Segmenter`."""
        return self.interface.instance_kind

    def predict(self, images: Image) -> Prediction:
        """See `Segmenter.predict`.

        All calls of the network have one batch size, padded if needed: convolutions on a CPU round differently at other
        sizes, and a compiled step is reused.
        """
        ready = self._prepare(images)
        if self.interface.side or self.interface.crop:
            return self._predict_tiled(ready, self.interface.halo)
        return self._predict(ready)

    def predict_whole(self, images: Image, halo: int) -> Prediction:
        """Predict images of any size: normalised as a whole, then cut into overlapping tiles (see `predict_tiled`)."""
        ready = self._prepare(images)
        return self._predict_tiled(ready, self.interface.halo if self.interface.side else halo)

    def _prepare(self, images: Image) -> Image:
        """Normalise images, which have the channels that the card names, or none."""
        names, count = self.interface.channel_names, images.shape[3] if images.ndim > len("NHW") else 0
        if count != len(names):
            expected = f"the channels {', '.join(names)}" if names else "one grey channel"
            remedy = "--rb-channel=all" if names else "--rb-channel=luminance, or the name or number of one"
            raise ModelError(
                f"{self.name}: takes {expected} by {self.interface.card}, but the images have "
                f"{count or 'one grey'}; read them with {remedy}"
            )
        return prepare_images(images, self.interface)

    def _predict_tiled(self, ready: Image, halo: int) -> Prediction:
        """Predict in tiles; the border that the network's output lacks is mirrored around the images."""
        crop = self.interface.crop
        if not crop:
            return predict_tiled(self._predict, ready, self.interface.tile, halo)
        wider = np.pad(ready, ((0, 0), (crop, crop), (crop, crop), (0, 0))[: ready.ndim], mode="reflect")
        whole = predict_tiled(self._predict_inside, wider, self.interface.tile, halo + crop, blind=crop)
        return whole[:, crop:-crop, crop:-crop]

    def _predict_inside(self, tiles: Image) -> Prediction:
        """Predict tiles; the border that the output lacks is 0, which `predict_tiled` discards."""
        crop = self.interface.crop
        predicted: Any = self._predict(tiles)
        return np.pad(predicted, ((0, 0), (crop, crop), (crop, crop)))

    def _predict(self, ready: Image) -> Prediction:
        chunks: list[Any] = [
            self._predict_batch(ready[start : start + self._batch]) for start in range(0, len(ready), self._batch)
        ]
        return np.concatenate(chunks) if chunks else np.empty(ready.shape[:3], np.float32)

    def _predict_batch(self, ready: Image) -> Prediction:
        padded = np.zeros((self._batch, *ready.shape[1:]), np.float32)
        padded[: len(ready)] = ready
        output = self._network.run(add_channels(padded, self.interface))
        return to_prediction(self.name, output, padded.shape[:3], self.interface)[: len(ready)]
