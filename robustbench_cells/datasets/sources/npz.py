"""Images and labels as two arrays in an ``.npz`` file of NumPy."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from robustbench_cells.datasets.channels import Channel
from robustbench_cells.datasets.limits import check_size
from robustbench_cells.datasets.naming import check_frame_name, resolve_single_split
from robustbench_cells.datasets.paired_planes import PairedPlanes
from robustbench_cells.datasets.sources._base import SOURCES, DatasetSource
from robustbench_cells.datasets.stored_plane import CHANNEL_OPTION, CHANNELS, StoredPlane, array_plane
from robustbench_cells.errors import ArchiveError, DataError
from robustbench_cells.files.archives import check_archive
from robustbench_cells.files.npz import MAX_HEADER, read_array
from robustbench_cells.types import Dataset

_MAX_BYTES = 2**30  # per array, which is held in memory; more frames belong in a stack
_MAX_FILES = 100
_PAIRS = (("images", "labels"), ("X", "y"), ("x", "y"))  # names of images and labels
_KINDS = ("buif", "bui", "Uui")  # accepted dtype.kind of images, labels and names of frames


@SOURCES.register
class Npz(DatasetSource):
    """``numpy.savez(FILE, images=…, labels=…)``, each (N, H, W): 8-bit, 16-bit, or floating point in [0, 255].

    The arrays may also be called ``X`` and ``y``, and have a last axis of length 1. An optional array ``frames`` has N
    names; else frames are numbered from 0. Nothing in the file is executed: arrays of objects are refused.
    """

    name = "npz"
    layout = "FILE.npz with arrays images and labels (or X and y), each (N, H, W), and optionally frames, N names"
    splits = "none"

    def recognises(self, where: str) -> bool:
        """See `DatasetSource.recognises`."""
        return where.lower().endswith(".npz") and Path(where).exists()

    def open(
        self,
        where: str,
        split: str | None,
        white_level: int | None,
        ignore_label: int | None = None,
        channel: Channel | None = None,
    ) -> Dataset:
        """See `DatasetSource.open`."""
        resolve_single_split(where, split)
        arrays = _read_arrays(Path(where))
        pair = next(pair for pair in _PAIRS if set(pair) <= arrays.keys())
        images, labels = (
            Array(f"{where}, array {name}", arrays[name], channels=channel is not None and name == pair[0])
            for name in pair
        )
        names = arrays.get("frames", np.arange(images.shape[0]))
        _check_names(where, names, images.shape[0])
        all_names = [str(name) for name in names]
        return PairedPlanes(where, all_names, images, labels, white_level, ignore_label, channel=channel)


class Array:
    """`Planes` of an array in memory, (N, H, W) or, where they may have several ``channels``, (N, H, W, C)."""

    def __init__(self, name: str, values: npt.NDArray[Any], *, channels: bool = False) -> None:
        has_channels = values.ndim == 4 and (channels or values.shape[-1] in CHANNELS)
        if not (values.ndim == 3 or has_channels) or not values.size:
            raise DataError(
                f"{name}: has shape {values.shape}; (frames, height, width) is expected, or one channel as a last axis "
                "(or RGB or RGBA with equal channels); of images with several, choose one channel "
                f"({CHANNEL_OPTION})"
            )
        self.name = name
        self.shape: tuple[int, int, int] = values.shape[:3]
        check_size(name, self.shape[2], self.shape[1])
        self._values = values

    def plane(self, index: int) -> StoredPlane:
        """See `Planes.plane`."""
        return array_plane(self._values[index])


def _read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read the arrays of a file after validating what it declares."""
    try:
        members = check_archive(path, max_bytes=len(_KINDS) * (_MAX_BYTES + MAX_HEADER), max_files=_MAX_FILES)
        available = [name.removesuffix(".npy") for name in members]
        pairs = [pair for pair in _PAIRS if set(pair) <= set(available)]
        if len(pairs) > 1:
            raise DataError(
                f"{path}: has the arrays {' and '.join(map(' with '.join, pairs))}, and either pair may be meant; save "
                "one of them"
            )
        if not pairs:
            missing = [name for name in _PAIRS[0] if name not in available]
            raise DataError(
                f"{path}: has no array {' and no array '.join(missing)} (nor X with y); available: "
                f"{', '.join(available) or 'none'}"
            )
        with zipfile.ZipFile(path) as archive:
            return {
                name: read_array(f"{path}, array {name}", archive, f"{name}.npy", kinds, _MAX_BYTES)
                for name, kinds in zip((*pairs[0], "frames"), _KINDS, strict=True)
                if name in available
            }
    except (DataError, ArchiveError) as error:
        raise DataError(str(error)) from error
    except Exception as error:  # decoders raise anything on a damaged file
        raise DataError(f"{path}: cannot be read as an .npz file ({error}); save it again") from error


def _check_names(where: str, names: npt.NDArray[Any], count: int) -> None:
    if names.shape != (count,):
        raise DataError(f"{where}: frames has shape {names.shape} for {count} images; give each image one name")
    for name in names.tolist():
        check_frame_name(where, str(name))
    if len(set(names.tolist())) < count:
        raise DataError(f"{where}: frames has duplicate names; give each image a unique one")
