"""Data sets of image and mask files in pairs: what all folder layouts share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from robustbench_cells.datasets.image_files import index_by_number, list_images, read_image, read_labels, read_size
from robustbench_cells.errors import DataError
from robustbench_cells.types import Sample


@dataclass(frozen=True)
class PairedFiles:
    """Frames whose image and mask are two files (see `Dataset`); all headers are checked on creation."""

    key: str
    title: str
    pairs: Mapping[str, tuple[Path, Path]]
    white_level: int | None = None

    sequence: bool = True

    def __post_init__(self) -> None:
        for image, mask in self.pairs.values():
            (height, width), (mask_height, mask_width) = read_size(image), read_size(mask)
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
        image, mask = self.pairs[frame]
        return Sample(self.key, frame, read_image(image, self.white_level), read_labels(mask))


def pair_folders(images: Path, masks: Path) -> dict[str, tuple[Path, Path]]:
    """Pair the images and masks of two folders by the number in their names.

    Raises
    ------
    DataError
        If a folder is missing or empty, or a file has no counterpart.
    """
    found = {}
    for folder in (images, masks):
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder; one with TIFF or PNG files is expected")
        found[folder] = index_by_number(list_images(folder))
        if not found[folder]:
            raise DataError(f"{folder}: has no TIFF or PNG files; put the frames there or give another folder")
    for here, there in ((images, masks), (masks, images)):
        for number in sorted(found[here].keys() - found[there].keys()):
            raise DataError(f"{found[here][number]}: no file numbered {number} in {there}; add it, or remove this one")
    return {str(number): (found[images][number], found[masks][number]) for number in sorted(found[images])}
