"""HDF5 files of strangers: looked through before Keras reads anything."""

from __future__ import annotations

import io
import math
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from robustbench_cells.errors import ModelError
from robustbench_cells.models.vetting.hdf5_heaps import longest_text

MAX_BYTES = 2**31
_MAX_OBJECTS = 20_000
_MAX_DEPTH = 64  # groups in groups
_ATTRIBUTE = 2**24  # bytes
_TEXTS = 2**29  # bytes of an attribute's texts, if each is as long as one can be
_MESSAGES = sum(1 << kind for kind in (0, 1, 3, 4, 5, 7, 8, 11, 12, 14, 16, 17, 18))  # of headers; the rest came later
_READ = ("f", "i", "u", "b")  # kinds of numbers


def check_hdf5(path: Path, file: Path | io.BytesIO) -> int:
    """Look through an HDF5 file; no data set of it is read.

    What Keras writes passes: groups and whole, uncompressed arrays of numbers, which cannot have more bytes than the
    file, so that reading them takes no more memory than the file does.

    Parameters
    ----------
    path
        What messages name.
    file
        The HDF5 file, which may lie in another one.

    Returns
    -------
    int
        How many numbers its data sets hold together.

    Raises
    ------
    ModelError
        If it is no HDF5 file or damaged, has more than 2 GiB or too many objects; or holds a link to another place or
        file, data kept elsewhere, data that are compressed, cut into chunks or more than the file, or anything but
        numbers.
    """
    longest = _longest_text(path, file)
    with open_hdf5(path, file) as root:
        return _Walk(path, root.id.get_filesize(), longest).all_of(root)


def _longest_text(path: Path, file: Path | io.BytesIO) -> int:
    try:
        if isinstance(file, io.BytesIO):
            return longest_text(file.getvalue())
        if (size := file.stat().st_size) > MAX_BYTES:
            raise ModelError(f"{path}: its weights have {size} bytes, more than the {MAX_BYTES} allowed")
        with file.open("rb") as there, mmap.mmap(there.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return longest_text(content)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


@contextmanager
def open_hdf5(path: Path, file: Path | io.BytesIO) -> Iterator[Any]:
    """An HDF5 file for reading; whatever h5py raises becomes a `ModelError`."""
    import h5py

    try:
        with h5py.File(file, "r") as root:
            yield root
    except ModelError:
        raise
    except Exception as error:  # h5py says it in a dozen ways
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> ModelError:
    return ModelError(f"{path}: its weights cannot be read as HDF5 ({error}); save it again with Keras")


class _Walk:
    def __init__(self, path: Path, size: int, longest_text: int) -> None:
        self.path = path
        self.size = size
        self.longest_text = longest_text
        self.seen: set[Any] = set()
        self.objects = 0
        self.bytes = 0
        self.numbers = 0

    def all_of(self, root: Any) -> int:
        self.group(root, 0)
        return self.numbers

    def refuse(self, name: str, what: str) -> ModelError:
        return ModelError(
            f"{self.path}: its HDF5 object {name[:200]!r} {what}, which Keras never writes; save it again with Keras"
        )

    def count(self, name: str) -> None:
        self.objects += 1
        if self.objects > _MAX_OBJECTS:
            raise self.refuse(name, f"comes after {_MAX_OBJECTS} others")

    def group(self, group: Any, depth: int) -> None:
        import h5py

        if depth > _MAX_DEPTH:
            raise self.refuse(group.name, f"is more than {_MAX_DEPTH} groups deep")
        self.header(group)
        self.attributes(group)
        for name in group:
            place = f"{group.name.rstrip('/')}/{name}"
            self.count(place)
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise self.refuse(place, "is a link to another place or file")
            kind = group.get(name, getclass=True)
            if kind is h5py.Group:
                self.group(group[name], depth + 1)
            elif kind is h5py.Dataset:
                self.dataset(group[name])
            else:
                raise self.refuse(place, "is neither a group nor an array")

    def header(self, thing: Any) -> None:
        """An object is there once, and its parts are of HDF5's first format: later ones, if damaged, crash libhdf5."""
        import h5py

        info = h5py.h5o.get_info(thing.id)
        if info.addr in self.seen:
            raise self.refuse(thing.name, "is there twice")
        self.seen.add(info.addr)
        if info.hdr.mesg.present & ~_MESSAGES:
            raise self.refuse(thing.name, "is in a later format")

    def dataset(self, data: Any) -> None:
        import h5py

        self.header(data)
        self.attributes(data)
        kept, dtype = data.id.get_create_plist(), data.dtype
        brain_float = dtype.kind == "V" and dtype.itemsize == 2 and dtype.fields is None  # as Keras keeps bfloat16
        if kept.get_external_count() or kept.get_layout() == h5py.h5d.VIRTUAL:
            raise self.refuse(data.name, "keeps its data in another file")
        if kept.get_layout() == h5py.h5d.CHUNKED or kept.get_nfilters():
            raise self.refuse(data.name, "is compressed or cut into chunks")
        if not (dtype.kind in _READ or brain_float) or dtype.shape or data.shape is None:
            raise self.refuse(data.name, f"holds {dtype}, no numbers")
        declared = int(data.id.get_space().get_simple_extent_npoints()) * dtype.itemsize
        self.bytes += declared
        if declared != data.id.get_storage_size() or self.bytes > self.size:
            raise self.refuse(data.name, f"says that it has {declared} bytes, and the file has not got them")
        self.numbers += declared // dtype.itemsize

    def attributes(self, thing: Any) -> None:
        import h5py

        for name in thing.attrs:
            place = f"{thing.name}@{name}"
            self.count(place)
            attribute = thing.attrs.get_id(name)
            kind, count = attribute.get_type(), math.prod(attribute.shape)
            text = kind.get_class() == h5py.h5t.STRING
            if text and kind.is_variable_str():  # a list's texts may all be the same long one
                if count * self.longest_text > _TEXTS:
                    raise self.refuse(place, f"may have more than {_TEXTS} bytes of text")
            elif not text and kind.get_class() not in (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.ENUM):
                raise self.refuse(place, "is neither text nor a number")
            elif count * kind.get_size() > _ATTRIBUTE:
                raise self.refuse(place, f"has {count * kind.get_size()} bytes")
