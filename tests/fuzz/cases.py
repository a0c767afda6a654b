"""Damaged inputs by number: reproducible from seed and number, independent of all others."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from robustbench_cells.randomness import generator
from tests.fuzz.damage._base import apply_damage
from tests.fuzz.damage.archives import write_archive
from tests.fuzz.kind import Files, Kind

_SWAPPED = 0.04  # share of inputs whose files are removed or swapped


def make_valid_inputs(kind: Kind) -> list[Files]:
    """Create the valid inputs of a kind, in the order of their folders' names."""
    with tempfile.TemporaryDirectory() as folder:
        kind.write(Path(folder))
        return [read(one) for one in sorted(Path(folder).iterdir())]


def make_damaged_input(kind: Kind, valid: Sequence[Files], seed: int, number: int) -> Files:
    """Damage one or two files of one of the valid inputs."""
    rng = generator("fuzz", seed, kind.name, number)
    files = dict(valid[rng.integers(len(valid))])
    names = sorted(files)
    if rng.random() < _SWAPPED:
        one, other = (names[rng.integers(len(names))] for _ in range(2))
        files[one], files[other] = files[other], files[one]
        if one == other:
            del files[one]
    else:
        for _ in range(1 if len(names) == 1 else rng.choice([1, 1, 1, 2])):
            name = names[rng.integers(len(names))]
            files[name] = apply_damage(name, files[name], rng)
    kind.mend(files)
    return files


def read(folder: Path) -> Files:
    """Read the files of a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def write(files: Files, folder: Path) -> None:
    """Write files to a folder."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def pack(files: Files) -> bytes:
    """Pack files into one archive."""
    return write_archive(sorted(files.items()))


def unpack(content: bytes) -> Files:
    """Unpack such an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
