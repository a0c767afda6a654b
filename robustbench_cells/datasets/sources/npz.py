"""Images and labels as two arrays in a file of numpy's."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from robustbench_cells.datasets.image_files import check_size
from robustbench_cells.datasets.naming import check_frame_name, only_split
from robustbench_cells.datasets.paired_planes import PairedPlanes
from robustbench_cells.datasets.sources._base import SOURCES, DatasetSource
from robustbench_cells.errors import ArchiveError, DataError
from robustbench_cells.files.archives import check_archive
from robustbench_cells.files.npz import HEADER, read_array
from robustbench_cells.types import Dataset

_MAX_BYTES = 2**30  # of an array as it is declared: it is held in memory; more frames belong in a stack
_MAX_FILES = 100
_KINDS = {"images": "buif", "labels": "bui", "frames": "Uui"}  # of numpy's dtypes


@SOURCES.register
class Npz(DatasetSource):
    """``numpy.savez(FILE, images=…, labels=…)``, each (N, H, W): 8 or 16 bits, or floating point in [0, 255].

    An array ``frames`` of N names may be in it; else frames are numbered from 0. Nothing in the file is executed:
    arrays of objects are refused.
    """

    name = "npz"
    layout = "FILE.npz with arrays images and labels, each (N, H, W), and if wanted frames, N names"
    splits = "none"

    def recognises(self, where: str) -> bool:
        """See `DatasetSource.recognises`."""
        return where.lower().endswith(".npz") and Path(where).is_file()

    def open(self, where: str, split: str | None, white_level: int | None) -> Dataset:
        """See `DatasetSource.open`."""
        only_split(where, split)
        arrays = _load(Path(where))
        images, labels = (Array(f"{where}, array {name}", arrays[name]) for name in ("images", "labels"))
        names = arrays.get("frames", np.arange(images.shape[0]))
        _check_names(where, names, images.shape[0])
        return PairedPlanes(where, [str(name) for name in names], images, labels, white_level)


class Array:
    """An array as `Planes`."""

    def __init__(self, name: str, values: npt.NDArray[Any]) -> None:
        if values.ndim != 3 or not values.size:
            raise DataError(f"{name}: has the shape {values.shape}; (frames, height, width) is needed")
        self.name = name
        self.shape: tuple[int, int, int] = values.shape
        check_size(name, self.shape[2], self.shape[1])
        self._values = values

    def pixels(self, index: int) -> npt.NDArray[Any]:
        """See `Planes.pixels`."""
        return self._values[index]


def _load(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a file, after what they declare is found to be harmless."""
    try:
        there = check_archive(path, most_bytes=len(_KINDS) * (_MAX_BYTES + HEADER), most_files=_MAX_FILES)
        if missing := [name for name in ("images", "labels") if f"{name}.npy" not in there]:
            raise DataError(
                f"{path}: has no array {' and no array '.join(missing)}; there are: "
                f"{', '.join(name.removesuffix('.npy') for name in there) or 'none'}"
            )
        with zipfile.ZipFile(path) as archive:
            return {
                name: read_array(f"{path}, array {name}", archive, f"{name}.npy", kinds, _MAX_BYTES)
                for name, kinds in _KINDS.items()
                if f"{name}.npy" in there
            }
    except (DataError, ArchiveError) as error:
        raise DataError(str(error)) from error
    except Exception as error:  # whatever a damaged file makes a decoder raise
        raise DataError(f"{path}: cannot be read as an .npz file ({error}); save it again") from error


def _check_names(where: str, names: npt.NDArray[Any], count: int) -> None:
    if names.shape != (count,):
        raise DataError(f"{where}: has {names.shape} names in frames for {count} images; give each image one")
    for name in names.tolist():
        check_frame_name(where, str(name))
    if len(set(names.tolist())) < count:
        raise DataError(f"{where}: has a name twice in frames; give each image its own")
