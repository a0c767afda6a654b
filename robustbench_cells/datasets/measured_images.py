"""The images of measured axes: paired with the frames, and checked against them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from robustbench_cells.channels import as_grey
from robustbench_cells.datasets.channels import Channel
from robustbench_cells.datasets.image_files import list_images, list_unread, read_image
from robustbench_cells.datasets.measured_axes import MeasuredAxis
from robustbench_cells.datasets.pair_names import split_by_role
from robustbench_cells.datasets.paired_files import PairedFiles
from robustbench_cells.datasets.registration import register
from robustbench_cells.datasets.remarks import Remarks
from robustbench_cells.errors import DataError
from robustbench_cells.types import Dataset, Image, Remark, Sample, condition_name

Step = tuple[str, float]  # name of an axis, and a value of it

_TOLERANCE = 1.5  # pixels, of a shift; the labels of a cell of 10 px lose a tenth by one
_UNCERTAIN = Remark(
    "the measured image has too little structure in common with the clean one for a shift to be excluded; check that "
    "both show the same field at the same place"
)


@dataclass(frozen=True, eq=False)
class MeasuredImages:
    """The images of a data set's frames at each value of its measured axes.

    Attributes
    ----------
    axes
        The axes.
    files
        Image of each frame, by axis and value.
    white_level
        Value that is white in 16-bit files.
    channel
        Channel of the images to take, as of the clean ones.
    margin
        Pixels to crop on each side.
    digests
        Digest of each frame that was verified, with its image, by axis and value.
    """

    axes: Sequence[MeasuredAxis]
    files: Mapping[Step, Mapping[str, Path]]
    white_level: int | None
    channel: Channel | None
    margin: int
    digests: dict[Step, dict[str, str]] = field(default_factory=dict)
    _remarks: dict[Step, Remarks] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        axes: Sequence[MeasuredAxis],
        white_level: int | None,
        channel: Channel | None,
        margin: int,
    ) -> MeasuredImages:
        """Pair the images of each folder with the frames of a data set, by the names of the clean images.

        Raises
        ------
        DataError
            If they do not pair, or the data set is not made of image files.
        """
        if not isinstance(dataset, PairedFiles):
            raise DataError(
                f"{axes[0].file}: measured axes need a data set of image files, and {dataset.title} is none; save each "
                "frame as a TIFF or PNG file"
            )
        files = {
            (axis.name, value): _pair(dataset, folder, f"{axis.file}: {condition_name(axis.name, value)}")
            for axis in axes
            for value, folder in axis.folders.items()
        }
        return cls(axes, files, white_level, channel, margin)

    @property
    def values(self) -> dict[str, tuple[float, ...]]:
        """Values of each axis, by its name."""
        return {axis.name: tuple(axis.folders) for axis in self.axes}

    def verify(self, clean: Sample, digest: str) -> None:
        """Read all images of a frame, check them, and keep their digests.

        Parameters
        ----------
        clean
            The frame.
        digest
            Its digest.

        Raises
        ------
        DataError
            If an image has another shape, is the clean one, or is shifted.
        """
        for step, files in self.files.items():
            image, remarks = self._read(step, clean)
            remarks += _check(clean.image, image, files[clean.frame])
            found = replace(clean, image=image, labels=np.zeros_like(clean.labels), remarks=remarks)
            self._remarks.setdefault(step, Remarks()).add(found)
            own = hashlib.sha256(digest.encode() + np.ascontiguousarray(image).tobytes()).hexdigest()
            self.digests.setdefault(step, {})[clean.frame] = own

    def warn(self, title: str) -> None:
        """Issue a `DataWarning` for each thing that is odd about them."""
        for step, remarks in self._remarks.items():
            remarks.warn(f"{title}, {condition_name(*step)}")

    def version(self, axis: str) -> int:
        """Number of nine digits that stands for the content of an axis' images, of all frames that were verified."""
        content = sorted((value, sorted(own.items())) for (name, value), own in self.digests.items() if name == axis)
        return int(hashlib.sha256(repr(content).encode()).hexdigest(), 16) % 10**9

    def read(self, clean: Sample, axis: str, value: float) -> Sample:
        """Read the image of a frame, with the frame's labels."""
        image, _ = self._read((axis, value), clean)
        image.flags.writeable = False
        return replace(clean, image=image)

    def _read(self, step: Step, clean: Sample) -> tuple[Image, tuple[Remark, ...]]:
        path = self.files[step][clean.frame]
        image, remarks = read_image(path, self.white_level, self.channel)
        inside = slice(self.margin, -self.margin or None)
        whole, image = image.shape, image[inside, inside]
        if image.shape != clean.image.shape:
            height, width = (side + 2 * self.margin for side in clean.labels.shape)
            raise DataError(
                f"{path}: is {whole[1]}×{whole[0]} px, but the clean image of frame {clean.frame} is {width}×{height} "
                "px; export both at the same size and pixel size"
            )
        return image, remarks


def _pair(dataset: PairedFiles, folder: Path, what: str) -> dict[str, Path]:
    """The image of each frame: that of the same name as the clean one, but for the suffix."""
    found: dict[str, Path] = {}
    for path in split_by_role(list_images(folder))[0]:
        if path.stem in found:
            raise DataError(f"{what}: {path} and {found[path.stem].name} are both images of one frame; remove one")
        found[path.stem] = path
    if not found:
        unread = list_unread(folder)
        remedy = f"it has {unread[0]} and the like; save them as TIFF or PNG" if unread else "put the images there"
        raise DataError(f"{what}: {folder} has no TIFF or PNG files; {remedy}")
    clean = {frame: image for frame, (image, _) in dataset.pairs.items()}
    for image in clean.values():
        if image.stem not in found:
            raise DataError(
                f"{what}: {folder} has no image of the name {image.stem}, as the clean one has; give the image of each "
                "field the name of its clean image, and leave no field out"
            )
    if extra := sorted(found.keys() - {image.stem for image in clean.values()}):
        raise DataError(
            f"{what}: {found[extra[0]]}: no clean image has that name; give it the name of the clean image of its "
            "field, or remove it"
        )
    return {frame: found[image.stem] for frame, image in clean.items()}


def _check(clean: Image, image: Image, path: Path) -> tuple[Remark, ...]:
    """Refuse an image that is the clean one, or is shifted; remark on one of which that cannot be known."""
    if np.array_equal(clean, image) and np.ptp(clean) > 0:
        raise DataError(f"{path}: is the clean image itself; put the image there that was taken at this value")
    place = register(as_grey(clean, 2), as_grey(image, 2))
    is_far = place.distance > _TOLERANCE
    if is_far and place.is_related and place.is_clear:
        raise DataError(
            f"{path}: is shifted by {place.distance:.1f} px ({_way(place.down, 'down', 'up')}, "
            f"{_way(place.right, 'right', 'left')}) from the clean image, so that labels do not fit, and at most "
            f"{_TOLERANCE:g} px are allowed; register the two (as by skimage.registration) and crop both alike"
        )
    return () if place.is_related and not is_far else (_UNCERTAIN,)


def _way(pixels: float, forth: str, back: str) -> str:
    return f"{abs(pixels):.1f} px {forth if pixels >= 0 else back}"
