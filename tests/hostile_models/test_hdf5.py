"""Hostile HDF5: anything but contiguous, uncompressed arrays of numbers is refused."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.models.vetting.hdf5 import check_hdf5
from robustbench_cells.models.vetting.hdf5_heaps import longest_string
from tests.hostile_models.files import WEIGHTS, in_keras, read_members, unwritten, with_weights
from tests.hostile_models.trap import Trap
from tests.support.networks import save_tiny_network

h5py = pytest.importorskip("h5py", reason="needs the extra 'keras'")


def find_kernel(root: h5py.File) -> str:
    names: list[str] = []
    root.visititems(lambda name, item: names.append(name) if getattr(item, "ndim", 0) == 4 else None)
    return names[0]


def external_link(root: h5py.File, trap: Trap) -> None:
    del root[find_kernel(root).split("/")[0]]
    root["layers"] = h5py.ExternalLink(str(trap.pipe), "/")


def soft_link(root: h5py.File, trap: Trap) -> None:
    name = find_kernel(root)
    root.move(name, "elsewhere")
    root[name] = h5py.SoftLink("/elsewhere")


def external_storage(root: h5py.File, trap: Trap) -> None:
    name = find_kernel(root)
    shape = root[name].shape
    del root[name]
    root.create_dataset(name, shape, "f4", external=[(str(trap.pipe), 0, h5py.h5f.UNLIMITED)])


def virtual(root: h5py.File, trap: Trap) -> None:
    name = find_kernel(root)
    shape = root[name].shape
    del root[name]
    layout = h5py.VirtualLayout(shape, "f4")
    layout[:] = h5py.VirtualSource(str(trap.pipe), "data", shape)
    root.create_virtual_dataset(name, layout)


def linked_twice(root: h5py.File, trap: Trap) -> None:
    root["again"] = root["layers"]


def references(root: h5py.File, trap: Trap) -> None:
    root.create_dataset("more", (1,), h5py.ref_dtype)


def strings(root: h5py.File, trap: Trap) -> None:
    root.create_dataset("more", data=["a text"])


def many_strings(root: h5py.File, trap: Trap) -> None:
    root.attrs["long"] = "x" * 2**20
    root.attrs["list"] = ["a text"] * 1000


def in_heaps(signature: bytes, change: Callable[[bytearray, int], None]) -> Callable[[Path, Path, Trap], Path]:
    """Change each heap with this signature in a legacy file with many strings."""

    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        path = in_h5(many_strings)(folder, tiny, trap)
        content = bytearray(path.read_bytes())
        for heap in [found.start() for found in re.finditer(signature, content)]:
            change(content, heap)
        path.write_bytes(content)
        return path

    return build


def cyclic_free_list(content: bytearray, heap: int) -> None:
    """Link the first free block to itself."""
    eight = (8).to_bytes(8, "little")
    content[heap + 16 : heap + 24] = eight
    names = int.from_bytes(content[heap + 24 : heap + 32], "little")
    content[names + 8 : names + 24] = eight + (16).to_bytes(8, "little")


def outside_the_heap(content: bytearray, heap: int) -> None:
    size = int.from_bytes(content[heap + 8 : heap + 16], "little")
    content[heap + 16 : heap + 24] = (size - 8).to_bytes(8, "little")


def with_reserved_bytes(content: bytearray, heap: int) -> None:
    content[heap + 5 : heap + 8] = b"abc"  # libhdf5 ignores them


def zero_length(content: bytearray, heap: int) -> None:
    content[heap + 16 : heap + 32] = bytes(16)  # free space of 0 bytes


def negative_length(content: bytearray, heap: int) -> None:
    """Write an empty string, then free space whose length leads back to it."""
    content[heap + 16 : heap + 48] = b"\1" + bytes(23) + (2**64 - 16).to_bytes(8, "little")


def with_user_block(build: Callable[[Path, Path, Trap], Path]) -> Callable[[Path, Path, Trap], Path]:
    """Move the file to byte 512, where HDF5 may begin too."""

    def built(folder: Path, tiny: Path, trap: Trap) -> Path:
        path = build(folder, tiny, trap)
        path.write_bytes(bytes(512) + path.read_bytes())
        return path

    return built


def creation_order(root: h5py.File, trap: Trap) -> None:
    root.create_group("later", track_order=True)


def latest_format(folder: Path, tiny: Path, trap: Trap) -> Path:
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
        (folder / "hostile.weights.h5").write_bytes(read_members(path)[WEIGHTS])
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


_LOCAL, _GLOBAL = rb"HEAP\0", rb"GCOL\x01"
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
    "CVE-2026-0897, never written": in_keras(unwritten),
    "CVE-2026-0897, in weights": in_weights(unwritten),
    "CVE-2026-0897, in h5": in_h5(unwritten),
    "an object linked twice": in_keras(linked_twice),
    "references": in_keras(references),
    "strings": in_keras(strings),
    "a list of long strings": in_keras(many_strings),
    "a list of long strings, reserved bytes": in_heaps(_GLOBAL, with_reserved_bytes),
    "free space of length 0": in_heaps(_GLOBAL, zero_length),
    "free space of negative length": in_heaps(_GLOBAL, negative_length),
    "a cyclic free list": in_heaps(_LOCAL, cyclic_free_list),
    "a free block outside the heap": in_heaps(_LOCAL, outside_the_heap),
    "a cyclic free list, after a user block": with_user_block(in_heaps(_LOCAL, cyclic_free_list)),
    "the latest format": latest_format,
    "a later format within": in_h5(creation_order),
    "a later format in weights": in_weights(creation_order),
    "groups in groups": in_keras(deep),
    "too many objects": in_keras(crowded),
}  # fmt: skip


@pytest.mark.parametrize("change", [external_link, external_storage, virtual])
def test_trap_detects_hdf5_that_is_read_without_validation(
    change: Callable[[h5py.File, Trap], None], tiny: Path, trap: Trap, tmp_path: Path
) -> None:
    path = in_weights(change)(tmp_path, tiny, trap)
    content = read_members(tiny)[WEIGHTS]
    with h5py.File(io.BytesIO(content)) as root:
        data = find_kernel(root)
    with h5py.File(path) as root, contextlib.suppress(OSError, KeyError):
        root[data][()]
    assert trap.sprung


def test_half_precision_weights_are_accepted(tmp_path: Path) -> None:
    import ml_dtypes

    with h5py.File(tmp_path / "half.h5", "w") as root:
        root.create_dataset("bfloat16", data=np.ones(3, ml_dtypes.bfloat16))
        root.create_dataset("float16", data=np.ones((2, 2), np.float16))
        root.create_dataset("one", data=np.float32(1))
    assert check_hdf5(tmp_path / "half.h5", tmp_path / "half.h5") == 8


def test_longest_string_is_measured(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "strings.h5", "w") as root:
        for number, length in enumerate((0, 7, 8, 9, 60_000, 1)):
            root.attrs[f"text {number}"] = "x" * length
    assert longest_string((tmp_path / "strings.h5").read_bytes()) == 60_000


@pytest.mark.parametrize("count", [20, 19_990])
def test_many_short_strings_are_accepted(count: int, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "strings.h5", "w") as root:
        for number in range(count // 10):
            root.attrs[f"{number}"] = ["text"] * 9
    assert check_hdf5(tmp_path / "strings.h5", tmp_path / "strings.h5") == 0


def write_with_sizes(path: Path, size: int) -> None:
    """Create a file whose addresses and lengths have this many bytes."""
    creation = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    creation.set_sizes(size, size)
    h5py.h5f.create(bytes(path), h5py.h5f.ACC_TRUNC, creation).close()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: h5py.File(path, "w", libver="latest").close(), "later format"),
        (lambda path: h5py.File(path, "w", userblock_size=512).close(), "later format"),
        (lambda path: write_with_sizes(path, 4), "unsupported size"),
        (lambda path: path.write_bytes(b""), "damaged"),
    ],
)
def test_formats_that_keras_does_not_write_are_not_opened(
    make: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    make(tmp_path / "file.h5")
    with pytest.raises(ValueError, match=message):
        longest_string((tmp_path / "file.h5").read_bytes())


def test_damaged_heap_is_not_opened(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "strings.h5", "w") as root:
        many_strings(root, None)  # type: ignore[arg-type]
    content = bytearray((tmp_path / "strings.h5").read_bytes())
    heap = content.index(b"GCOL")
    negative_length(content, heap)
    with pytest.raises(ValueError, match=f"global heap at byte {heap} is damaged"):
        longest_string(bytes(content))
