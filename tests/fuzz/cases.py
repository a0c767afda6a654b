"""Damaged inputs by number: the same seed and number give the same files, whatever else is made."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from robustbench_cells.randomness import generator
from tests.fuzz.damage._registry import damaged
from tests.fuzz.damage.archives import written
from tests.fuzz.kind import Files, Kind

_AROUND = 0.04  # the share of inputs whose files are lost or swapped


def sound_inputs(kind: Kind) -> list[Files]:
    """What `Kind.write` makes, in the order of the folders' names."""
    with tempfile.TemporaryDirectory() as folder:
        kind.write(Path(folder))
        return [read(one) for one in sorted(Path(folder).iterdir())]


def damaged_input(kind: Kind, sound: Sequence[Files], seed: int, number: int) -> Files:
    """One of the sound inputs with one of its files, or two, damaged."""
    rng = generator("fuzz", seed, kind.name, number)
    files = dict(sound[rng.integers(len(sound))])
    names = sorted(files)
    if rng.random() < _AROUND:
        one, other = (names[rng.integers(len(names))] for _ in range(2))
        files[one], files[other] = files[other], files[one]
        if one == other:
            del files[one]
    else:
        for _ in range(1 if len(names) == 1 else rng.choice([1, 1, 1, 2])):
            name = names[rng.integers(len(names))]
            files[name] = damaged(name, files[name], rng)
    kind.mend(files)
    return files


def read(folder: Path) -> Files:
    """The files of a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def write(files: Files, folder: Path) -> None:
    """The other way."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def pack(files: Files) -> bytes:
    """All files as one, to keep."""
    return written(sorted(files.items()))


def unpacked(content: bytes) -> Files:
    """The other way."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
