"""Regular files of limited size are read, and nothing else is opened, by any reader of the package."""

from __future__ import annotations

import ast
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import robustbench_cells
from robustbench_cells.errors import DataError
from robustbench_cells.files import reading
from robustbench_cells.files.reading import list_files, read_text, require_file
from tests.conftest import REPOSITORY
from tests.support.readers import ENDLESS, FIFO, FOLDER, LINKED, MISSING, READ, READERS, REFUSED, SOCKET, TRAPS

_SECONDS = 300  # for all readers together, which take some seconds: one of them hangs
_BYTES = 4 * 2**30  # of data
NAMED = {
    FIFO: "is a named pipe (FIFO), not a file; give a regular file",
    SOCKET: "is a socket, not a file",
    ENDLESS: "is a link to a device, not a file",
    LINKED: "a named pipe (FIFO), not a file",
    FOLDER: "is a folder, not a file",
    MISSING: "no such",
}
ELSEWHERE = (
    "no stored results",
    "put it in the same folder",
    "put them in the same folder",
    "outside its folder",
    "is in Keras' legacy format",
    "correct the path",
    "has no TIFF or PNG files",
)  # what else a reader says that looks at names first


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[str, str]]:
    """What each reader did with each trap, and its message."""
    folder = tmp_path_factory.mktemp("readers")
    command = [sys.executable, "-m", "tests.support.readers", str(folder)]
    with (folder / "log").open("w+") as log:
        try:
            done = subprocess.run(
                command, cwd=REPOSITORY, stdout=log, stderr=subprocess.PIPE, text=True, timeout=_SECONDS, check=False,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (_BYTES, _BYTES)),
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            pytest.fail(f"does not come back: {(folder / 'log').read_text().splitlines()[-1]}")
        log.seek(0)
        lines = [line.split("\t") for line in log.read().splitlines()]
    assert done.returncode == 0, f"{lines[-1]}\n{done.stderr}"
    return {(name, trap): (outcome, message) for name, trap, outcome, message in lines}


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize("name", READERS)
def test_what_is_no_file_is_refused_by_name(name: str, trap: str, said: dict[tuple[str, str], tuple[str, str]]) -> None:
    if (name, trap) not in said:
        pytest.skip(f"needs {READERS[name].library}")
    outcome, message = said[name, trap]
    assert outcome == (READ if trap in READERS[name].reads else REFUSED), message
    if outcome == REFUSED:
        assert Path(READERS[name].place).name in message or trap == MISSING
        assert NAMED[trap] in message or any(word in message for word in ELSEWHERE)


def test_a_file_that_no_one_may_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("text")

    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match="file: cannot be read \\(Permission denied\\); check"):
        read_text(tmp_path / "file", 10, DataError)
    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(DataError, match="file: cannot be read \\(Permission denied\\); check"):
        require_file(tmp_path / "file", 10, DataError)


def test_sizes_are_limited_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("a", 6), ("b", 5)):
        (tmp_path / "model" / "deep").mkdir(parents=True, exist_ok=True)
        with (tmp_path / "model" / "deep" / name).open("wb") as file:
            file.truncate(size * 2**40)  # takes no room on most disks
    whole = tmp_path / "model"
    assert require_file(whole / "deep" / "a", 6 * 2**40, DataError) == 6 * 2**40
    with pytest.raises(DataError, match=r"a: has 6597069766656 bytes, more than the 6597069766655 allowed"):
        require_file(whole / "deep" / "a", 6 * 2**40 - 1, DataError)
    assert sorted(list_files(whole, 11 * 2**40, DataError)) == [whole / "deep" / "a", whole / "deep" / "b"]
    with pytest.raises(DataError, match=r"model: its files have more than the 12094627905535 bytes allowed"):
        list_files(whole, 11 * 2**40 - 1, DataError)
    monkeypatch.setattr(reading, "_MAX_FILES", 2)
    with pytest.raises(DataError, match=r"model: has more than the 2 files allowed"):
        list_files(whole, 11 * 2**40, DataError)


def test_a_name_that_no_file_can_have_is_missing() -> None:
    with pytest.raises(DataError, match="no such file"):
        require_file(Path("a\0b"), 1, DataError)


def test_text_is_read_as_python_reads_it(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes("é\r\na\rb\n\n".encode())
    assert read_text(tmp_path / "text", 100, DataError) == (tmp_path / "text").read_text(encoding="utf-8")


OPENERS = {
    "read_bytes", "read_text", "fromfile", "memmap", "open_memmap", "is_zipfile", "ZipFile", "TiffFile", "connect",
    "load_model", "load_weights", "read_model", "read_graph", "TFSMLayer", "file_digest", "FileIO", "imread", "loadtxt",
}  # fmt: skip
DOTTED = {"open", "np.load", "onnx.load", "h5py.File", "pd.read_csv", "Pillow.open", "gzip.open", "io.open"}
EXCUSED = {
    "datasets/sources/npz.py": "check_archive comes first",
    "files/reading.py": "the rule itself",
    "models/export.py": "a file that it has just written",
    "models/exports/bioimageio.py": "a file that it has just written",
    "models/formats/legacy_h5.py": "check_hdf5 comes first",
    "models/formats/saved_model.py": "model_digest, of everything in the folder, comes first",
    "models/formats/weights_file.py": "check_hdf5 comes first",
    "models/isolation/machine.py": "files of the system",
    "origins.py": "code that Python has imported",
    "reporting/artefact_gallery.py": "files of this package",
    "reporting/gate_summary.py": "a file of this package",
    "reporting/made_from.py": "files of this package",
    "reporting/outputs/index_html.py": "files of this package",
    "results/example_patches.py": "check_archive comes first",
    "results/run_schema.py": "a file of this package",
    "results/quarantine.py": "a record cache that was open",
    "sources.py": "code that Python finds, which imports regular files alone",
}


def opened_by(tree: ast.Module) -> list[str]:
    """Calls that open a file for reading."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        mode = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
        reads = name.endswith(".open") and isinstance(mode, str) and mode.startswith("r") and "+" not in mode
        if name in DOTTED or reads or (isinstance(node.func, ast.Attribute) and node.func.attr in OPENERS):
            found.append(name)
    return found


def test_whatever_opens_a_file_follows_the_rule() -> None:
    root = Path(robustbench_cells.__file__).parent
    without = {}
    for path in sorted(root.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if (opened := opened_by(ast.parse(text))) and "robustbench_cells.files.reading import" not in text:
            without[path.relative_to(root).as_posix()] = opened
    assert without.keys() == EXCUSED.keys(), without
