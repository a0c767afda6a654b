"""Model files that want to run code, read files, ask the network or take all memory: each is refused before it acts.

===================  ==============================================================================================
CVE-2024-3660        Lambda layers hold Python bytecode
CVE-2025-1550        a configuration names any function of any module, and what to call it with
CVE-2025-8747        the same with Keras' own functions: keras.utils.get_file fetches a file to anywhere
CVE-2025-9905        .h5 files ignore safe mode
CVE-2025-9906        a configuration turns safe mode off by keras.config.enable_unsafe_deserialization
CVE-2025-49655       TorchModuleWrapper unpickles
CVE-2025-12058       lookup layers read their vocabulary from a file or an address (also TextVectorization)
CVE-2025-12060       archives unpack to outside their folder (also Keras' pull requests 22973 and 23015: links)
CVE-2026-1462        TFSMLayer loads a SavedModel from anywhere
CVE-2026-1669        HDF5 keeps data in other files: external storage, external links, virtual data sets
CVE-2026-0897        HDF5 data sets declare more than the file has (also pull request 22975)
keras 23010, 23101   members of the archive decompress to far more than is stored
keras 23016          .npz weights do
keras 23048          layers without a module go to the old loader, where Lambda was let through
keras-hub            tokenizers read vocabularies from any file (PARSeqTokenizer)
===================  ==============================================================================================

The rest is ours: what the same doors would let in if only the known was kept out.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import io
import json
import os
import pickle
import subprocess
import sys
import threading
import warnings
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robustbench_cells.errors import ModelError
from robustbench_cells.models import load_segmenter
from robustbench_cells.models._hdf5 import check_hdf5
from robustbench_cells.models._keras_config import read_config
from tests.conftest import REPOSITORY
from tests.networks import save_tiny_network

WEIGHTS = "model.weights.h5"


class Trap:
    """What a hostile file would make, read or ask for, and whether it did."""

    def __init__(self, folder: Path, address: str) -> None:
        self.made = folder / "made"
        self.pipe = folder / "pipe"  # whoever opens it for reading lets the other end go on
        self.address = address
        self.asked: list[str] = []
        os.mkfifo(self.pipe)
        self._opened = threading.Event()
        self._closing = False
        self._watch = threading.Thread(target=self._wait, daemon=True)
        self._watch.start()

    def _wait(self) -> None:
        end = os.open(self.pipe, os.O_WRONLY)
        if not self._closing:
            self._opened.set()
        os.close(end)

    def close(self) -> None:
        self._closing = True
        os.close(os.open(self.pipe, os.O_RDONLY | os.O_NONBLOCK))
        self._watch.join()

    @property
    def sprung(self) -> bool:
        return self.made.exists() or self._opened.wait(0.05) or bool(self.asked)


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Trap]:
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "trap").mkdir()
    set_up = Trap(tmp_path / "trap", f"http://127.0.0.1:{server.server_port}/canary")
    set_up.asked = asked
    yield set_up
    set_up.close()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_network(tmp_path_factory.mktemp("tiny") / "tiny.keras", seed=1)


@pytest.fixture(scope="module")
def tiny_h5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = save_tiny_network(tmp_path_factory.mktemp("tiny") / "tiny.h5", seed=1)
    path.with_suffix(".toml").write_text("[file]\nlegacy_h5 = true\n")
    return path


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


def kernel(root: h5py.File) -> str:
    names: list[str] = []
    root.visititems(lambda name, thing: names.append(name) if getattr(thing, "ndim", 0) == 4 else None)
    return names[0]


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


def lambda_h5(folder: Path, tiny: Path, trap: Trap) -> Path:
    lambda_network(trap.made).save(folder / "hostile.h5")
    (folder / "hostile.toml").write_text("[file]\nlegacy_h5 = true\n")
    return folder / "hostile.h5"


def lambda_without_module(folder: Path, tiny: Path, trap: Trap) -> Path:
    path = lambda_keras(folder, tiny, trap)

    def change(config: dict[str, Any]) -> None:
        del config["config"]["layers"][1]["module"]

    return with_config(folder, path, change)


def lambda_in(wrapper: str) -> Callable[[Path, Path, Trap], Path]:
    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        inner = config_of(lambda_keras(folder, tiny, trap))["config"]["layers"][1]
        return with_layer(folder, tiny, keras_layer(wrapper, layer=inner))

    return build


def any_function(folder: Path, tiny: Path, trap: Trap) -> Path:
    call = {"args": [str(trap.made)], "kwargs": {}}
    layer = {"class_name": "function", "module": "os", "config": "mkdir", "registered_name": "mkdir"}
    return with_layer(folder, tiny, {**layer, "inbound_nodes": [call]})


def keras_function(module: str, name: str, **options: object) -> Callable[[Path, Path, Trap], Path]:
    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        function = {"module": module, "class_name": "function", "config": name, "registered_name": name}
        arguments = {key: str(value).format(trap=trap) for key, value in options.items()}
        layer = keras_layer("Lambda", function=function, arguments=arguments)
        return with_layer(folder, tiny, layer)

    return build


def keras_layer(name: str, module: str = "keras.layers", **config: object) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": {"name": "rescaling", **config}}


def layer(name: str, module: str = "keras.layers", **config: object) -> Callable[[Path, Path, Trap], Path]:
    """A layer whose texts may name the trap."""

    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        filled = {key: value.format(trap=trap) if isinstance(value, str) else value for key, value in config.items()}
        return with_layer(folder, tiny, keras_layer(name, module, **filled))

    return build


class Pickled:
    def __init__(self, made: Path) -> None:
        self.made = made

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.made),)


def torch_pickle(folder: Path, tiny: Path, trap: Trap) -> Path:
    module = base64.b64encode(pickle.dumps(Pickled(trap.made))).decode()
    return with_layer(folder, tiny, keras_layer("TorchModuleWrapper", module=module))


def saved_model_layer(folder: Path, tiny: Path, trap: Trap) -> Path:
    (folder / "saved").mkdir()
    (folder / "saved" / "saved_model.pb").symlink_to(trap.pipe)
    return with_layer(folder, tiny, keras_layer("TFSMLayer", filepath=str(folder / "saved"), call_endpoint="serve"))


def archive_with(name: str) -> Callable[[Path, Path, Trap], Path]:
    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        named = name.format(absolute=trap.made, trap="trap/made")
        return rezipped(folder / "hostile.keras", members(tiny) | {named: b"canary"})

    return build


def archive_with_a_link(folder: Path, tiny: Path, trap: Trap) -> Path:
    path = rezipped(folder / "hostile.keras", members(tiny))
    link = zipfile.ZipInfo("assets/link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, str(trap.made.parent))
    return path


def archive_with_two_configs(folder: Path, tiny: Path, trap: Trap) -> Path:
    hostile = members(lambda_keras(folder, tiny, trap))["config.json"]
    path = rezipped(folder / "hostile.keras", members(tiny))
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("config.json", hostile)
    return path


def external_link(root: h5py.File, trap: Trap) -> None:
    del root[kernel(root).split("/")[0]]
    root["layers"] = h5py.ExternalLink(str(trap.pipe), "/")


def soft_link(root: h5py.File, trap: Trap) -> None:
    name = kernel(root)
    root.move(name, "elsewhere")
    root[name] = h5py.SoftLink("/elsewhere")


def external_storage(root: h5py.File, trap: Trap) -> None:
    name = kernel(root)
    shape = root[name].shape
    del root[name]
    root.create_dataset(name, shape, "f4", external=[(str(trap.pipe), 0, h5py.h5f.UNLIMITED)])


def virtual(root: h5py.File, trap: Trap) -> None:
    name = kernel(root)
    shape = root[name].shape
    del root[name]
    layout = h5py.VirtualLayout(shape, "f4")
    layout[:] = h5py.VirtualSource(str(trap.pipe), "data", shape)
    root.create_virtual_dataset(name, layout)


def twice(root: h5py.File, trap: Trap) -> None:
    root["again"] = root["layers"]


def references(root: h5py.File, trap: Trap) -> None:
    root.create_dataset("more", (1,), h5py.ref_dtype)


def texts(root: h5py.File, trap: Trap) -> None:
    root.create_dataset("more", data=["a text"])


def many_texts(root: h5py.File, trap: Trap) -> None:
    root.attrs["long"] = "x" * 2**20
    root.attrs["list"] = ["a text"] * 1000


def deep(root: h5py.File, trap: Trap) -> None:
    root.create_group("/".join(["deep"] * 100))


def crowded(root: h5py.File, trap: Trap) -> None:
    for number in range(21_000):
        root.create_group(str(number))


def compressed(root: h5py.File, trap: Trap) -> None:
    root.create_dataset("more", data=np.zeros(10_000), compression="gzip")


def never_written(root: h5py.File, trap: Trap) -> None:
    root.create_dataset("more", (2**28,), "f4")


def in_keras(change: Callable[[h5py.File, Trap], None]) -> Callable[[Path, Path, Trap], Path]:
    return lambda folder, tiny, trap: with_weights(folder, tiny, lambda root: change(root, trap))


def in_weights(change: Callable[[h5py.File, Trap], None]) -> Callable[[Path, Path, Trap], Path]:
    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        path = with_weights(folder, tiny, lambda root: change(root, trap))
        (folder / "hostile.weights.h5").write_bytes(members(path)[WEIGHTS])
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


def part(changed: Callable[[dict[str, Any]], object]) -> Callable[[Path, Path, Trap], Path]:
    """A change of the network's second layer, the convolution."""
    return lambda folder, tiny, trap: with_config(folder, tiny, lambda config: changed(config["config"]["layers"][2]))


def optimizer_within(convolution: dict[str, Any]) -> None:
    function = {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "eval"}
    convolution["compile_config"] = {"optimizer": "adam", "loss": function}


def computed_at_once(convolution: dict[str, Any]) -> None:
    convolution["inbound_nodes"] = [{"args": [[[[[1.0]]]]], "kwargs": {}}]


def npz_weights(folder: Path, tiny: Path, trap: Trap) -> Path:
    content = members(tiny)
    bomb = io.BytesIO()
    np.savez_compressed(bomb, weights=np.zeros(2**20))
    del content[WEIGHTS]
    return rezipped(folder / "hostile.keras", content | {"model.weights.npz": bomb.getvalue()})


def calls_of_calls(folder: Path, tiny: Path, trap: Trap) -> Path:
    """A network that calls a network that calls a network, a thousand times each."""
    config = config_of(tiny)
    for _ in range(2):
        within = {**config, "name": config["config"]["name"], "inbound_nodes": []}
        call = copy.deepcopy(config["config"]["layers"][1]["inbound_nodes"])
        config = copy.deepcopy(config)
        config["config"]["layers"][1] = {**within, "inbound_nodes": call * 1000}
    return rezipped(folder / "hostile.keras", members(tiny) | {"config.json": json.dumps(config).encode()})


def without_end(folder: Path, tiny: Path, trap: Trap) -> Path:
    layers = [{"module": "keras.layers", "class_name": "ReLU", "config": {}}] * 20_000
    return with_config(folder, tiny, lambda config: config["config"]["layers"].extend(layers))


def long_within_much(folder: Path, tiny: Path, trap: Trap) -> Path:
    """Beside what cannot be compressed, which makes the whole look as if nothing was."""
    content = members(tiny) | {"config.json": b" " * 2**24, "metadata.json": os.urandom(2**23)}
    return rezipped(folder / "hostile.keras", content, zipfile.ZIP_DEFLATED)


def config_text(text: bytes) -> Callable[[Path, Path, Trap], Path]:
    return lambda folder, tiny, trap: rezipped(folder / "hostile.keras", members(tiny) | {"config.json": text})


HOSTILE: dict[str, Callable[[Path, Path, Trap], Path]] = {
    "CVE-2024-3660": lambda_keras,
    "CVE-2025-1550": any_function,
    "CVE-2025-8747": keras_function("keras.utils", "get_file", fname="made", origin="{trap.address}"),
    "CVE-2025-8747, a model": keras_function("keras.models", "load_model", filepath="{trap.pipe}"),
    "CVE-2025-9905": lambda_h5,
    "CVE-2025-9906": keras_function("keras.config", "enable_unsafe_deserialization"),
    "CVE-2025-49655": torch_pickle,
    "CVE-2025-12058, a file": layer("StringLookup", vocabulary="{trap.pipe}"),
    "CVE-2025-12058, an address": layer("StringLookup", vocabulary="{trap.address}"),
    "CVE-2025-12058, numbers": layer("IntegerLookup", vocabulary="{trap.pipe}"),
    "CVE-2025-12058, words": layer("TextVectorization", vocabulary="{trap.pipe}"),
    "CVE-2025-12060, absolute": archive_with("{absolute}"),
    "CVE-2025-12060, upwards": archive_with("../{trap}"),
    "CVE-2025-12060, assets": archive_with("assets/../../{trap}"),
    "CVE-2025-12060, a link": archive_with_a_link,
    "CVE-2026-1462": saved_model_layer,
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
    "CVE-2026-0897, never written": in_keras(never_written),
    "CVE-2026-0897, in weights": in_weights(never_written),
    "CVE-2026-0897, in h5": in_h5(never_written),
    "keras 23016": npz_weights,
    "keras 23048": lambda_without_module,
    "keras-hub": layer("PARSeqTokenizer", "keras_hub.models", vocabulary="{trap.pipe}"),
    "Lambda in TimeDistributed": lambda_in("TimeDistributed"),
    "Lambda in Bidirectional": lambda_in("Bidirectional"),
    "Normalization, which computes when it is built": layer("Normalization", mean=1.0, variance=1.0),
    "JaxLayer": layer("JaxLayer", call_fn={"class_name": "__lambda__", "config": {"value": "…"}}),
    "FlaxLayer": layer("FlaxLayer", module="…"),
    "a module of Keras' inside": layer("Conv2D", "keras.src.utils.file_utils"),
    "a class that a library registered": part(lambda inside: inside.update(registered_name="Other>Conv2D")),
    "a layer's optimizer": part(optimizer_within),
    "a path for a layer": part(lambda inside: inside["config"].update(vocabulary="/etc/passwd")),
    "a path for an initializer": part(lambda inside: inside["config"].update(kernel_initializer="/etc/passwd")),
    "an unknown activation": part(lambda inside: inside["config"].update(activation="deserialize")),
    "a layer called with numbers": part(computed_at_once),
    "calls of calls": calls_of_calls,
    "a network that is there twice": lambda folder, tiny, trap: with_config(
        folder, tiny, lambda config: config.update(shared_object_id=1)
    ),
    "layers without end": without_end,
    "a tensor": part(
        lambda inside: inside["config"].update(seed={"class_name": "__tensor__", "config": {"value": 1, "dtype": "f4"}})
    ),
    "a type": part(lambda inside: inside["config"].update(seed={"class_name": "__typespec__", "config": []})),
    "a number that is none": part(lambda inside: inside["config"].update(seed=float("nan"))),
    "a class that is no name": part(lambda inside: inside.update(class_name=["Conv2D"])),
    "a module that is no name": part(lambda inside: inside.update(module=["keras.layers"])),
    "two configurations": archive_with_two_configs,
    "an object there twice": in_keras(twice),
    "references": in_keras(references),
    "texts": in_keras(texts),
    "a list of long texts": in_keras(many_texts),
    "groups in groups": in_keras(deep),
    "too many objects": in_keras(crowded),
    "brackets": config_text(b"[" * 100_000),
    "objects in objects": config_text(b'{"class_name":"Model","config":' * 1000 + b"1" + b"}" * 1000),
    "a configuration that decompresses": long_within_much,
    "a long configuration": config_text(b" " * 2**22 + b"{}"),
    "a long number": config_text(b'{"class_name":"Model","config":' + b"9" * 10_000 + b"}"),
    "no configuration": config_text(b"{}"),
    "a list": config_text(b"[]"),
    "no text": config_text(b"\xff\xfe\x00"),
}  # fmt: skip


@pytest.mark.parametrize("build", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_before_it_acts(
    build: Callable[[Path, Path, Trap], Path], tiny: Path, trap: Trap, tmp_path: Path
) -> None:
    path = build(tmp_path, tiny, trap)
    before = set(tmp_path.rglob("*"))
    with pytest.raises(ModelError, match="hostile") as refused:
        load_segmenter(str(path))
    assert not trap.sprung
    assert "Keras cannot load it" not in str(refused.value)  # by our own checks, not by those of one version of Keras
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("build", [lambda_keras, lambda_h5])
def test_the_trap_springs_where_nothing_is_checked(
    build: Callable[[Path, Path, Trap], Path], tiny: Path, trap: Trap, tmp_path: Path
) -> None:
    import keras

    path = build(tmp_path, tiny, trap)
    assert not trap.sprung
    keras.saving.load_model(path, compile=False, safe_mode=False)
    assert trap.sprung


@pytest.mark.parametrize("change", [external_link, external_storage, virtual])
def test_the_trap_springs_where_hdf5_is_read_unchecked(
    change: Callable[[h5py.File, Trap], None], tiny: Path, trap: Trap, tmp_path: Path
) -> None:
    path = in_weights(change)(tmp_path, tiny, trap)
    name = members(tiny)[WEIGHTS]
    with h5py.File(io.BytesIO(name)) as root:
        data = kernel(root)
    with h5py.File(path) as root, contextlib.suppress(OSError, KeyError):
        root[data][()]
    assert trap.sprung


def test_the_trap_springs_where_a_layer_reads_its_vocabulary(trap: Trap) -> None:
    import keras

    with contextlib.suppress(Exception):
        keras.layers.StringLookup(vocabulary=str(trap.pipe))
    assert trap.sprung


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


def side_by_side(folder: Path, tiny: Path, trap: Trap) -> Path:
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
    "layers side by side": side_by_side,
    "a picture that is padded": part(padded_inside),
    "a layer again and again": grown(20),
    "a network in a network": grown_within,
}
LIMITED = """
import resource, sys
from robustbench_cells.errors import ModelError
from robustbench_cells.models import import_keras, load_segmenter
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


@pytest.fixture(scope="module")
def unlisted() -> list[str]:
    """What Keras exports as layers and this package does not let in."""
    import keras

    from robustbench_cells.models import _keras_config

    names = {name for name in dir(keras.layers) if not name.startswith("_")}
    return sorted(names - _keras_config._LAYERS)


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


@given(data=st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_class_that_is_not_on_the_list_is_refused_anywhere(
    tiny: Path, unlisted: list[str], data: st.DataObject
) -> None:
    config = config_of(tiny)
    name = data.draw(st.sampled_from(unlisted) | st.text())
    module = data.draw(st.sampled_from(["keras.layers", "keras", "os", "builtins", "keras_hub.models", None]))
    thing: Any = {
        "class_name": name,
        "config": {},
        "module": module,
        "registered_name": data.draw(st.none() | st.just(name)),
    }
    for wrap in data.draw(st.lists(st.sampled_from(["list", "dict"]), max_size=4)):
        thing = [thing] if wrap == "list" else {data.draw(st.sampled_from(["config", "args", "layers", "x"])): thing}
    put(config, data.draw(st.sampled_from([place for place in places(config) if place[0] != "compile_config"])), thing)
    with pytest.raises(ModelError):
        read_config(tiny, json.dumps(config), modules=True)
    with pytest.raises(ModelError):
        read_config(tiny, json.dumps(config), modules=False)


def loads_or_is_refused(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a network that gives the same everywhere
        with contextlib.suppress(ModelError):
            load_segmenter(str(path))


SCALARS = (
    st.none() | st.booleans() | st.integers(-5, 2**21) | st.floats() | st.text(max_size=5) | st.just([]) | st.just({})
)


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_wrong_value_gives_a_segmenter_or_a_model_error(tiny: Path, data: st.DataObject, tmp_path: Path) -> None:
    config = copy.deepcopy(config_of(tiny))
    put(config, data.draw(st.sampled_from(list(places(config)))), data.draw(SCALARS))
    content = members(tiny) | {"config.json": json.dumps(config).encode()}
    loads_or_is_refused(rezipped(tmp_path / "wrong.keras", content))


def flipped(content: bytes, data: st.DataObject) -> bytes:
    damaged = bytearray(content)
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        damaged[place] ^= data.draw(st.integers(1, 255))
    return bytes(damaged)


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", ["the whole", "config.json", WEIGHTS])
def test_a_damaged_file_gives_a_segmenter_or_a_model_error(
    tiny: Path, data: st.DataObject, name: str, tmp_path: Path
) -> None:
    path = tmp_path / "damaged.keras"
    if name == "the whole":
        path.write_bytes(flipped(tiny.read_bytes(), data))
    else:
        content = members(tiny)
        rezipped(path, content | {name: flipped(content[name], data)})
    loads_or_is_refused(path)


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_old_file_gives_a_segmenter_or_a_model_error(
    tiny_h5: Path, data: st.DataObject, tmp_path: Path
) -> None:
    path = tmp_path / "damaged.h5"
    (tmp_path / "damaged.toml").write_text("[file]\nlegacy_h5 = true\n")
    path.write_bytes(flipped(tiny_h5.read_bytes(), data))
    loads_or_is_refused(path)


def test_half_precision_weights_pass(tmp_path: Path) -> None:
    import ml_dtypes

    with h5py.File(tmp_path / "half.h5", "w") as root:
        root.create_dataset("bfloat16", data=np.ones(3, ml_dtypes.bfloat16))
        root.create_dataset("float16", data=np.ones((2, 2), np.float16))
        root.create_dataset("one", data=np.float32(1))
    assert check_hdf5(tmp_path / "half.h5", tmp_path / "half.h5") == 8
