"""The size: networks that want much memory get none."""

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
from tests.hostile_models.files import WEIGHTS, in_keras, keras_layer, members, never_written, part, with_config
from tests.hostile_models.trap import Trap


def huge(convolution: dict[str, Any]) -> None:
    convolution["config"].update(filters=2**20, kernel_size=[2**10, 2**10])


def huge_by_its_shape(convolution: dict[str, Any]) -> None:
    convolution["build_config"] = {"input_shape": [None, None, None, 2**20]}
    convolution["config"]["filters"] = 2**15


def unused(config: dict[str, Any]) -> None:
    """A layer that leads nowhere, so that no model counts its weights."""
    layer = copy.deepcopy(config["config"]["layers"][2])
    layer["name"] = layer["config"]["name"] = "unused"
    layer["inbound_nodes"] = []
    layer["config"].update(filters=2**15, kernel_size=[1, 1])
    layer["build_config"] = {"input_shape": [None, None, None, 2**15]}
    config["config"]["layers"].append(layer)


def unused_whole_numbers(config: dict[str, Any]) -> None:
    layer = {**keras_layer("Dense", units=20_000, dtype="int32"), "registered_name": None, "inbound_nodes": []}
    ones = {"module": "keras.initializers", "class_name": "Ones", "config": {}, "registered_name": None}
    layer["name"] = layer["config"]["name"] = "unused"
    layer["config"].update(kernel_initializer=ones, bias_initializer=ones)
    layer["build_config"] = {"input_shape": [None, 20_000]}
    config["config"]["layers"].append(layer)


def padded_inside(convolution: dict[str, Any]) -> None:
    convolution["config"]["dilation_rate"] = [2**13, 2**13]


def bomb_archive(folder: Path, tiny: Path, trap: Trap) -> Path:
    with zipfile.ZipFile(folder / "hostile.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members(tiny).items():
            archive.writestr(name, data if name != WEIGHTS else bytes(2**22))
        archive.getinfo(WEIGHTS).file_size = 5 * 2**30  # as if there were more of the same
    return folder / "hostile.keras"


def grown(times: int) -> Callable[[Path, Path, Trap], Path]:
    """One layer that doubles the picture, called again and again on what it gave."""

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


def grown_within(folder: Path, tiny: Path, trap: Trap) -> Path:
    import keras

    inner = keras.Sequential(
        [keras.Input((None, None, 1)), keras.layers.UpSampling2D(2**10), keras.layers.Conv2D(1, 1)]
    )
    block = keras.Model(entry := keras.Input((None, None, 1)), keras.layers.MaxPooling2D(2**10)(inner(entry)))
    keras.Sequential([keras.Input((None, None, 1)), block]).save(folder / "hostile.keras")
    return folder / "hostile.keras"


def merge_runs(folder: Path, tiny: Path, trap: Trap) -> Path:
    """None of the layers gives too much, and the last one needs what all of them give."""
    import keras

    inputs = keras.Input((None, None, 1))
    sums = keras.layers.Add()([keras.layers.Conv2D(64, 1)(inputs) for _ in range(160)])
    keras.Model(inputs, keras.layers.Conv2D(1, 1)(sums)).save(folder / "hostile.keras")
    return folder / "hostile.keras"


BOMBS: dict[str, Callable[[Path, Path, Trap], Path]] = {
    "keras 23010": bomb_archive,
    "CVE-2026-0897": in_keras(never_written),
    "weights": part(huge),
    "a shape that lies": part(huge_by_its_shape),
    "a layer that is not used": lambda folder, tiny, trap: with_config(folder, tiny, unused),
    "a layer of whole numbers that is not used": lambda folder, tiny, trap: with_config(
        folder, tiny, unused_whole_numbers
    ),
    "layers side by side": merge_runs,
    "a picture that is padded": part(padded_inside),
    "a layer again and again": grown(20),
    "a network in a network": grown_within,
}


LIMITED = """
import resource, sys
from robustbench_cells.errors import ModelError
from robustbench_cells.models.runtimes.quiet import import_keras
from robustbench_cells.models.loading import load_segmenter
load_segmenter(sys.argv[1])  # Keras, TensorFlow and their threads are there
virtual = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (virtual + 2**28,) * 2)
for path in sys.argv[2:]:
    try:
        load_segmenter(path)
    except ModelError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of a process's memory is Linux's")
def test_a_file_that_wants_much_memory_gets_none(tiny: Path, trap: Trap, tmp_path: Path) -> None:
    paths = []
    for number, build in enumerate(BOMBS.values()):
        (tmp_path / str(number)).mkdir()
        paths.append(str(build(tmp_path / str(number), tiny, trap)))
    command = [sys.executable, "-c", LIMITED, str(tiny), *paths]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for path, line in zip(paths, done.stdout.splitlines(), strict=True):
        assert path in line
        assert any(
            words in line for words in ("allowed", "are read", "has not got them", "is incompatible", "looks farther")
        ), line
