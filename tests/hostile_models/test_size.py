"""Networks that would need much memory or time are refused before any is spent."""

from __future__ import annotations

import copy
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.hostile_models import work_files
from tests.hostile_models.files import (
    WEIGHTS,
    in_keras,
    keras_layer,
    read_members,
    unwritten,
    with_config,
    with_convolution,
)
from tests.hostile_models.trap import Trap


def huge(convolution: dict[str, Any]) -> None:
    convolution["config"].update(filters=2**20, kernel_size=[2**10, 2**10])


def misdeclared_shape(convolution: dict[str, Any]) -> None:
    convolution["build_config"] = {"input_shape": [None, None, None, 2**20]}
    convolution["config"]["filters"] = 2**15


def unused(config: dict[str, Any]) -> None:
    """Add a layer without output, whose weights no model counts."""
    layer = copy.deepcopy(config["config"]["layers"][2])
    layer["name"] = layer["config"]["name"] = "unused"
    layer["inbound_nodes"] = []
    layer["config"].update(filters=2**15, kernel_size=[1, 1])
    layer["build_config"] = {"input_shape": [None, None, None, 2**15]}
    config["config"]["layers"].append(layer)


def unused_integers(config: dict[str, Any]) -> None:
    layer = {**keras_layer("Dense", units=20_000, dtype="int32"), "registered_name": None, "inbound_nodes": []}
    ones = {"module": "keras.initializers", "class_name": "Ones", "config": {}, "registered_name": None}
    layer["name"] = layer["config"]["name"] = "unused"
    layer["config"].update(kernel_initializer=ones, bias_initializer=ones)
    layer["build_config"] = {"input_shape": [None, 20_000]}
    config["config"]["layers"].append(layer)


def dilated(convolution: dict[str, Any]) -> None:
    convolution["config"]["dilation_rate"] = [2**13, 2**13]


def bomb_archive(folder: Path, tiny: Path, trap: Trap) -> Path:
    with zipfile.ZipFile(folder / "hostile.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in read_members(tiny).items():
            archive.writestr(name, data if name != WEIGHTS else bytes(2**22))
        archive.getinfo(WEIGHTS).file_size = 5 * 2**30  # as if it had more zeros
    return folder / "hostile.keras"


def upsampled(times: int) -> Callable[[Path, Path, Trap], Path]:
    """Call one layer that doubles the image repeatedly on its own output."""

    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        import keras

        inputs = keras.Input((None, None, 1))
        double, x = keras.layers.UpSampling2D(2), inputs
        for _ in range(times):
            x = double(x)
        outputs = keras.layers.Conv2D(1, 1)(x)
        keras.Model(inputs, keras.layers.GlobalMaxPooling2D()(outputs)).save(folder / "hostile.keras")
        return folder / "hostile.keras"

    return build


def upsampled_within(folder: Path, tiny: Path, trap: Trap) -> Path:
    import keras

    inner = keras.Sequential(
        [keras.Input((None, None, 1)), keras.layers.UpSampling2D(2**10), keras.layers.Conv2D(1, 1)]
    )
    block = keras.Model(entry := keras.Input((None, None, 1)), keras.layers.MaxPooling2D(2**10)(inner(entry)))
    keras.Sequential([keras.Input((None, None, 1)), block]).save(folder / "hostile.keras")
    return folder / "hostile.keras"


def parallel_layers(folder: Path, tiny: Path, trap: Trap) -> Path:
    """Add layers whose outputs are small, but needed at the same time."""
    import keras

    inputs = keras.Input((None, None, 1))
    sums = keras.layers.Add()([keras.layers.Conv2D(64, 1)(inputs) for _ in range(160)])
    keras.Model(inputs, keras.layers.Conv2D(1, 1)(sums)).save(folder / "hostile.keras")
    return folder / "hostile.keras"


BOMBS: dict[str, Callable[[Path, Path, Trap], Path]] = {
    **work_files.BOMBS,
    "keras 23010": bomb_archive,
    "CVE-2026-0897": in_keras(unwritten),
    "weights": with_convolution(huge),
    "a misdeclared shape": with_convolution(misdeclared_shape),
    "an unused layer": lambda folder, tiny, trap: with_config(folder, tiny, unused),
    "an unused layer of integers": lambda folder, tiny, trap: with_config(folder, tiny, unused_integers),
    "parallel layers": parallel_layers,
    "a dilated kernel": with_convolution(dilated),
    "a layer called repeatedly": upsampled(20),
    "a nested network": upsampled_within,
}


LIMITED = """
import resource, signal, sys
from robustbench_cells.errors import ModelError
from robustbench_cells.models.runtimes.quiet import import_keras
from robustbench_cells.models.loading import load_segmenter
load_segmenter(sys.argv[1])  # Keras, TensorFlow and their threads have started
virtual = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (virtual + 2**28,) * 2)
for path in sys.argv[2:]:
    signal.alarm(60)  # ends the process
    try:
        load_segmenter(path)
    except ModelError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory limits of a process need Linux")
def test_file_that_needs_much_memory_or_time_is_refused(tiny: Path, trap: Trap, tmp_path: Path) -> None:
    paths = []
    for number, build in enumerate(BOMBS.values()):
        (tmp_path / str(number)).mkdir()
        paths.append(str(build(tmp_path / str(number), tiny, trap)))
    command = [sys.executable, "-c", LIMITED, str(tiny), *paths]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    reasons = ("allowed", "depends on the data", "does not have", "is incompatible", "reaches farther")
    for name, path, line in zip(BOMBS, paths, done.stdout.splitlines(), strict=True):
        assert path in line, name
        assert any(reason in line for reason in reasons), f"{name}: {line}"
