"""Frames that lie in two files one after the other, as a data set: what stacks and arrays share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy.typing as npt

from robustbench_cells.datasets.grey_levels import grey_levels, labels_of
from robustbench_cells.errors import DataError
from robustbench_cells.types import Sample


class Planes(Protocol):
    """The images, or the masks, of a data set; headers were checked when it was made.

    Attributes
    ----------
    name
        Of the file (and the array in it), for messages.
    shape
        (N, H, W).
    """

    name: str
    shape: tuple[int, int, int]

    def pixels(self, index: int) -> npt.NDArray[Any]:
        """Those of one plane, (H, W), as the file has them."""
        ...


@dataclass(frozen=True)
class PairedPlanes:
    """Frames whose image and mask are the planes of one number (see `Dataset`)."""

    title: str
    names: Sequence[str]
    images: Planes
    masks: Planes
    white_level: int | None = None
    key: str = "paired/all"  # as the same frames in folders: what holds them changes no random number
    sequence: bool = True

    def __post_init__(self) -> None:
        (count, *size), (masks, *mask_size) = self.images.shape, self.masks.shape
        if count != masks:
            raise DataError(
                f"{self.masks.name}: has {masks} masks for the {count} images of {self.images.name}; "
                "leave out the images that have none, or add the masks"
            )
        if size != mask_size:
            raise DataError(
                f"{self.masks.name}: is {mask_size[1]}×{mask_size[0]} px, but {self.images.name} is "
                f"{size[1]}×{size[0]} px; export the two at the same size"
            )

    @property
    def frames(self) -> tuple[str, ...]:
        """Names of the frames, in order."""
        return tuple(self.names)

    def read(self, frame: str) -> Sample:
        """The frame of that name (see `Dataset.read`)."""
        index = list(self.names).index(frame)
        image = grey_levels(self.images.pixels(index), f"{self.images.name}, frame {frame}", self.white_level)
        labels = labels_of(self.masks.pixels(index), f"{self.masks.name}, frame {frame}")
        return Sample(self.key, frame, image, labels)
