"""Where HDF5 keeps texts of any length: looked through by us, since libhdf5 goes round for ever in a damaged heap.

Its "global heap": HDF5 File Format Specification 3.0, III.E.
"""

from __future__ import annotations

import mmap
import re

_HEADER, _OBJECT = 16, 16  # bytes before what follows
_HEAP = re.compile(rb"(?=GCOL\x01.{3}(.{8}))", re.DOTALL)  # at every place, also where one lies over another
_MOST_TEXTS = 100_000


def longest_text(content: mmap.mmap | memoryview) -> int:
    """Bytes of the longest text that a file can hold; h5py cannot say it without reading it.

    Parameters
    ----------
    content
        Of the file.

    Raises
    ------
    ValueError
        If a heap is damaged, lies in another one, or all together have more than 100,000 texts.
    """
    longest = texts = end = 0
    for found in _HEAP.finditer(content):
        start, size = found.start(), int.from_bytes(found[1], "little")
        if start + size > len(content):
            continue  # no heap: libhdf5 reads nothing that is not in the file
        if start < end:
            raise ValueError(f"a heap of texts in another one, at byte {start}")
        end = start + size
        at = start + _HEADER
        while at + _OBJECT <= end:  # less than that is room for nothing
            number, length = (
                int.from_bytes(content[at + first : at + last], "little") for first, last in ((0, 2), (8, 16))
            )
            room = _OBJECT + (length + 7) // 8 * 8 if number else length  # 0 is what is free, its header included
            texts += 1
            if room < _OBJECT or at + room > end:
                raise ValueError(f"a text of {length} bytes at byte {at}, in a heap that has not got them")
            if texts > _MOST_TEXTS:
                raise ValueError(f"more than {_MOST_TEXTS} texts")
            longest = max(longest, length if number else 0)
            at += room
    return longest
