"""The weights in HDF5: whole, uncompressed arrays of numbers, and nothing else."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.models.vetting.hdf5 import check_hdf5
from robustbench_cells.models.vetting.hdf5_heaps import longest_text
from tests.hostile_models.files import WEIGHTS, in_keras, members, never_written, with_weights
from tests.hostile_models.trap import Trap
from tests.support.networks import save_tiny_network

h5py = pytest.importorskip("h5py", reason="needs the extra 'keras'")


def kernel(root: h5py.File) -> str:
    names: list[str] = []
    root.visititems(lambda name, thing: names.append(name) if getattr(thing, "ndim", 0) == 4 else None)
    return names[0]


def external_link(root: h5py.File, trap: Trap) -> None:
    del root[kernel(root).split("/")[0]]
    root["layers"] = h5py.ExternalLink(str(trap.pipe), "/")


def soft_link(root: h5py.File, trap: Trap) -> None:
    name = kernel(root)
    root.move(name, "elsewhere")
    root[name] = h5py.SoftLink("/elsewhere")


def external_storage(root: h5py.File, trap: Trap) -> None:
    name = kernel(root)
    shape = root[name].shape
    del root[name]
    root.create_dataset(name, shape, "f4", external=[(str(trap.pipe), 0, h5py.h5f.UNLIMITED)])


def virtual(root: h5py.File, trap: Trap) -> None:
    name = kernel(root)
    shape = root[name].shape
    del root[name]
    layout = h5py.VirtualLayout(shape, "f4")
    layout[:] = h5py.VirtualSource(str(trap.pipe), "data", shape)
    root.create_virtual_dataset(name, layout)


def twice(root: h5py.File, trap: Trap) -> None:
    root["again"] = root["layers"]


def references(root: h5py.File, trap: Trap) -> None:
    root.create_dataset("more", (1,), h5py.ref_dtype)


def texts(root: h5py.File, trap: Trap) -> None:
    root.create_dataset("more", data=["a text"])


def many_texts(root: h5py.File, trap: Trap) -> None:
    root.attrs["long"] = "x" * 2**20
    root.attrs["list"] = ["a text"] * 1000


def in_heaps(signature: bytes, change: Callable[[bytearray, int], None]) -> Callable[[Path, Path, Trap], Path]:
    """In an old model with many texts, what HDF5 keeps names or texts in, from its first byte."""

    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        path = in_h5(many_texts)(folder, tiny, trap)
        content = bytearray(path.read_bytes())
        for heap in [found.start() for found in re.finditer(signature, content)]:
            change(content, heap)
        path.write_bytes(content)
        return path

    return build


def round_and_round(content: bytearray, heap: int) -> None:
    """The first free part comes after itself."""
    eight = (8).to_bytes(8, "little")
    content[heap + 16 : heap + 24] = eight
    names = int.from_bytes(content[heap + 24 : heap + 32], "little")
    content[names + 8 : names + 24] = eight + (16).to_bytes(8, "little")


def beyond(content: bytearray, heap: int) -> None:
    size = int.from_bytes(content[heap + 8 : heap + 16], "little")
    content[heap + 16 : heap + 24] = (size - 8).to_bytes(8, "little")


def marked(content: bytearray, heap: int) -> None:
    content[heap + 5 : heap + 8] = b"abc"  # libhdf5 does not look at them


def endless(content: bytearray, heap: int) -> None:
    content[heap + 16 : heap + 32] = bytes(16)  # nothing, which is 0 bytes long


def backwards(content: bytearray, heap: int) -> None:
    """A text of 0 bytes, then nothing, as long as to lead back to it."""
    content[heap + 16 : heap + 48] = b"\1" + bytes(23) + (2**64 - 16).to_bytes(8, "little")


def behind_something(build: Callable[[Path, Path, Trap], Path]) -> Callable[[Path, Path, Trap], Path]:
    """HDF5 may begin at byte 512, and counts from there."""

    def built(folder: Path, tiny: Path, trap: Trap) -> Path:
        path = build(folder, tiny, trap)
        path.write_bytes(bytes(512) + path.read_bytes())
        return path

    return built


def in_order(root: h5py.File, trap: Trap) -> None:
    root.create_group("later", track_order=True)


def later(folder: Path, tiny: Path, trap: Trap) -> Path:
    old = in_h5(lambda root, trap: None)(folder, tiny, trap)
    with h5py.File(old) as root, h5py.File(folder / "new.h5", "w", libver="latest") as new:
        new.attrs.update(root.attrs)
        root.copy("model_weights", new)
    return (folder / "new.h5").rename(old)


def deep(root: h5py.File, trap: Trap) -> None:
    root.create_group("/".join(["deep"] * 100))


def crowded(root: h5py.File, trap: Trap) -> None:
    for number in range(21_000):
        root.create_group(str(number))


def compressed(root: h5py.File, trap: Trap) -> None:
    root.create_dataset("more", data=np.zeros(10_000), compression="gzip")


def in_weights(change: Callable[[h5py.File, Trap], None]) -> Callable[[Path, Path, Trap], Path]:
    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        path = with_weights(folder, tiny, lambda root: change(root, trap))
        (folder / "hostile.weights.h5").write_bytes(members(path)[WEIGHTS])
        return folder / "hostile.weights.h5"

    return build


def in_h5(change: Callable[[h5py.File, Trap], None]) -> Callable[[Path, Path, Trap], Path]:
    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        path = save_tiny_network(folder / "hostile.h5", seed=1)
        (folder / "hostile.toml").write_text("[file]\nlegacy_h5 = true\n")
        with h5py.File(path, "r+") as root:
            if change is external_link:
                del root["model_weights"]
                root["model_weights"] = h5py.ExternalLink(str(trap.pipe), "/")
            else:
                change(root, trap)
        return path

    return build


_NAMES, _TEXTS = rb"HEAP\0", rb"GCOL\x01"
HOSTILE: dict[str, Callable[[Path, Path, Trap], Path]] = {
    "CVE-2026-1669, a link": in_keras(external_link),
    "CVE-2026-1669, a link in weights": in_weights(external_link),
    "CVE-2026-1669, a link in h5": in_h5(external_link),
    "CVE-2026-1669, storage": in_keras(external_storage),
    "CVE-2026-1669, storage in weights": in_weights(external_storage),
    "CVE-2026-1669, storage in h5": in_h5(external_storage),
    "CVE-2026-1669, virtual": in_keras(virtual),
    "CVE-2026-1669, virtual in weights": in_weights(virtual),
    "CVE-2026-1669, virtual in h5": in_h5(virtual),
    "CVE-2026-1669, a link within": in_keras(soft_link),
    "CVE-2026-0897, compressed": in_keras(compressed),
    "CVE-2026-0897, never written": in_keras(never_written),
    "CVE-2026-0897, in weights": in_weights(never_written),
    "CVE-2026-0897, in h5": in_h5(never_written),
    "an object there twice": in_keras(twice),
    "references": in_keras(references),
    "texts": in_keras(texts),
    "a list of long texts": in_keras(many_texts),
    "a list of long texts, marked": in_heaps(_TEXTS, marked),
    "texts without an end": in_heaps(_TEXTS, endless),
    "a text that leads back": in_heaps(_TEXTS, backwards),
    "names without an end": in_heaps(_NAMES, round_and_round),
    "names that are nowhere": in_heaps(_NAMES, beyond),
    "names without an end, behind something": behind_something(in_heaps(_NAMES, round_and_round)),
    "the later format": later,
    "the later format within": in_h5(in_order),
    "the later format in weights": in_weights(in_order),
    "groups in groups": in_keras(deep),
    "too many objects": in_keras(crowded),
}  # fmt: skip


@pytest.mark.parametrize("change", [external_link, external_storage, virtual])
def test_the_trap_springs_where_hdf5_is_read_unchecked(
    change: Callable[[h5py.File, Trap], None], tiny: Path, trap: Trap, tmp_path: Path
) -> None:
    path = in_weights(change)(tmp_path, tiny, trap)
    name = members(tiny)[WEIGHTS]
    with h5py.File(io.BytesIO(name)) as root:
        data = kernel(root)
    with h5py.File(path) as root, contextlib.suppress(OSError, KeyError):
        root[data][()]
    assert trap.sprung


def test_half_precision_weights_pass(tmp_path: Path) -> None:
    import ml_dtypes

    with h5py.File(tmp_path / "half.h5", "w") as root:
        root.create_dataset("bfloat16", data=np.ones(3, ml_dtypes.bfloat16))
        root.create_dataset("float16", data=np.ones((2, 2), np.float16))
        root.create_dataset("one", data=np.float32(1))
    assert check_hdf5(tmp_path / "half.h5", tmp_path / "half.h5") == 8


def test_texts_are_measured(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "texts.h5", "w") as root:
        for number, length in enumerate((0, 7, 8, 9, 60_000, 1)):
            root.attrs[f"text {number}"] = "x" * length
    assert longest_text((tmp_path / "texts.h5").read_bytes()) == 60_000


@pytest.mark.parametrize("count", [20, 19_990])
def test_as_many_texts_as_objects_pass(count: int, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "texts.h5", "w") as root:
        for number in range(count // 10):
            root.attrs[f"{number}"] = ["text"] * 9
    assert check_hdf5(tmp_path / "texts.h5", tmp_path / "texts.h5") == 0


def with_sizes(path: Path, size: int) -> None:
    """Of addresses and lengths, in bytes."""
    made = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    made.set_sizes(size, size)
    h5py.h5f.create(bytes(path), h5py.h5f.ACC_TRUNC, made).close()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: h5py.File(path, "w", libver="latest").close(), "later format"),
        (lambda path: h5py.File(path, "w", userblock_size=512).close(), "later format"),
        (lambda path: with_sizes(path, 4), "unusual size"),
        (lambda path: path.write_bytes(b""), "damaged"),
    ],
)
def test_hdf5_as_keras_never_writes_it_is_not_opened(
    make: Callable[[Path], object], words: str, tmp_path: Path
) -> None:
    make(tmp_path / "file.h5")
    with pytest.raises(ValueError, match=words):
        longest_text((tmp_path / "file.h5").read_bytes())


def test_a_damaged_heap_of_texts_is_not_opened(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "texts.h5", "w") as root:
        many_texts(root, None)  # type: ignore[arg-type]
    content = bytearray((tmp_path / "texts.h5").read_bytes())
    heap = content.index(b"GCOL")
    backwards(content, heap)
    with pytest.raises(ValueError, match=f"heap of texts at byte {heap} is damaged"):
        longest_text(bytes(content))
