"""Validation of an HDF5 file's superblock and heaps before libhdf5 reads them: damaged heaps can make it loop forever.

See the HDF5 File Format Specification 3.0: superblock (II.A), local heaps (III.D), global heaps (III.E).
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from itertools import chain

Content = bytes | mmap.mmap

_FIRST_FORMAT = b"\x89HDF\r\n\x1a\n\0"
_SIZES = slice(13, 15)  # sizes of addresses and lengths
_MAX_OBJECTS = 100_000  # over all heaps
_HEAP_HEADER, _OBJECT_HEADER = 16, 16  # bytes, in a global heap
_END_OF_LIST = 1  # in place of the next free block


def longest_string(content: Content) -> int:
    """Measure the longest string that a file can hold, in bytes; h5py cannot tell without reading it.

    Parameters
    ----------
    content
        Content of the whole file.

    Raises
    ------
    ValueError
        If the file is not in HDF5's first format, which Keras writes; if a heap is damaged; or if all heaps together
        have more than 100,000 objects.
    """
    if content[: len(_FIRST_FORMAT)] != _FIRST_FORMAT:
        raise ValueError("it is damaged, or in a later format than Keras writes")
    if content[_SIZES] != b"\x08\x08":
        raise ValueError("its addresses or lengths have an unsupported size")
    longest = 0
    for count, length in enumerate(chain(_walk_local_heaps(content), _walk_global_heaps(content))):
        if count == _MAX_OBJECTS:
            raise ValueError(f"its heaps have more than {_MAX_OBJECTS} objects")
        longest = max(longest, length)
    return longest


def _walk_local_heaps(content: Content) -> Iterator[int]:
    """Yield 0 for each local heap (names of a group) and each block of its free list, which can be cyclic."""
    for start in _find_all(content, b"HEAP\0"):
        yield 0
        size, block, names = (_read_number(content, start + offset) for offset in (8, 16, 24))
        if names + size > len(content):
            continue  # not a heap: libhdf5 reads nothing beyond the file
        while block != _END_OF_LIST:
            yield 0
            block = _read_number(content, names + block)


def _walk_global_heaps(content: Content) -> Iterator[int]:
    """Yield the length of each string of a global heap, and 0 for each heap and free space, whose size can be 0."""
    for start in _find_all(content, b"GCOL\1"):
        yield 0
        at, end = start + _HEAP_HEADER, start + _read_number(content, start + 8)
        if end > len(content):
            continue
        while at + _OBJECT_HEADER <= end:  # less is padding
            number, length = _read_number(content, at, 2), _read_number(content, at + 8)
            yield length if number else 0
            at += _OBJECT_HEADER + (length + 7) // 8 * 8 if number else length  # free space includes its header
            if at > end:
                raise ValueError(f"its global heap at byte {start} is damaged")


def _find_all(content: Content, signature: bytes) -> Iterator[int]:
    at = content.find(signature)
    while at >= 0:
        yield at
        at = content.find(signature, at + 1)


def _read_number(content: Content, at: int, size: int = 8) -> int:
    return int.from_bytes(content[at : at + size], "little")
