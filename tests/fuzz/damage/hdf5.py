"""HDF5: arrays, groups, attributes and links."""

from __future__ import annotations

import io

import numpy as np

from robustbench_cells.models.vetting.hdf5_heaps import longest_string
from tests.fuzz.damage._base import DAMAGES, Damage
from tests.fuzz.damage._values import extreme, word

_MAX_SIZE = 2**24  # values; earlier damage may have declared far more


@DAMAGES.register
class Hdf5(Damage):
    """Changes a file by the library itself."""

    name = "hdf5"
    suffixes = (".h5",)

    def apply(self, content: bytes, rng: np.random.Generator) -> bytes:
        """See `Damage.apply`."""
        import h5py

        longest_string(content)  # else libhdf5 may loop forever
        file = io.BytesIO(content)
        try:
            with h5py.File(file, "r+") as root:
                _change(root, rng)
        except (OSError, RuntimeError, KeyError, TypeError, OverflowError) as error:
            raise ValueError from error
        return file.getvalue()


def _change(root: object, rng: np.random.Generator) -> None:
    import h5py

    names: list[str] = []
    root.visit(names.append)  # type: ignore[attr-defined]
    name = sorted(names)[rng.integers(len(names))]
    thing, choice = root[name], rng.integers(9)  # type: ignore[index]
    if choice < 2 and (texts := sorted(thing.attrs) or sorted(root.attrs)):  # type: ignore[attr-defined]
        holder = thing if thing.attrs else root
        new = (word(rng).replace("\0", ""), extreme(rng) % 2**63, float("nan"), np.arange(5), [b"a", b"b"])
        holder.attrs[texts[rng.integers(len(texts))]] = new[rng.integers(len(new))]
        return
    del root[name]  # type: ignore[attr-defined]
    shape = thing.shape if isinstance(thing, h5py.Dataset) and thing.size < _MAX_SIZE else (3,)
    match choice:
        case 2:
            root[name] = h5py.SoftLink(word(rng).replace("\0", "") or "/")  # type: ignore[index]
        case 3:
            root[name] = h5py.ExternalLink("/etc/passwd", "/")  # type: ignore[index]
        case 4:
            root.create_dataset(name, (2**20, 2**20), "f4", chunks=(64, 64))  # type: ignore[attr-defined]
        case 5:
            root.create_dataset(name, shape, "f4", fillvalue=np.nan)  # type: ignore[attr-defined]
        case 6:
            kinds = [np.dtype(kind) for kind in ("f2", "f8", "i8", "u1", "?", "c8", "S5", ">f4")]
            root[name] = np.zeros(shape, kinds[rng.integers(len(kinds))])  # type: ignore[index]
        case 7:
            values = np.full(
                (*shape, 1) if rng.random() < 0.5 else shape[::-1], rng.choice([np.nan, np.inf, 1e38, 0]), "f4"
            )
            root[name] = values  # type: ignore[index]
        case _:
            pass
