"""Zip files: valid, damaged and hostile ones."""

from __future__ import annotations

import stat
import struct
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.errors import ArchiveError
from robustbench_cells.files.archives import check_archive, unpack

LIMITS = {"max_bytes": 10_000, "max_files": 10}
FILES = {"set/01/t000.tif": b"grey" * 100, "set/02/t000.tif": b"levels", "notes.txt": b"outside"}


def write_archive(path: Path, files: dict[str, bytes] = FILES, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def read_tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_valid_archive_is_unpacked_completely(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "a.zip")
    assert check_archive(path, **LIMITS) == {name: len(content) for name, content in FILES.items()}
    progress: list[tuple[int, int]] = []
    unpack(path, tmp_path / "out" / "there", **LIMITS, on_progress=lambda *counts: progress.append(counts))
    assert read_tree(tmp_path / "out") == {f"there/{name}": content for name, content in FILES.items()}
    assert progress[-1] == (413, 413)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_large_file_is_unpacked_under_a_limit_of_one_file(tmp_path: Path, compression: int) -> None:
    content = np.random.default_rng(0).bytes(3_000_000)  # incompressible
    path = write_archive(tmp_path / "a.zip", {"weights": content}, compression)
    unpack(path, tmp_path / "there", max_bytes=3_000_000, max_files=1)
    assert read_tree(tmp_path / "there") == {"weights": content}


def test_one_folder_of_an_archive_is_unpacked(tmp_path: Path) -> None:
    unpack(write_archive(tmp_path / "a.zip"), tmp_path / "there", **LIMITS, top="set")
    assert sorted(read_tree(tmp_path / "there")) == ["01/t000.tif", "02/t000.tif"]
    with pytest.raises(ArchiveError, match=r"a\.zip: has no files in a folder other; is it the right archive"):
        unpack(tmp_path / "a.zip", tmp_path / "elsewhere", **LIMITS, top="other")


def test_existing_folder_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(ArchiveError, match="there: already exists; remove it"):
        unpack(write_archive(tmp_path / "a.zip"), tmp_path / "there", **LIMITS)
    assert not read_tree(tmp_path / "there")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../a", "may leave the folder"),
        ("a/../../b", "may leave the folder"),
        ("a\\..\\b", "may leave the folder"),
        ("/etc/a", "has an absolute path"),
        ("C:/a", "has an absolute path"),
        ("C:a", "has an absolute path"),
        ("//server/share/a", "has an absolute path"),
        ("a//b", "has an invalid name"),
        ("a/./b", "has an invalid name"),
        ("a\nb", "has an invalid name"),
        ("a" * 256, "has an invalid name"),
    ],
)
def test_path_that_leaves_the_folder_is_refused(tmp_path: Path, name: str, message: str) -> None:
    path = write_archive(tmp_path / "a.zip", {"fine": b"", name: b"bad"})
    with pytest.raises(ArchiveError, match=message):
        check_archive(path, **LIMITS)
    with pytest.raises(ArchiveError, match=message):
        unpack(path, tmp_path / "out" / "there", **LIMITS)
    assert not list((tmp_path / "out").iterdir())


def link(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")


def device(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("device")
        entry.external_attr = (stat.S_IFCHR | 0o600) << 16
        archive.writestr(entry, "")


def duplicate(path: Path) -> None:
    write_archive(path, {"set/a": b"1", "set/A": b"2"})


def below_a_file(path: Path) -> None:
    write_archive(path, {"a": b"1", "a/b": b"2"})


def too_many(path: Path) -> None:
    write_archive(path, {str(number): b"" for number in range(11)})


def very_many(path: Path) -> None:
    write_archive(path, {f"{number:0250d}": b"" for number in range(600)})


def too_large(path: Path) -> None:
    write_archive(path, {"a": b"\0" * 6000, "b": b"\0" * 6000})


def encrypted(path: Path) -> None:
    patch(write_archive(path, {"a": b"1"}), 8, b"\1\0")


def unsupported_compression(path: Path) -> None:
    write_archive(path, compression=zipfile.ZIP_LZMA)


def cut_short(path: Path) -> None:
    path.write_bytes(write_archive(path).read_bytes()[:-40])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def patch(path: Path, place: int, value: bytes) -> None:
    """Overwrite bytes of the first entry in the directory."""
    content = bytearray(path.read_bytes())
    start = content.index(b"PK\1\2") + place
    content[start : start + len(value)] = value
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (link, "its file 'link' is a link or a device"),
        (device, "its file 'device' is a link or a device"),
        (duplicate, "has a duplicate file 'set/A'"),
        (below_a_file, "has 'a/b' below a file"),
        (too_many, "has 11 files, more than the 10 allowed"),
        (very_many, r"a\.zip: its directory has \d+ bytes, more than the \d+ allowed"),
        (too_large, "unpacks to 12000 bytes, more than the 10000 allowed"),
        (encrypted, "its file 'a' is encrypted"),
        (unsupported_compression, "uses an unsupported compression"),
        (cut_short, r"cannot be read as a zip file .*get a fresh copy"),
        (empty, r"cannot be read as a zip file .*get a fresh copy"),
    ],
)
def test_invalid_archive_is_refused_before_it_is_unpacked(damage, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    damage(path)
    with pytest.raises(ArchiveError, match=message):
        check_archive(path, **LIMITS)


def test_file_without_a_name_is_refused(tmp_path: Path) -> None:
    content = write_archive(tmp_path / "a.zip", {"a": b"1"}).read_bytes()
    start = content.index(b"PK\1\2")
    nameless = content[: start + 28] + b"\0\0" + content[start + 30 : start + 46] + content[start + 47 :]
    end = nameless.index(b"PK\5\6")
    size = struct.pack("<I", end - start)
    (tmp_path / "a.zip").write_bytes(nameless[: end + 12] + size + nameless[end + 16 :])
    with pytest.raises(ArchiveError, match="'' has an invalid name"):
        check_archive(tmp_path / "a.zip", **LIMITS)


@pytest.mark.parametrize(("declared", "message"), [(10, "Bad CRC-32"), (9000, "is 5000 bytes shorter than declared")])
def test_archive_that_misdeclares_a_size_leaves_nothing(tmp_path: Path, declared: int, message: str) -> None:
    path = write_archive(tmp_path / "a.zip", {"first": b"fine", "second": b"\0" * 4000})
    content = bytearray(path.read_bytes())
    start = content.rindex(b"PK\1\2") + 24
    content[start : start + 4] = struct.pack("<I", declared)
    path.write_bytes(bytes(content))
    check_archive(path, **LIMITS)
    with pytest.raises(ArchiveError, match=message):
        unpack(path, tmp_path / "there", **LIMITS)
    assert list(tmp_path.iterdir()) == [path]


def test_interrupted_unpacking_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    path = write_archive(tmp_path / "a.zip")
    with pytest.raises(KeyboardInterrupt):
        unpack(path, tmp_path / "there", **LIMITS, on_progress=interrupt)
    assert list(tmp_path.iterdir()) == [path]


def test_missing_archive_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"nowhere\.zip: no such file"):
        check_archive(tmp_path / "nowhere.zip", **LIMITS)


@given(
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.floats(0.3, 1),
)
def test_damaged_archive_is_unpacked_within_its_limits_or_reported(
    changes: list[tuple[float, int]], cut: float
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_archive(Path(folder) / "a.zip")
        content = bytearray(path.read_bytes())
        for place, value in changes:
            content[int(place * len(content))] = value
        path.write_bytes(bytes(content[: max(1, round(cut * len(content)))] if cut < 0.9 else content))
        there = Path(folder) / "inside" / "there"
        try:
            unpack(path, there, **LIMITS)
        except ArchiveError:
            assert not there.exists()
        else:
            assert sum(map(len, read_tree(there).values())) <= LIMITS["max_bytes"]
        assert {part.name for part in Path(folder).iterdir()} <= {"a.zip", "inside"}
