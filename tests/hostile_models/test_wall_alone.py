"""Hostile files with the vetting switched off: the limits of a model's process hold alone.

Each file costs itself only: it predicts, is refused by the library that reads it, or is stopped with a message that
names the limit. That it executes no code is promised by the vetting, not by the limits, so no trap is looked at here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robustbench_cells.models.isolation.wall import GIBIBYTE
from robustbench_cells.models.loading import load_segmenter
from tests.conftest import REPOSITORY
from tests.hostile_models.trap import Trap
from tests.hostile_models.wall_alone import IMAGES, PREDICTED
from tests.support.extras import needs
from tests.support.networks import convolution, onnx_graph, save_graph

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of a process need Linux")

TIME = "took more than {seconds} s "
MEMORY = "took more than {memory} GiB of memory "
OPTIONS = {TIME: "--rb-model-seconds (model_seconds in Python)", MEMORY: "--rb-model-memory (model_memory in Python)"}
EVERY = "EVERY_HOSTILE_FILE" in os.environ  # `make walls`: the quick selection is of each kind a few
MINUTES = 60 if EVERY else 20  # for all files, on a busy machine


class Bait(Trap):
    """A trap in which nobody sits: whatever reads its pipe waits for ever."""

    def __init__(self, folder: Path) -> None:
        self.target, self.pipe, self.address = folder / "target", folder / "pipe", "http://127.0.0.1:9/"
        os.mkfifo(self.pipe)


def require_limits(
    loader: str, seconds: int, memory: float, sound: Path, files: Mapping[str, Path], stopped: Mapping[str, str]
) -> None:
    """Run the files, and compare what became of those that only a limit ends."""
    paths = {name: str(path) for name, path in files.items()}
    given = {"loader": f"tests.hostile_models.{loader}:load", "seconds": seconds, "memory": memory}
    settings = json.dumps({**given, "sound": str(sound), "files": paths})
    command = [sys.executable, "-m", "tests.hostile_models.wall_alone", settings]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60 * MINUTES)
    assert done.returncode == 0, done.stdout + done.stderr
    *lines, last = map(json.loads, done.stdout.splitlines())
    assert [line["name"] for line in lines] == list(files)
    assert all(line["sound"] for line in lines), lines
    for name, said in {line["name"]: line["said"] for line in lines}.items():
        if said.startswith("ModelStoppedError"):
            require_reason(said, paths[name], {"seconds": seconds, "memory": memory}, stopped.get(name, ""))
        else:
            assert name not in stopped, (name, said)
            assert said == PREDICTED or said.startswith("ModelError: "), (name, said)
    assert last["peak"] < 2 * memory * GIBIBYTE  # with what the library takes, and what the others in its process hold
    vetted = load_segmenter(str(sound)).predict(IMAGES)
    np.testing.assert_allclose(np.array(last["expected"], np.float32), vetted, atol=1e-5)


def require_reason(said: str, path: str, limits: Mapping[str, float], reason: str) -> None:
    """The message names the file, the limit, and what raises it; or that a library ended its process."""
    assert os.path.basename(path) in said
    if not reason and ": its process ended by signal" in said:
        return
    met = [limit for limit in OPTIONS if limit.format(**limits) in said]
    assert met, said
    assert OPTIONS[met[0]] in said
    assert not reason or met == [reason], said


EITHER = ""  # of the limits: what takes time may also take memory
ONNX_STOPPED = {
    "34 doublings of a text": EITHER,
    "24 nested functions": EITHER,
    "Range into Unique": EITHER,
    "pooling in wide windows": TIME,
    "a pipe that nobody writes to": TIME,
    "a link to an endless device": MEMORY,
}
ONNX_ALIKE = {  # stopped as others are; each would take another process, and seconds of it
    "34 doublings of a text by Tile", "34 doublings of an image", "34 doublings of a constant", "an outer sum",
    "24 nested functions in a branch", "300,000 nodes without effect", "branches in branches", "ConstantOfShape",
    "Gather of many", "Resize", "an outer product", "an outer product by Einsum", "many constants",
    "packed integers of an attribute", "packed integers",
}  # fmt: skip


@needs("onnx")
def test_onnx_files(tmp_path: Path) -> None:
    from tests.hostile_models import onnx_files as hostile

    files: dict[str, Path] = {}
    for name, build in hostile.GRAPHS.items():
        if EVERY or name not in ONNX_ALIKE:
            files[name] = save_graph(build(), tmp_path / f"{len(files)}.onnx")
    for name, content in hostile.FILES.items():
        if EVERY or name not in ONNX_ALIKE:
            files[name] = tmp_path / f"{len(files)}.onnx"
            files[name].write_bytes(content)
    (tmp_path / "overlaps").mkdir()
    files["overlapping tensors"] = hostile.save_with_overlaps(tmp_path / "overlaps")
    files |= no_files(tmp_path, "onnx")
    sound = save_graph(onnx_graph(*convolution()), tmp_path / "sound.onnx")
    require_limits("unvetted_onnx", 4, 1, sound, files, ONNX_STOPPED)


def no_files(folder: Path, suffix: str) -> dict[str, Path]:
    """What is no file, or is one in name only."""
    pipe, device, holes, within = (folder / f"{name}.{suffix}" for name in ("pipe", "device", "holes", "folder"))
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    with holes.open("wb") as file:
        file.truncate(2**40)
    within.mkdir()
    return {
        "a pipe that nobody writes to": pipe,
        "a link to an endless device": device,
        "a terabyte of holes": holes,
        "a folder": within,
    }


OPENVINO_STOPPED = {"31 doublings as shape": EITHER, "pooling in wide windows": TIME}
OPENVINO_ALIKE = {"constants of constants", "12,000 layers"}


@needs("openvino")
def test_openvino_files(tmp_path: Path) -> None:
    from tests.hostile_models.openvino_files import HOSTILE
    from tests.hostile_models.test_openvino import save_valid

    names = HOSTILE.keys() - (() if EVERY else OPENVINO_ALIKE)
    files = built(tmp_path, ((name, HOSTILE[name]) for name in sorted(names)))
    (tmp_path / "sound").mkdir()
    require_limits("unvetted_openvino", 4, 1, save_valid(tmp_path / "sound"), files, OPENVINO_STOPPED)


def built(folder: Path, builds: Iterable[tuple[str, Callable[[Path], Path]]]) -> dict[str, Path]:
    """Build each file in a folder of its own."""
    files: dict[str, Path] = {}
    for name, build in builds:
        own = folder / str(len(files))
        own.mkdir()
        files[name] = build(own)
    return files


KERAS_STOPPED = {
    "CVE-2026-1669, a link in weights": TIME,  # it waits for the bait, which costs nothing but time
    "an unused layer of integers": EITHER,
    "a nested network": EITHER,
    "a resize to a column, smoothly": EITHER,
}
KERAS = {  # of each kind a few: TensorFlow takes seconds to start again after each that is stopped
    *KERAS_STOPPED, "CVE-2025-12060, upwards", "keras 23016", "a configuration that decompresses", "CVE-2024-3660",
    "CVE-2025-1550", "CVE-2025-49655", "too many layers", "nested calls", "brackets", "a long number",
    "a name that is not UTF-8", "CVE-2026-1669, virtual", "CVE-2026-0897, compressed", "references",
    "a free block outside the heap", "free space of negative length", "keras 23010",
}  # fmt: skip


@needs("keras")
def test_keras_files(tiny: Path, tmp_path: Path) -> None:
    from tests.hostile_models import archive_files, test_config, test_hdf5, test_size

    bait = Bait(tmp_path)
    hostile: dict[str, Any] = archive_files.HOSTILE | test_config.HOSTILE | test_hdf5.HOSTILE | test_size.BOMBS
    builds = ((name, with_bait(hostile[name], tiny, bait)) for name in sorted(hostile if EVERY else KERAS))
    require_limits("unvetted_keras", 30, 1.5, tiny, built(tmp_path, builds), KERAS_STOPPED)


def with_bait(build: Callable[[Path, Path, Trap], Path], tiny: Path, bait: Bait) -> Callable[[Path], Path]:
    return lambda folder: build(folder, tiny, bait)
