"""The bytes of an HDF5 file, before libhdf5 sees them: what is damaged here makes it go round for ever.

After the HDF5 File Format Specification 3.0: superblock (II.A), local heaps (III.D), global heaps (III.E).
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from itertools import chain

Content = bytes | mmap.mmap

_FIRST_FORMAT = b"\x89HDF\r\n\x1a\n\0"
_SIZES = slice(13, 15)  # of addresses and of lengths
_MAX_PARTS = 100_000  # of all heaps
_HEADER, _PART = 16, 16  # bytes of a global heap's header, and of the header of what is in it
_LAST = 1  # in place of where the next free part is


def longest_text(content: Content) -> int:
    """Bytes of the longest text that a file can hold; h5py cannot say it without reading it.

    Parameters
    ----------
    content
        Of the whole file.

    Raises
    ------
    ValueError
        If the file is not in HDF5's first format, in which Keras writes; a heap of names or texts is damaged; or they
        have more than 100,000 parts together.
    """
    if content[: len(_FIRST_FORMAT)] != _FIRST_FORMAT:
        raise ValueError("it is damaged, or in a later format than Keras writes")
    if content[_SIZES] != b"\x08\x08":
        raise ValueError("its lengths are of an unusual size")
    longest = 0
    for count, length in enumerate(chain(_free_names(content), _texts(content))):
        if count == _MAX_PARTS:
            raise ValueError(f"its heaps have more than {_MAX_PARTS} parts")
        longest = max(longest, length)
    return longest


def _free_names(content: Content) -> Iterator[int]:
    """A 0 for each heap of a group's names, and for each free part of it: these are a list, perhaps without an end."""
    for start in _places(content, b"HEAP\0"):
        yield 0
        size, part, names = (_number(content, start + offset) for offset in (8, 16, 24))
        if names + size > len(content):
            continue  # no heap: libhdf5 reads nothing that is not in the file
        while part != _LAST:
            yield 0
            part = _number(content, names + part)


def _texts(content: Content) -> Iterator[int]:
    """The length of each text, and a 0 for each heap and what is free in it, which may be nothing, over and over."""
    for start in _places(content, b"GCOL\1"):
        yield 0
        at, end = start + _HEADER, start + _number(content, start + 8)
        if end > len(content):
            continue
        while at + _PART <= end:  # in less there is nothing
            number, length = _number(content, at, 2), _number(content, at + 8)
            yield length if number else 0
            at += _PART + (length + 7) // 8 * 8 if number else length  # what is free counts its own header
            if at > end:
                raise ValueError(f"its heap of texts at byte {start} is damaged")


def _places(content: Content, signature: bytes) -> Iterator[int]:
    at = content.find(signature)
    while at >= 0:
        yield at
        at = content.find(signature, at + 1)


def _number(content: Content, at: int, size: int = 8) -> int:
    return int.from_bytes(content[at : at + size], "little")
