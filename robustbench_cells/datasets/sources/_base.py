"""Contract and registry of data-set layouts."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from robustbench_cells.datasets.channels import Channel
from robustbench_cells.registry import Registry
from robustbench_cells.types import Dataset


class DatasetSource(Protocol):
    """A kind of data set: recognises its layout and opens it.

    Attributes
    ----------
    name
        Name in ``list``.
    layout
        Files and folders on disk, in one line.
    splits
        Names of the splits, for help texts.
    """

    name: str
    layout: str
    splits: str

    @abstractmethod
    def recognises(self, where: str) -> bool:
        """Tell whether ``where`` (a name, file or folder) has this layout, without reading an image."""
        ...

    @abstractmethod
    def open(
        self,
        where: str,
        split: str | None,
        white_level: int | None,
        ignore_label: int | None = None,
        channel: Channel | None = None,
    ) -> Dataset:
        """Open the data set at ``where``.

        Parameters
        ----------
        where, split, white_level
            See `open_dataset`.
        ignore_label
            Value of mask pixels that become `VOID`; given only where the user named one.
        channel
            Channel of the images to take, for `read_image` or `to_grey_levels`; given only where the user named one.

        Raises
        ------
        DataError
            If it is not usable; the message names the file and the remedy.
        """
        ...


SOURCES: Registry[DatasetSource] = Registry(
    "robustbench_cells.datasets.sources", "kind of data set", DatasetSource, "robustbench_cells.datasets"
)
