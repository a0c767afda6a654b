"""Arrays in untrusted ``.npz`` files: headers are validated before anything is allocated."""

from __future__ import annotations

import io
import math
import zipfile
from typing import Any

import numpy as np
import numpy.typing as npt

from robustbench_cells.errors import ArchiveError

MAX_HEADER = 2**16  # bytes


def read_array(what: str, archive: zipfile.ZipFile, name: str, kinds: str, max_bytes: int) -> npt.NDArray[Any]:
    """Read an array from an open ``.npz`` file that `check_archive` has validated.

    Parameters
    ----------
    what
        File and array, for messages.
    archive, name
        Open archive and name of the member, such as ``images.npy``.
    kinds
        Accepted ``dtype.kind`` characters; never objects, which could execute code.
    max_bytes
        Limit on the size that the header declares.

    Raises
    ------
    ArchiveError
        If the array declares another dtype, or a size that is over the limit or differs from that of the member.
    """
    size = archive.getinfo(name).file_size
    with archive.open(name) as file:
        head = io.BytesIO(file.read(MAX_HEADER))
    version = np.lib.format.read_magic(head)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ArchiveError(f"{what}: has version {version} of NumPy's format; save plain arrays of numbers")
    shape, _, dtype = readers[version](head)
    if dtype.kind not in kinds:
        raise ArchiveError(
            f"{what}: has dtype {str(dtype)[:100]}, which is not read (objects could execute code); "
            "save images as uint8, uint16 or float32, labels as integers, frames as text"
        )
    declared = math.prod(shape) * dtype.itemsize
    if min(shape, default=1) < 0 or declared > max_bytes:
        raise ArchiveError(
            f"{what}: declares {shape} of {dtype}, more than the {max_bytes} bytes allowed; save the frames as TIFF "
            "stacks, which are read page by page"
        )
    if head.tell() + declared != size:
        raise ArchiveError(f"{what}: declares {shape} of {dtype} but has {size - head.tell()} bytes; save it again")
    with archive.open(name) as file:
        return np.lib.format.read_array(file, allow_pickle=False)
