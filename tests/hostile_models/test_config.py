"""Hostile configurations: classes, modules, functions and strings that are not on the allow-list."""

from __future__ import annotations

import base64
import contextlib
import copy
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robustbench_cells.errors import ModelError
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.vetting import keras_config
from robustbench_cells.models.vetting.keras_config import read_config
from tests.hostile_models.files import (
    iter_places,
    keras_layer,
    lambda_keras,
    lambda_network,
    put,
    read_config_of,
    read_members,
    with_config,
    with_config_text,
    with_convolution,
    with_layer,
    write_zip,
)
from tests.hostile_models.trap import Trap


def lambda_h5(folder: Path, tiny: Path, trap: Trap) -> Path:
    lambda_network(trap.target).save(folder / "hostile.h5")
    (folder / "hostile.toml").write_text("[file]\nlegacy_h5 = true\n")
    return folder / "hostile.h5"


def lambda_without_module(folder: Path, tiny: Path, trap: Trap) -> Path:
    path = lambda_keras(folder, tiny, trap)

    def change(config: dict[str, Any]) -> None:
        del config["config"]["layers"][1]["module"]

    return with_config(folder, path, change)


def lambda_in(wrapper: str) -> Callable[[Path, Path, Trap], Path]:
    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        inner = read_config_of(lambda_keras(folder, tiny, trap))["config"]["layers"][1]
        return with_layer(folder, tiny, keras_layer(wrapper, layer=inner))

    return build


def any_function(folder: Path, tiny: Path, trap: Trap) -> Path:
    call = {"args": [str(trap.target)], "kwargs": {}}
    layer = {"class_name": "function", "module": "os", "config": "mkdir", "registered_name": "mkdir"}
    return with_layer(folder, tiny, {**layer, "inbound_nodes": [call]})


def keras_function(module: str, name: str, **options: object) -> Callable[[Path, Path, Trap], Path]:
    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        function = {"module": module, "class_name": "function", "config": name, "registered_name": name}
        arguments = {key: str(value).format(trap=trap) for key, value in options.items()}
        layer = keras_layer("Lambda", function=function, arguments=arguments)
        return with_layer(folder, tiny, layer)

    return build


def layer(name: str, module: str = "keras.layers", **config: object) -> Callable[[Path, Path, Trap], Path]:
    """Replace a layer by one whose strings may name the trap."""

    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        filled = {key: value.format(trap=trap) if isinstance(value, str) else value for key, value in config.items()}
        return with_layer(folder, tiny, keras_layer(name, module, **filled))

    return build


class Pickled:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.target),)


def torch_pickle(folder: Path, tiny: Path, trap: Trap) -> Path:
    module = base64.b64encode(pickle.dumps(Pickled(trap.target))).decode()
    return with_layer(folder, tiny, keras_layer("TorchModuleWrapper", module=module))


def saved_model_layer(folder: Path, tiny: Path, trap: Trap) -> Path:
    (folder / "saved").mkdir()
    (folder / "saved" / "saved_model.pb").symlink_to(trap.pipe)
    return with_layer(folder, tiny, keras_layer("TFSMLayer", filepath=str(folder / "saved"), call_endpoint="serve"))


def inner_optimizer(convolution: dict[str, Any]) -> None:
    function = {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "eval"}
    convolution["compile_config"] = {"optimizer": "adam", "loss": function}


def computed_eagerly(convolution: dict[str, Any]) -> None:
    convolution["inbound_nodes"] = [{"args": [[[[[1.0]]]]], "kwargs": {}}]


def many_normalizations(folder: Path, tiny: Path, trap: Trap) -> Path:
    def change(config: dict[str, Any]) -> None:
        config["config"]["layers"] += [keras_layer("Normalization", axis=[-1]) for _ in range(17)]

    return with_config(folder, tiny, change)


def nested_calls(folder: Path, tiny: Path, trap: Trap) -> Path:
    """Nest a network in a network in a network, each called 150 times."""
    config = read_config_of(tiny)
    for _ in range(2):
        within = {**config, "name": config["config"]["name"], "inbound_nodes": []}
        call = copy.deepcopy(config["config"]["layers"][1]["inbound_nodes"])
        config = copy.deepcopy(config)
        config["config"]["layers"][1] = {**within, "inbound_nodes": call * 150}
    return write_zip(folder / "hostile.keras", read_members(tiny) | {"config.json": json.dumps(config).encode()})


def many_layers(folder: Path, tiny: Path, trap: Trap) -> Path:
    layers = [{"module": "keras.layers", "class_name": "ReLU", "config": {}}] * 20_000
    return with_config(folder, tiny, lambda config: config["config"]["layers"].extend(layers))


def with_names(network: str, convolution: str) -> Callable[[Path, Path, Trap], Path]:
    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        def change(config: dict[str, Any]) -> None:
            config["config"]["name"], last = network, config["config"]["layers"][-1]
            last["name"] = last["config"]["name"] = convolution
            config["config"]["output_layers"] = [convolution, 0, 0]

        return with_config(folder, tiny, change)

    return build


HOSTILE: dict[str, Callable[[Path, Path, Trap], Path]] = {
    "CVE-2024-3660": lambda_keras,
    "CVE-2025-1550": any_function,
    "CVE-2025-8747": keras_function("keras.utils", "get_file", fname="target", origin="{trap.address}"),
    "CVE-2025-8747, a model": keras_function("keras.models", "load_model", filepath="{trap.pipe}"),
    "CVE-2025-9905": lambda_h5,
    "CVE-2025-9906": keras_function("keras.config", "enable_unsafe_deserialization"),
    "CVE-2025-49655": torch_pickle,
    "CVE-2025-12058, a file": layer("StringLookup", vocabulary="{trap.pipe}"),
    "CVE-2025-12058, an address": layer("StringLookup", vocabulary="{trap.address}"),
    "CVE-2025-12058, numbers": layer("IntegerLookup", vocabulary="{trap.pipe}"),
    "CVE-2025-12058, words": layer("TextVectorization", vocabulary="{trap.pipe}"),
    "a name with a space": with_names("network", "two words"),
    "a name that begins with an underscore": with_names("_network", "convolution"),
    "a name that is not UTF-8": with_names("network", "con\udc89volution"),
    "CVE-2026-1462": saved_model_layer,
    "keras 23048": lambda_without_module,
    "keras-hub": layer("PARSeqTokenizer", "keras_hub.models", vocabulary="{trap.pipe}"),
    "Lambda in TimeDistributed": lambda_in("TimeDistributed"),
    "Lambda in Bidirectional": lambda_in("Bidirectional"),
    "Normalization of a whole image, which is computed as it is built": layer(
        "Normalization", axis=[1, 2], mean=1.0, variance=1.0
    ),
    "Normalization of a whole image, from a file": layer("Normalization", axis=[1, 2, 3], mean=None, variance=None),
    "many Normalizations": many_normalizations,
    "JaxLayer": layer("JaxLayer", call_fn={"class_name": "__lambda__", "config": {"value": "…"}}),
    "FlaxLayer": layer("FlaxLayer", module="…"),
    "an internal module of Keras": layer("Conv2D", "keras.src.utils.file_utils"),
    "a class registered by another library": with_convolution(lambda conv: conv.update(registered_name="Other>Conv2D")),
    "a layer's optimizer": with_convolution(inner_optimizer),
    "a path for a layer": with_convolution(lambda conv: conv["config"].update(vocabulary="/etc/passwd")),
    "a path for an initializer": with_convolution(lambda conv: conv["config"].update(kernel_initializer="/etc/passwd")),
    "an unknown activation": with_convolution(lambda conv: conv["config"].update(activation="deserialize")),
    "a layer called on numbers": with_convolution(computed_eagerly),
    "nested calls": nested_calls,
    "a shared network": lambda folder, tiny, trap: with_config(
        folder, tiny, lambda config: config.update(shared_object_id=1)
    ),
    "too many layers": many_layers,
    "a long seed": with_convolution(lambda conv: conv["config"].update(seed=10**4000)),
    "a tensor": with_convolution(
        lambda conv: conv["config"].update(seed={"class_name": "__tensor__", "config": {"value": 1, "dtype": "f4"}})
    ),
    "a type": with_convolution(lambda conv: conv["config"].update(seed={"class_name": "__typespec__", "config": []})),
    "not a number": with_convolution(lambda conv: conv["config"].update(seed=float("nan"))),
    "a class that is no string": with_convolution(lambda conv: conv.update(class_name=["Conv2D"])),
    "a module that is no string": with_convolution(lambda conv: conv.update(module=["keras.layers"])),
    "brackets": with_config_text(b"[" * 100_000),
    "objects in objects": with_config_text(b'{"class_name":"Model","config":' * 1000 + b"1" + b"}" * 1000),
    "a long number": with_config_text(b'{"class_name":"Model","config":' + b"9" * 10_000 + b"}"),
    "no configuration": with_config_text(b"{}"),
    "a list": with_config_text(b"[]"),
    "not UTF-8": with_config_text(b"\xff\xfe\x00"),
}  # fmt: skip


def test_nested_calls_are_counted(tiny: Path, trap: Trap, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"requests \d{5,} layer calls, more than the 2000 allowed"):
        load_segmenter(str(nested_calls(tmp_path, tiny, trap)))


@pytest.mark.parametrize("build", [lambda_keras, lambda_h5])
def test_trap_detects_code_without_validation(
    build: Callable[[Path, Path, Trap], Path], tiny: Path, trap: Trap, tmp_path: Path
) -> None:
    import keras

    path = build(tmp_path, tiny, trap)
    assert not trap.sprung
    keras.saving.load_model(path, compile=False, safe_mode=False)
    assert trap.sprung


def test_trap_detects_a_vocabulary_that_is_read(trap: Trap) -> None:
    import keras

    with contextlib.suppress(Exception):
        keras.layers.StringLookup(vocabulary=str(trap.pipe))
    assert trap.sprung


@pytest.fixture(scope="module")
def unlisted() -> list[str]:
    """Layers of Keras that are not on the allow-list."""
    import keras

    names = {name for name in dir(keras.layers) if not name.startswith("_")}
    return sorted(names - keras_config._LAYERS)


@given(data=st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_class_outside_the_allow_list_is_refused_anywhere(tiny: Path, unlisted: list[str], data: st.DataObject) -> None:
    config = read_config_of(tiny)
    listed = frozenset().union(*(classes for classes, _ in keras_config._MODULES))
    name = data.draw(st.sampled_from(unlisted) | st.text().filter(lambda name: name not in listed))
    module = data.draw(st.sampled_from(["keras.layers", "keras", "os", "builtins", "keras_hub.models", None]))
    hostile: Any = {
        "class_name": name,
        "config": {},
        "module": module,
        "registered_name": data.draw(st.none() | st.just(name)),
    }
    for wrap in data.draw(st.lists(st.sampled_from(["list", "dict"]), max_size=4)):
        hostile = (
            [hostile] if wrap == "list" else {data.draw(st.sampled_from(["config", "args", "layers", "x"])): hostile}
        )
    places = [place for place in iter_places(config) if place[0] != "compile_config"]
    put(config, data.draw(st.sampled_from(places)), hostile)
    with pytest.raises(ModelError):
        read_config(tiny, json.dumps(config), modules=True)
    with pytest.raises(ModelError):
        read_config(tiny, json.dumps(config), modules=False)


def test_names_that_are_valid_in_tensorflow_pass(tiny: Path, trap: Trap, tmp_path: Path) -> None:
    load_segmenter(str(with_names("0.net-a>b_c", "_convolution.0")(tmp_path, tiny, trap)))
