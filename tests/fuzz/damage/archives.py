"""Zip archives: members damaged, renamed, swapped, removed, duplicated or inflated, and misdeclared."""

from __future__ import annotations

import io
import stat
import struct
import warnings
import zipfile
import zlib

import numpy as np

from tests.fuzz.damage._base import DAMAGES, Damage, apply_damage
from tests.fuzz.damage._values import extreme, word

_BOMB = 2**25
_DIRECTORY = b"PK\1\2"
_FIELDS = {6: "H", 8: "H", 10: "H", 16: "I", 20: "I", 24: "I", 28: "H", 30: "H", 38: "I", 42: "I"}  # of an entry


@DAMAGES.register
class Archives(Damage):
    """Damages members, mostly as their own format, and the directory."""

    name = "zip"
    suffixes = (".zip", ".npz", ".keras")

    def apply(self, content: bytes, rng: np.random.Generator) -> bytes:
        """See `Damage.apply`."""
        if rng.random() < 0.1:
            return _misdeclare(content, rng)
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                members = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError) as error:
            raise ValueError from error
        if not members:
            raise ValueError
        place = int(rng.integers(len(members)))
        name, inside = members[place]
        links = False
        match rng.integers(16):
            case 0:
                members[place] = (word(rng).replace("\ud800", "?")[:60_000] or "a", inside)
            case 1:
                other = int(rng.integers(len(members)))
                members[place], members[other] = (name, members[other][1]), (members[other][0], inside)
            case 2:
                del members[place]
            case 3:
                members.append((str(rng.choice([name, name.upper(), f"{name}/", f"{name}/a"])), inside))
            case 4:
                members[place] = (name, bytes(_BOMB))
            case 5:
                links = True
                members[place] = (name, word(rng).encode("utf-8", "replace"))
            case 6:
                members += [(f"more{number}", b"") for number in range(rng.choice([1, 10, 1500]))]
            case _:
                members[place] = (name, apply_damage(name, inside, rng))
        return write_archive(members, links=links)


def write_archive(members: list[tuple[str, bytes]], *, links: bool = False) -> bytes:
    """Write an archive without timestamps, so that it is reproducible."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, inside in members:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = ((stat.S_IFLNK if links else stat.S_IFREG) | 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED if len(inside) >= _BOMB else zipfile.ZIP_STORED
            with warnings.catch_warnings(action="ignore"):  # duplicate names
                archive.writestr(entry, inside)
    return file.getvalue()


def _misdeclare(content: bytes, rng: np.random.Generator) -> bytes:
    starts = [place for place in range(len(content)) if content.startswith(_DIRECTORY, place)]
    if not starts:
        raise ValueError
    field = int(rng.choice(list(_FIELDS)))
    layout = f"<{_FIELDS[field]}"
    start = starts[rng.integers(len(starts))] + field
    new = struct.pack(layout, extreme(rng) % 2 ** (8 * struct.calcsize(layout)))
    return content[:start] + new + content[start + len(new) :]
