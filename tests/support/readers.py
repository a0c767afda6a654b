"""Every reader of untrusted files, with something that is no file in the place of each; run as a process of its own.

``python -m tests.support.readers FOLDER`` prints a line for each reader and each of `TRAPS`: its begin before the file
is read, so that whoever waits sees which one does not come back.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from robustbench_cells.datasets.measured_axes import read_measured_axes
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.errors import CacheError, RobustbenchError
from robustbench_cells.files.archives import check_archive, unpack
from robustbench_cells.files.atomic import read_json
from robustbench_cells.files.checkout import find_checkout
from robustbench_cells.files.checksums import sha256
from robustbench_cells.files.csv_tables import read_csv
from robustbench_cells.files.reading import list_files, read_bytes, read_text
from robustbench_cells.gate.simulation import read_frame_scores
from robustbench_cells.gate.spread_file import load_spread
from robustbench_cells.models.card import read_card
from robustbench_cells.models.loading import find_format, open_segmenter
from robustbench_cells.pytest_plugin.ini_files import keys_of
from robustbench_cells.reporting.gate_summary import load_gate
from robustbench_cells.results.example_patches import load_examples
from robustbench_cells.results.record_cache import RecordCache
from robustbench_cells.results.storage import load, load_manifest, save
from tests.support.frame_files import BINARY, IMAGES, write_csv, write_paired, write_stack
from tests.support.tiny_results import RESULTS

FIFO, SOCKET, ENDLESS, LINKED, FOLDER, MISSING = "FIFO", "socket", "/dev/zero", "link to a FIFO", "folder", "missing"
TRAPS = (FIFO, SOCKET, ENDLESS, LINKED, FOLDER, MISSING)
REFUSED, READ = "refused", "read"

Read = Callable[[Path], object]


@dataclass(frozen=True)
class Reader:
    """A reader of a file.

    Attributes
    ----------
    place
        Path of the file in its folder.
    read
        Reads it, given that folder.
    prepare
        Writes the valid files around it.
    reads
        Traps that are no mistake in its place, or not one that this reader sees: a digest may be that of a folder.
    library
        Library without which it is not tried.
    """

    place: str
    read: Read
    prepare: Read = lambda folder: None
    reads: tuple[str, ...] = ()
    library: str = "numpy"


def _opened(name: str) -> Read:
    return lambda folder: open_segmenter(str(folder / name), trusted=True)


def _loaded(name: str) -> Read:
    """By the format alone, as a plug-in may call it."""

    def load(folder: Path) -> object:
        found = find_format(str(folder / name))
        assert found is not None
        return found.load(str(folder / name), trusted=True)

    return load


def _dataset(name: str) -> Read:
    return lambda folder: open_dataset(name.format(folder=folder))


def _write(*names: str) -> Read:
    def write(folder: Path) -> None:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("[file]\nlegacy_h5 = true\n" if name.endswith(".toml") else "<net/>")

    return write


def _write_external(folder: Path) -> None:
    import onnx

    from tests.support.networks import convolution, onnx_graph

    graph = onnx_graph(*convolution())
    onnx.save_model(graph, folder / "net.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
    (folder / "weights.bin").unlink()


def _write_pairs(folder: Path) -> None:
    write_paired(folder, IMAGES[:1], BINARY[:1])
    (folder / "input/t000.tif").unlink()


def _write_stack(folder: Path) -> None:
    write_stack(folder, IMAGES, BINARY)
    (folder / "masks.ome.tif").unlink()


def _write_list(folder: Path) -> None:
    write_csv(folder, IMAGES, BINARY)
    next(iter((folder / "images").iterdir())).unlink()


def _save(folder: Path) -> None:
    save(RESULTS, folder)


READERS = {
    "a .keras file": Reader("net.keras", _opened("net.keras"), reads=(FOLDER,)),
    "a .keras file, by its format": Reader("net.keras", _loaded("net.keras")),
    "weights": Reader("net.weights.h5", _opened("net.weights.h5"), reads=(FOLDER,)),
    "weights, by their format": Reader("net.weights.h5", _loaded("net.weights.h5"), library="keras"),
    "a legacy file": Reader("net.h5", _opened("net.h5"), _write("net.toml"), (FOLDER,)),
    "a legacy file, by its format": Reader("net.h5", _loaded("net.h5"), _write("net.toml"), library="keras"),
    "its card": Reader("net.toml", _loaded("net.h5"), _write("net.h5")),
    "a graph": Reader("net.onnx", _opened("net.onnx"), library="onnx"),
    "a graph, by its format": Reader("net.onnx", _loaded("net.onnx"), library="onnx"),
    "its tensors": Reader("weights.bin", _opened("net.onnx"), _write_external, library="onnx"),
    "OpenVINO's graph": Reader("net.xml", _opened("net.xml"), _write("net.bin"), (FOLDER,), library="openvino"),
    "OpenVINO's graph, by its format": Reader("net.xml", _loaded("net.xml"), _write("net.bin"), library="openvino"),
    "its weights": Reader("net.bin", _opened("net.xml"), _write("net.xml"), (FOLDER,), library="openvino"),
    "its weights, by its format": Reader("net.bin", _loaded("net.xml"), _write("net.xml"), library="openvino"),
    "a package": Reader("net.zip", _opened("net.zip"), reads=(FOLDER,), library="bioimageio"),
    "a file of a package": Reader(
        "net/weights", _opened("net"), _write("net/rdf.yaml"), (FOLDER, MISSING), library="bioimageio"
    ),
    "a file of a SavedModel": Reader(
        "net/variables/part", _opened("net"), _write("net/saved_model.pb"), (FOLDER, MISSING), library="keras"
    ),
    "a card of one": Reader("net.toml", _opened("net"), _write("net/saved_model.pb"), (MISSING,), library="keras"),
    "a card": Reader("about.toml", lambda folder: read_card(folder / "about.toml")),
    "a digest": Reader("file", lambda folder: sha256(folder / "file"), reads=(FOLDER,)),
    "a list of files": Reader("file", lambda folder: list_files(folder / "file", 9, CacheError), reads=(FOLDER,)),
    "bytes": Reader("file", lambda folder: read_bytes(folder / "file", 9, CacheError)),
    "a text": Reader("file", lambda folder: read_text(folder / "file", 9, CacheError)),
    "JSON": Reader("file", lambda folder: read_json(folder / "file", CacheError)),
    "a table": Reader("file.csv", lambda folder: read_csv(folder / "file.csv")),
    "a table of retrainings": Reader("file.csv", lambda folder: read_frame_scores(folder / "file.csv")),
    "the directory of an archive": Reader(
        "file.zip", lambda folder: check_archive(folder / "file.zip", max_bytes=9, max_files=9)
    ),
    "an archive": Reader(
        "file.zip", lambda folder: unpack(folder / "file.zip", folder / "new", max_bytes=9, max_files=9)
    ),
    "spread.toml": Reader("spread.toml", lambda folder: load_spread(folder / "spread.toml")),
    "run.json": Reader("run.json", load_manifest, _save),
    "records": Reader("patches.csv.gz", load, _save),
    "example patches": Reader("pictures.npz", lambda folder: load_examples(RESULTS, folder), reads=(MISSING,)),
    "gate.json": Reader("gate.json", load_gate, reads=(MISSING,)),
    "a record cache": Reader("new.sqlite", lambda folder: RecordCache(folder / "new.sqlite"), reads=(MISSING,)),
    "its log": Reader("new.sqlite-wal", lambda folder: RecordCache(folder / "new.sqlite"), reads=(MISSING,)),
    "its journal": Reader("new.sqlite-journal", lambda folder: RecordCache(folder / "new.sqlite"), reads=(MISSING,)),
    "an image": Reader("input/t000.tif", _dataset("{folder}"), _write_pairs),
    "masks in a stack": Reader("masks.ome.tif", _dataset("{folder}/images.tif:{folder}/masks.ome.tif"), _write_stack),
    "arrays": Reader("frames.npz", _dataset("{folder}/frames.npz")),
    "a CSV list": Reader("frames.csv", _dataset("{folder}/frames.csv")),
    "an image of a CSV list": Reader("images/0.png", _dataset("{folder}/frames.csv"), _write_list),
    "measured axes": Reader("measured.toml", lambda folder: read_measured_axes(str(folder), None), reads=(MISSING,)),
    "git's HEAD": Reader(".git/HEAD", find_checkout, lambda folder: (folder / ".git").mkdir(), reads=TRAPS),
    "an ini file": Reader("pytest.ini", lambda folder: keys_of(folder / "pytest.ini"), reads=TRAPS),
    "an ini file in TOML": Reader("pytest.toml", lambda folder: keys_of(folder / "pytest.toml"), reads=TRAPS),
}


def _set(trap: str, place: Path, pipe: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    if trap == FIFO:
        os.mkfifo(place)
    elif trap == SOCKET:
        here = os.getcwd()
        os.chdir(place.parent)  # its path may have no more than some hundred bytes
        with socket.socket(socket.AF_UNIX) as end:
            end.bind(place.name)
        os.chdir(here)
    elif trap == ENDLESS:
        place.symlink_to("/dev/zero")
    elif trap == LINKED:
        os.mkfifo(pipe)
        place.symlink_to(pipe)
    elif trap == FOLDER:
        place.mkdir()


def main(root: Path) -> None:
    """Try every reader with every trap."""
    for name, reader in READERS.items():
        if find_spec(reader.library) is None:
            continue
        for trap in TRAPS:
            folder = root / f"{name} {trap}".replace("/", "") / "folder"
            folder.mkdir(parents=True)
            reader.prepare(folder)
            _set(trap, folder / reader.place, folder.with_name("pipe"))
            print(name, trap, sep="\t", end="\t", flush=True)
            try:
                reader.read(folder)
                print(READ, "", sep="\t", flush=True)
            except RobustbenchError as error:
                print(REFUSED, " ".join(str(error).split()), sep="\t", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
