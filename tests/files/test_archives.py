"""Zip files, sound ones and such as a stranger might send."""

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

LIMITS = {"most_bytes": 10_000, "most_files": 10}
FILES = {"set/01/t000.tif": b"grey" * 100, "set/02/t000.tif": b"levels", "notes.txt": b"outside"}


def made(path: Path, files: dict[str, bytes] = FILES, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_sound_archive_is_unpacked_as_it_is(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip")
    assert check_archive(path, **LIMITS) == {name: len(content) for name, content in FILES.items()}
    said: list[tuple[int, int]] = []
    unpack(path, tmp_path / "out" / "there", **LIMITS, announce=lambda done, whole: said.append((done, whole)))
    assert tree(tmp_path / "out") == {f"there/{name}": content for name, content in FILES.items()}
    assert said[-1] == (413, 413)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_large_files_are_unpacked_however_few_are_allowed(tmp_path: Path, compression: int) -> None:
    content = np.random.default_rng(0).bytes(3_000_000)  # of which nothing can be compressed
    path = made(tmp_path / "a.zip", {"weights": content}, compression)
    unpack(path, tmp_path / "there", most_bytes=3_000_000, most_files=1)
    assert tree(tmp_path / "there") == {"weights": content}


def test_one_folder_of_an_archive_may_be_all_that_is_wanted(tmp_path: Path) -> None:
    unpack(made(tmp_path / "a.zip"), tmp_path / "there", **LIMITS, top="set")
    assert sorted(tree(tmp_path / "there")) == ["01/t000.tif", "02/t000.tif"]
    with pytest.raises(ArchiveError, match=r"a\.zip: holds no file in a folder other; is it another archive"):
        unpack(tmp_path / "a.zip", tmp_path / "elsewhere", **LIMITS, top="other")


def test_what_is_there_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(ArchiveError, match="there: is there already; remove it"):
        unpack(made(tmp_path / "a.zip"), tmp_path / "there", **LIMITS)
    assert not tree(tmp_path / "there")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../a", "may lead out of the folder"),
        ("a/../../b", "may lead out of the folder"),
        ("a\\..\\b", "may lead out of the folder"),
        ("/etc/a", "has an absolute name"),
        ("C:/a", "has an absolute name"),
        ("C:a", "has an absolute name"),
        ("//server/share/a", "has an absolute name"),
        ("a//b", "no file should have"),
        ("a/./b", "no file should have"),
        ("a\nb", "no file should have"),
        ("a" * 256, "no file should have"),
    ],
)
def test_names_that_lead_out_of_the_folder(tmp_path: Path, name: str, words: str) -> None:
    path = made(tmp_path / "a.zip", {"fine": b"", name: b"bad"})
    with pytest.raises(ArchiveError, match=words):
        check_archive(path, **LIMITS)
    with pytest.raises(ArchiveError, match=words):
        unpack(path, tmp_path / "out" / "there", **LIMITS)
    assert not list((tmp_path / "out").iterdir())


def linked(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")


def a_device(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("device")
        entry.external_attr = (stat.S_IFCHR | 0o600) << 16
        archive.writestr(entry, "")


def twice(path: Path) -> None:
    made(path, {"set/a": b"1", "set/A": b"2"})


def below_a_file(path: Path) -> None:
    made(path, {"a": b"1", "a/b": b"2"})


def too_many(path: Path) -> None:
    made(path, {str(number): b"" for number in range(11)})


def very_many(path: Path) -> None:
    made(path, {f"{number:0250d}": b"" for number in range(600)})


def too_large(path: Path) -> None:
    made(path, {"a": b"\0" * 6000, "b": b"\0" * 6000})


def encrypted(path: Path) -> None:
    patch(made(path, {"a": b"1"}), 8, b"\1\0")


def unusual(path: Path) -> None:
    made(path, compression=zipfile.ZIP_LZMA)


def cut_short(path: Path) -> None:
    path.write_bytes(made(path).read_bytes()[:-40])


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def patch(path: Path, place: int, value: bytes) -> None:
    """Write into the directory's entry of the first file."""
    content = bytearray(path.read_bytes())
    start = content.index(b"PK\1\2") + place
    content[start : start + len(value)] = value
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (linked, "its file 'link' is a link or a device"),
        (a_device, "its file 'device' is a link or a device"),
        (twice, "holds 'set/A' twice"),
        (below_a_file, "holds 'a/b' in what is a file"),
        (too_many, "holds 11 files, more than the 10 allowed"),
        (very_many, r"a\.zip: its directory has \d+ bytes, more than the \d+ allowed"),
        (too_large, "has 12000 bytes when unpacked, more than the 10000 allowed"),
        (encrypted, "its file 'a' is encrypted"),
        (unusual, "is compressed in an unusual way"),
        (cut_short, r"cannot be read as a zip file .*get it again"),
        (nothing, r"cannot be read as a zip file .*get it again"),
    ],
)
def test_what_is_wrong_with_an_archive_is_said_before_it_is_unpacked(spoil, words: str, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    spoil(path)
    with pytest.raises(ArchiveError, match=words):
        check_archive(path, **LIMITS)


def test_a_file_without_a_name(tmp_path: Path) -> None:
    content = made(tmp_path / "a.zip", {"a": b"1"}).read_bytes()
    start = content.index(b"PK\1\2")
    nameless = content[: start + 28] + b"\0\0" + content[start + 30 : start + 46] + content[start + 47 :]
    end = nameless.index(b"PK\5\6")
    size = struct.pack("<I", end - start)
    (tmp_path / "a.zip").write_bytes(nameless[: end + 12] + size + nameless[end + 16 :])
    with pytest.raises(ArchiveError, match="'' has a name that no file should have"):
        check_archive(tmp_path / "a.zip", **LIMITS)


@pytest.mark.parametrize(("declared", "words"), [(10, "Bad CRC-32"), (9000, "is 5000 bytes shorter than declared")])
def test_an_archive_that_lies_about_its_size_leaves_nothing(tmp_path: Path, declared: int, words: str) -> None:
    path = made(tmp_path / "a.zip", {"first": b"fine", "second": b"\0" * 4000})
    content = bytearray(path.read_bytes())
    start = content.rindex(b"PK\1\2") + 24
    content[start : start + 4] = struct.pack("<I", declared)
    path.write_bytes(bytes(content))
    check_archive(path, **LIMITS)
    with pytest.raises(ArchiveError, match=words):
        unpack(path, tmp_path / "there", **LIMITS)
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_unpacking_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(done: int, whole: int) -> None:
        raise KeyboardInterrupt

    path = made(tmp_path / "a.zip")
    with pytest.raises(KeyboardInterrupt):
        unpack(path, tmp_path / "there", **LIMITS, announce=interrupt)
    assert list(tmp_path.iterdir()) == [path]


def test_no_such_archive(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"nowhere\.zip: cannot be read .*No such file"):
        check_archive(tmp_path / "nowhere.zip", **LIMITS)


@given(
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.floats(0.3, 1),
)
def test_a_damaged_archive_is_unpacked_as_declared_or_refused_in_words(
    changes: list[tuple[float, int]], cut: float
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = made(Path(folder) / "a.zip")
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
            assert sum(map(len, tree(there).values())) <= LIMITS["most_bytes"]
        assert {part.name for part in Path(folder).iterdir()} <= {"a.zip", "inside"}
