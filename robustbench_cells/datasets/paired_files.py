"""Data sets of image and mask files in pairs: what all folder layouts share."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from robustbench_cells.datasets.channels import Channel
from robustbench_cells.datasets.image_files import list_images, list_unread, read_image, read_labels, read_size
from robustbench_cells.datasets.pair_names import CSV_REMEDY, pair_by_name, split_by_role
from robustbench_cells.errors import DataError, DataWarning
from robustbench_cells.types import Sample


@dataclass(frozen=True)
class PairedFiles:
    """Frames whose image and mask are two files (see `Dataset`); all headers are checked on creation."""

    key: str
    title: str
    pairs: Mapping[str, tuple[Path, Path]]
    white_level: int | None = None
    ignore_label: int | None = None
    sequence: bool = True
    channel: Channel | None = None

    def __post_init__(self) -> None:
        for image, mask in self.pairs.values():
            height, width = read_size(image, channels=self.channel is not None)
            mask_height, mask_width = read_size(mask)
            if (height, width) != (mask_height, mask_width):
                raise DataError(
                    f"{mask}: is {mask_width}×{mask_height} px, but its image {image.name} is {width}×{height} px; "
                    "export both at the same size"
                )

    @property
    def frames(self) -> tuple[str, ...]:
        """Names of the frames, in order."""
        return tuple(self.pairs)

    def read(self, frame: str) -> Sample:
        """See `Dataset.read`."""
        image_file, mask_file = self.pairs[frame]
        image, remarks = read_image(image_file, self.white_level, self.channel)
        labels, by_components = read_labels(mask_file, self.ignore_label)
        return Sample(self.key, frame, image, labels, remarks, by_components)


def pair_folders(images: Path, masks: Path) -> dict[str, tuple[Path, Path]]:
    """Pair the images and masks of two folders, or of one folder given twice, by their names (see `pair_by_name`).

    Raises
    ------
    DataError
        If a folder is missing or empty, or a file has no counterpart.
    """
    listed = _list_frames(images)
    if not (masks.is_dir() and images.samefile(masks)):
        return pair_by_name(listed, _list_frames(masks))
    named_images, named_masks = split_by_role(listed)
    if not (named_images and named_masks):
        raise DataError(
            f"{images}: images and masks of one folder are told apart by the names of the masks, which end in _masks "
            f"(or _mask, _labels, _seg, _gt); rename the masks, {CSV_REMEDY}"
        )
    return pair_by_name(named_images, named_masks)


def holds_pairs(folder: Path) -> bool:
    """Tell whether a folder has both images and masks, by the names of the masks."""
    return folder.is_dir() and all(split_by_role(list_images(folder)))


def _list_frames(folder: Path) -> list[Path]:
    """List the images of a folder, at least one; those in formats that are not read are a warning."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; one with TIFF or PNG files is expected")
    found, unread = list_images(folder), list_unread(folder)
    if unread and not found:
        raise DataError(
            f"{folder}: has {unread[0]} and the like, and only TIFF and PNG are read; save images as one of these, and "
            "export masks again from their source (JPEG makes up ids at the edges of cells)"
        )
    if not found:
        raise DataError(f"{folder}: has no TIFF or PNG files; put the frames there or give another folder")
    if unread:
        warnings.warn(
            f"{folder}: {unread[0]} (of {len(unread)} like it) is left out, since only TIFF and PNG are read; save it "
            "as one of these, or remove it if it is no frame",
            DataWarning,
            stacklevel=5,
        )
    return found
