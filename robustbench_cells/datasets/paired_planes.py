"""Data sets of two files that hold all images and all masks: what stacks and arrays share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from robustbench_cells.datasets.channels import Channel
from robustbench_cells.datasets.grey_levels import to_grey_levels
from robustbench_cells.datasets.label_values import to_labels
from robustbench_cells.datasets.stored_plane import StoredPlane
from robustbench_cells.errors import DataError
from robustbench_cells.types import Sample


class Planes(Protocol):
    """All images, or all masks, of a data set; headers are checked on creation.

    Attributes
    ----------
    name
        Name of the file (and array), for messages.
    shape
        Shape, (N, H, W).
    """

    name: str
    shape: tuple[int, int, int]

    def plane(self, index: int) -> StoredPlane:
        """Read one plane as stored."""
        ...


@dataclass(frozen=True)
class PairedPlanes:
    """Frames whose image and mask are planes of the same index (see `Dataset`)."""

    title: str
    names: Sequence[str]
    images: Planes
    masks: Planes
    white_level: int | None = None
    ignore_label: int | None = None
    key: str = "paired/all"  # as for the same frames in folders: the container does not change the random numbers
    sequence: bool = True
    channel: Channel | None = None

    def __post_init__(self) -> None:
        (count, *size), (masks, *mask_size) = self.images.shape, self.masks.shape
        if count != masks:
            raise DataError(
                f"{self.masks.name}: has {masks} masks, but {self.images.name} has {count} images; give each image "
                "one mask"
            )
        if size != mask_size:
            raise DataError(
                f"{self.masks.name}: is {mask_size[1]}×{mask_size[0]} px, but {self.images.name} is "
                f"{size[1]}×{size[0]} px; export both at the same size"
            )

    @property
    def frames(self) -> tuple[str, ...]:
        """Names of the frames, in order."""
        return tuple(self.names)

    def read(self, frame: str) -> Sample:
        """See `Dataset.read`."""
        index = list(self.names).index(frame)
        image, remarks = to_grey_levels(
            self.images.plane(index), f"{self.images.name}, frame {frame}", self.white_level, self.channel
        )
        labels, by_components = to_labels(
            self.masks.plane(index), f"{self.masks.name}, frame {frame}", self.ignore_label
        )
        return Sample(self.key, frame, image, labels, remarks, by_components)
