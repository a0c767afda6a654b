"""Pairs of image and mask files as a data set: what all folder layouts share once the pairs are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from robustbench_cells.datasets.image_files import by_number, image_files, read_image, read_labels, read_size
from robustbench_cells.errors import DataError
from robustbench_cells.types import Labels, Sample


@dataclass(frozen=True)
class PairedFiles:
    """Frames whose image and mask are two files. All headers are checked when it is made (see `Dataset`)."""

    key: str
    title: str
    pairs: Mapping[str, tuple[Path, Path]]
    white_level: int | None = None
    labels_of: Callable[[Path], Labels] = read_labels
    sequence: bool = True

    def __post_init__(self) -> None:
        for image, mask in self.pairs.values():
            (height, width), (mask_height, mask_width) = read_size(image), read_size(mask)
            if (height, width) != (mask_height, mask_width):
                raise DataError(
                    f"{mask}: is {mask_width}×{mask_height} px, but its image {image.name} is {width}×{height} px; "
                    "export the two at the same size"
                )

    @property
    def frames(self) -> tuple[str, ...]:
        """Names of the frames, in order."""
        return tuple(self.pairs)

    def read(self, frame: str) -> Sample:
        """The frame of that name (see `Dataset.read`)."""
        image, mask = self.pairs[frame]
        return Sample(self.key, frame, read_image(image, self.white_level), self.labels_of(mask))


def pair_folders(images: Path, masks: Path) -> dict[str, tuple[Path, Path]]:
    """Images and masks of two folders, matched by the number in their names.

    Raises
    ------
    DataError
        If a folder is missing or empty, or a file has no partner.
    """
    found = {}
    for folder in (images, masks):
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder; it should hold TIFF or PNG files")
        found[folder] = by_number(image_files(folder))
        if not found[folder]:
            raise DataError(f"{folder}: holds no TIFF or PNG file; put the frames there or name another folder")
    for here, there in ((images, masks), (masks, images)):
        for number in sorted(found[here].keys() - found[there].keys()):
            raise DataError(
                f"{found[here][number]}: no file numbered {number} in {there}; add its partner or remove it"
            )
    return {str(number): (found[images][number], found[masks][number]) for number in sorted(found[images])}
