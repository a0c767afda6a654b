"""A sound file of a tiny network, changed in one place."""

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


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def config_of(path: Path) -> dict[str, Any]:
    return json.loads(members(path)["config.json"])


def rezipped(path: Path, content: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def with_config(folder: Path, tiny: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    config = config_of(tiny)
    change(config)
    return rezipped(folder / "hostile.keras", members(tiny) | {"config.json": json.dumps(config).encode()})


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
    content = members(tiny)
    file = io.BytesIO(content[WEIGHTS])
    with h5py.File(file, "r+") as root:
        change(root)
    return rezipped(folder / "hostile.keras", content | {WEIGHTS: file.getvalue()})


def keras_layer(name: str, module: str = "keras.layers", **config: object) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": {"name": "rescaling", **config}}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of everything in a configuration, the whole left out."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, within in inside:
        yield (*path, key)
        yield from places(within, (*path, key))


def put(config: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        config = config[key]
    config[path[-1]] = value


def part(changed: Callable[[dict[str, Any]], object]) -> Callable[[Path, Path, Trap], Path]:
    """A change of the network's second layer, the convolution."""
    return lambda folder, tiny, trap: with_config(folder, tiny, lambda config: changed(config["config"]["layers"][2]))


def config_text(text: bytes) -> Callable[[Path, Path, Trap], Path]:
    return lambda folder, tiny, trap: rezipped(folder / "hostile.keras", members(tiny) | {"config.json": text})


def in_keras(change: Callable[[h5py.File, Trap], None]) -> Callable[[Path, Path, Trap], Path]:
    return lambda folder, tiny, trap: with_weights(folder, tiny, lambda root: change(root, trap))


def never_written(root: h5py.File, trap: Trap) -> None:
    root.create_dataset("more", (2**28,), "f4")


def lambda_network(canary: Path) -> Any:
    import keras

    name = str(canary)
    inputs = keras.Input((None, None, 1))
    outputs = keras.layers.Lambda(lambda x: (open(name, "w").close(), x)[1])(inputs)
    canary.unlink()
    return keras.Model(inputs, outputs)


def lambda_keras(folder: Path, tiny: Path, trap: Trap) -> Path:
    lambda_network(trap.made).save(folder / "hostile.keras")
    return folder / "hostile.keras"
