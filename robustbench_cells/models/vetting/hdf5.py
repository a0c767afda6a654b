"""Validation of untrusted HDF5 files before Keras reads anything."""

from __future__ import annotations

import io
import math
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from robustbench_cells.errors import ModelError
from robustbench_cells.files.reading import require_file
from robustbench_cells.models.vetting.hdf5_heaps import longest_string

MAX_BYTES = 2**31
_MAX_OBJECTS = 20_000
_MAX_DEPTH = 64  # nested groups
_MAX_ATTRIBUTE = 2**24  # bytes
_MAX_STRINGS = 2**29  # bytes of an attribute's strings, if each is as long as the longest
_MESSAGES = sum(1 << kind for kind in (0, 1, 3, 4, 5, 7, 8, 11, 12, 14, 16, 17, 18))  # header messages of format 1
_KINDS = ("f", "i", "u", "b")  # accepted dtype.kind


def check_hdf5(path: Path, file: Path | io.BytesIO) -> int:
    """Validate an HDF5 file without reading its data sets.

    Accepted is what Keras writes: groups and contiguous, uncompressed arrays of numbers. These have no more bytes than
    the file, so reading them takes no more memory than its size.

    Parameters
    ----------
    path
        Path of the model, for messages.
    file
        HDF5 file, which may be part of an archive.

    Returns
    -------
    int
        Total number of values in the data sets.

    Raises
    ------
    ModelError
        If it is not HDF5, is damaged, has more than 2 GiB or too many objects; or if it has soft or external links,
        data in other files, data that are compressed, chunked or larger than the file, or anything but numbers.
    """
    longest = _measure_strings(path, file)
    with open_hdf5(path, file) as root:
        inspector = _Inspector(path, root.id.get_filesize(), longest)
        inspector.check_group(root, 0)
        return inspector.numbers


def _measure_strings(path: Path, file: Path | io.BytesIO) -> int:
    try:
        if isinstance(file, io.BytesIO):
            return longest_string(file.getvalue())
        require_file(file, MAX_BYTES, ModelError)
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return longest_string(content)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


@contextmanager
def open_hdf5(path: Path, file: Path | io.BytesIO) -> Iterator[Any]:
    """Open an HDF5 file for reading; whatever h5py raises becomes a `ModelError`."""
    import h5py

    try:
        with h5py.File(file, "r") as root:
            yield root
    except ModelError:
        raise
    except Exception as error:  # h5py raises many types
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> ModelError:
    return ModelError(f"{path}: its weights cannot be read as HDF5 ({error}); save it again with Keras")


class _Inspector:
    """A recursive check of groups, arrays and attributes, with what was found so far."""

    def __init__(self, path: Path, size: int, longest_string: int) -> None:
        self.path = path
        self.size = size
        self.longest_string = longest_string
        self.seen: set[Any] = set()
        self.objects = 0
        self.bytes = 0
        self.numbers = 0

    def refuse(self, name: str, problem: str) -> ModelError:
        return ModelError(
            f"{self.path}: its HDF5 object {name[:200]!r} {problem}, which Keras never writes; save it again with Keras"
        )

    def count(self, name: str) -> None:
        self.objects += 1
        if self.objects > _MAX_OBJECTS:
            raise self.refuse(name, f"exceeds the limit of {_MAX_OBJECTS} objects")

    def check_group(self, group: Any, depth: int) -> None:
        import h5py

        if depth > _MAX_DEPTH:
            raise self.refuse(group.name, f"is nested more than {_MAX_DEPTH} groups deep")
        self.check_header(group)
        self.check_attributes(group)
        for name in group:
            place = f"{group.name.rstrip('/')}/{name}"
            self.count(place)
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise self.refuse(place, "is a soft or external link")
            kind = group.get(name, getclass=True)
            if kind is h5py.Group:
                self.check_group(group[name], depth + 1)
            elif kind is h5py.Dataset:
                self.check_dataset(group[name])
            else:
                raise self.refuse(place, "is neither a group nor an array")

    def check_header(self, item: Any) -> None:
        """Require one name per object, and HDF5's first format: libhdf5 can crash on damage in later ones."""
        import h5py

        info = h5py.h5o.get_info(item.id)
        if info.addr in self.seen:
            raise self.refuse(item.name, "is linked twice")
        self.seen.add(info.addr)
        if info.hdr.mesg.present & ~_MESSAGES:
            raise self.refuse(item.name, "is in a later format")

    def check_dataset(self, data: Any) -> None:
        import h5py

        self.check_header(data)
        self.check_attributes(data)
        creation, dtype = data.id.get_create_plist(), data.dtype
        is_bfloat16 = dtype.kind == "V" and dtype.itemsize == 2 and dtype.fields is None  # as Keras stores it
        if creation.get_external_count() or creation.get_layout() == h5py.h5d.VIRTUAL:
            raise self.refuse(data.name, "stores its data in another file")
        if creation.get_layout() == h5py.h5d.CHUNKED or creation.get_nfilters():
            raise self.refuse(data.name, "is compressed or chunked")
        if not (dtype.kind in _KINDS or is_bfloat16) or dtype.shape or data.shape is None:
            raise self.refuse(data.name, f"has dtype {dtype}, not numbers")
        declared = int(data.id.get_space().get_simple_extent_npoints()) * dtype.itemsize
        self.bytes += declared
        if declared != data.id.get_storage_size() or self.bytes > self.size:
            raise self.refuse(data.name, f"declares {declared} bytes that the file does not have")
        self.numbers += declared // dtype.itemsize

    def check_attributes(self, item: Any) -> None:
        import h5py

        for name in item.attrs:
            place = f"{item.name}@{name}"
            self.count(place)
            attribute = item.attrs.get_id(name)
            kind, count = attribute.get_type(), math.prod(attribute.shape)
            is_string = kind.get_class() == h5py.h5t.STRING
            if is_string and kind.is_variable_str():  # all strings of a list may be the same long one
                if count * self.longest_string > _MAX_STRINGS:
                    raise self.refuse(place, f"may have more than {_MAX_STRINGS} bytes of text")
            elif not is_string and kind.get_class() not in (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.ENUM):
                raise self.refuse(place, "is neither text nor a number")
            elif count * kind.get_size() > _MAX_ATTRIBUTE:
                raise self.refuse(place, f"has {count * kind.get_size()} bytes")
