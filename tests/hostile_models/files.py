"""A valid file of a tiny network, changed in one place."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile_models.trap import Trap

h5py = pytest.importorskip("h5py", reason="needs the extra 'keras'")

WEIGHTS = "model.weights.h5"


def read_members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def read_config_of(path: Path) -> dict[str, Any]:
    return json.loads(read_members(path)["config.json"])


def write_zip(path: Path, content: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def with_config(folder: Path, tiny: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    config = read_config_of(tiny)
    change(config)
    return write_zip(folder / "hostile.keras", read_members(tiny) | {"config.json": json.dumps(config).encode()})


def with_layer(folder: Path, tiny: Path, layer: dict[str, Any]) -> Path:
    """The tiny network with its first layer, Rescaling, replaced."""

    def change(config: dict[str, Any]) -> None:
        before = config["config"]["layers"][1]
        config["config"]["layers"][1] = {
            "registered_name": None, "name": before["name"], "inbound_nodes": before["inbound_nodes"], **layer,
        }  # fmt: skip
        config["config"]["layers"][1]["config"] = layer["config"]

    return with_config(folder, tiny, change)


def with_weights(folder: Path, tiny: Path, change: Callable[[h5py.File], object]) -> Path:
    content = read_members(tiny)
    file = io.BytesIO(content[WEIGHTS])
    with h5py.File(file, "r+") as root:
        change(root)
    return write_zip(folder / "hostile.keras", content | {WEIGHTS: file.getvalue()})


def keras_layer(name: str, module: str = "keras.layers", **config: object) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": {"name": "rescaling", **config}}


def iter_places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Iterate over the path of every value in a configuration."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, within in inside:
        yield (*path, key)
        yield from iter_places(within, (*path, key))


def put(config: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        config = config[key]
    config[path[-1]] = value


def with_convolution(change: Callable[[dict[str, Any]], object]) -> Callable[[Path, Path, Trap], Path]:
    """Change the network's second layer, the convolution."""
    return lambda folder, tiny, trap: with_config(folder, tiny, lambda config: change(config["config"]["layers"][2]))


def with_config_text(text: bytes) -> Callable[[Path, Path, Trap], Path]:
    return lambda folder, tiny, trap: write_zip(folder / "hostile.keras", read_members(tiny) | {"config.json": text})


def in_keras(change: Callable[[h5py.File, Trap], None]) -> Callable[[Path, Path, Trap], Path]:
    return lambda folder, tiny, trap: with_weights(folder, tiny, lambda root: change(root, trap))


def unwritten(root: h5py.File, trap: Trap) -> None:
    root.create_dataset("more", (2**28,), "f4")


def lambda_network(canary: Path) -> Any:
    import keras

    name = str(canary)
    inputs = keras.Input((None, None, 1))
    outputs = keras.layers.Lambda(lambda x: (open(name, "w").close(), x)[1])(inputs)
    canary.unlink()
    return keras.Model(inputs, outputs)


def lambda_keras(folder: Path, tiny: Path, trap: Trap) -> Path:
    lambda_network(trap.target).save(folder / "hostile.keras")
    return folder / "hostile.keras"
