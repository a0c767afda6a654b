"""Arrays in numpy's files of strangers: what they declare is looked at before anything is allocated."""

from __future__ import annotations

import io
import math
import zipfile
from typing import Any

import numpy as np
import numpy.typing as npt

from robustbench_cells.errors import ArchiveError

HEADER = 2**16  # bytes that are read of one


def read_array(what: str, archive: zipfile.ZipFile, name: str, kinds: str, most_bytes: int) -> npt.NDArray[Any]:
    """An array of an open ``.npz`` file that `check_archive` has looked through.

    Parameters
    ----------
    what
        Of the file and the array, for messages.
    archive, name
        Where it is: ``images.npy``, for example.
    kinds
        Of numpy's dtypes that it may have, as ``dtype.kind``; objects are never read, they could execute code.
    most_bytes
        That it may declare.

    Raises
    ------
    ArchiveError
        If it declares another dtype, more than it has, or more than is allowed.
    """
    size = archive.getinfo(name).file_size
    with archive.open(name) as file:
        head = io.BytesIO(file.read(HEADER))
    version = np.lib.format.read_magic(head)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ArchiveError(f"{what}: is of version {version} of numpy's format; save plain arrays of numbers")
    shape, _, dtype = readers[version](head)
    if dtype.kind not in kinds:
        raise ArchiveError(
            f"{what}: is of dtype {str(dtype)[:100]}, which is not read here (objects never are, they could execute "
            "code); save images as uint8, uint16 or float32, labels as whole numbers, frames as text"
        )
    declared = math.prod(shape) * dtype.itemsize
    if min(shape, default=1) < 0 or declared > most_bytes:
        raise ArchiveError(
            f"{what}: declares {shape} of {dtype}, more than the {most_bytes} bytes allowed; save the frames as TIFF "
            "stacks, which are read page by page"
        )
    if head.tell() + declared != size:
        raise ArchiveError(f"{what}: declares {shape} of {dtype} and has {size - head.tell()} bytes; save it again")
    with archive.open(name) as file:
        return np.lib.format.read_array(file, allow_pickle=False)
