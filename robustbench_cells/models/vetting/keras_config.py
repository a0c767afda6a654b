"""The configuration of a stranger's Keras network: checked before Keras makes anything of it.

Keras finds classes and functions by the names that a configuration gives. Some of them run code, read files or ask the
network, and new ones of that kind are found every year; so what is not on the list of this file is refused.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robustbench_cells.errors import ModelError

MAX_BYTES = 2**22
_MAX_DEPTH = 60
_MAX_SIZE = 2**20  # of any number of channels, pixels and the like
_MAX_REACH = 256  # pixels that a convolution may look aside: the backend pads the picture by as many
_MAX_CALLS = 10_000  # of layers
_NAME = 255  # characters


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LAYERS = _names(
    """
    Activation ActivityRegularization Add AlphaDropout Average AveragePooling2D BatchNormalization Concatenate Conv2D
    Conv2DTranspose Cropping2D Dense DepthwiseConv2D Dropout ELU Flatten GaussianDropout GaussianNoise
    GlobalAveragePooling2D GlobalMaxPooling2D GroupNormalization Identity InputLayer LayerNormalization LeakyReLU
    MaxPooling2D Maximum Minimum Multiply PReLU Permute RMSNormalization ReLU Rescaling Reshape Resizing
    SeparableConv2D Softmax SpatialDropout2D Subtract UnitNormalization UpSampling2D ZeroPadding2D
    """
)
_MODELS = frozenset({"Functional", "Model", "Sequential"})
_INITIALIZERS = _names(
    """
    Constant GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform Ones RandomNormal RandomUniform
    TruncatedNormal VarianceScaling Zeros
    """
)
_REGULARIZERS = frozenset({"L1", "L1L2", "L2"})
_CONSTRAINTS = frozenset({"MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"})
_ACTIVATIONS = _names(
    """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid
    log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid
    sparsemax squareplus swish tanh tanh_shrink threshold
    """
)
_ARITHMETIC = _names(
    """
    Absolute Add Clip Concatenate Divide Exp ExpandDims Log Max Maximum Mean Minimum Multiply Negative Power Sqrt Square
    Squeeze Subtract Sum TrueDivide
    """
)
_NEURAL = frozenset({"Elu", "Gelu", "LeakyRelu", "Relu", "Relu6", "Sigmoid", "Silu", "Softmax", "Softplus"})
_HOMES = (  # the classes of the list, and the modules that Keras writes for them
    (_LAYERS, {"keras.layers"}),
    (_MODELS, {"keras", "keras.models", "keras.src.models.functional", "keras.src.models.sequential"}),
    (_INITIALIZERS, {"keras.initializers"}),
    (_REGULARIZERS, {"keras.regularizers"}),
    (_CONSTRAINTS, {"keras.constraints"}),
    (frozenset({"DTypePolicy"}), {"keras", "keras.dtype_policies"}),
    (_ARITHMETIC, {"keras.src.ops.numpy"}),
    (_NEURAL, {"keras.src.ops.nn"}),
)
_DTYPES = frozenset(
    {"bfloat16", "bool", "float16", "float32", "float64", "int32", "int64", "mixed_bfloat16", "mixed_float16", "uint8"}
)


def _by_name(classes: frozenset[str]) -> frozenset[str]:
    """As old files call them: ``HeNormal`` and ``he_normal``."""
    return classes | {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() for name in classes}


_ANY: None = None
_TEXTS: dict[str, frozenset[str] | None] = {  # where a text may be, and which; anywhere else it could name a file
    "name": _ANY,
    "keras_history": _ANY,
    "input_layers": _ANY,
    "output_layers": _ANY,
    "inbound_nodes": _ANY,
    "keras_version": _ANY,
    "backend": frozenset({"jax", "numpy", "openvino", "tensorflow", "torch"}),
    "dtype": _DTYPES,
    "data_format": frozenset({"channels_first", "channels_last"}),
    "padding": frozenset({"same", "valid"}),
    "fill_mode": frozenset({"constant", "nearest", "reflect", "wrap"}),
    "interpolation": frozenset({"area", "bicubic", "bilinear", "lanczos3", "lanczos5", "nearest"}),
    "mode": frozenset({"fan_avg", "fan_in", "fan_out"}),
    "distribution": frozenset({"normal", "truncated_normal", "uniform", "untruncated_normal"}),
    "activation": _ACTIVATIONS,
    **{
        f"{of}_{what}": _by_name(classes)
        for what, classes in {
            "initializer": _INITIALIZERS,
            "regularizer": _REGULARIZERS,
            "constraint": _CONSTRAINTS,
        }.items()
        for of in _names("activity alpha beta bias depthwise gamma kernel moving_mean moving_variance pointwise")
    },
}
_OBJECT = frozenset(
    {
        "build_config", "class_name", "compile_config", "config", "inbound_nodes", "module", "name", "registered_name",
        "shared_object_id", "__passive_serialization__",
    }
)  # fmt: skip
_OUTER, _INNER = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.>-]*"), re.compile(r"[A-Za-z0-9_.>-]+")  # names for TensorFlow
_UNBOUNDED = ("seed", "shared_object_id")  # whole numbers that are no sizes


def read_config(path: Path, text: str | bytes, *, modules: bool) -> dict[str, Any]:
    """The configuration of a network, all of whose parts are on the list.

    Parameters
    ----------
    path
        What messages name.
    text
        JSON, as Keras 3 writes it, or Keras 2.
    modules
        Whether each class must come with its module; the files of Keras 2 name none.

    Returns
    -------
    dict
        Without what the network was compiled with, which is not loaded.

    Raises
    ------
    ModelError
        If it is longer than 4 MiB, no JSON, or asks for anything else.
    """
    if len(text) > MAX_BYTES:
        raise ModelError(f"{path}: its configuration has {len(text)} bytes, more than the {MAX_BYTES} allowed")
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: its configuration is not JSON ({error}); save it again with Keras 3") from error
    if not isinstance(config, dict) or str(config.get("class_name")) not in _MODELS:
        raise ModelError(f"{path}: its configuration is not that of a Keras model; save it again with Keras 3")
    config.pop("compile_config", None)
    check = _Check(path, modules)
    check.value(config, "", "the model", 0)
    check.name(config["config"].get("name"), _OUTER)
    if (calls := _calls(config)) > _MAX_CALLS:
        raise check.refuse("the model", f"{calls} calls of layers, more than {_MAX_CALLS}")
    return config


class _Check:
    def __init__(self, path: Path, modules: bool) -> None:
        self.path = path
        self.modules = modules

    def refuse(self, place: str, what: str) -> ModelError:
        return ModelError(
            f"{self.path}: its configuration asks for {what[:200]} (in {place[:100]!r}); a file may ask only for the "
            "layers of plain segmentation networks, since others can run code or read files: see SECURITY.md"
        )

    def value(self, value: Any, key: str, place: str, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise self.refuse(place, f"more than {_MAX_DEPTH} things within one another")
        if isinstance(value, dict):
            self.table(value, place, depth)
        elif isinstance(value, list):
            for part in value:
                self.value(part, key, place, depth + 1)
        elif isinstance(value, str):
            if key not in _TEXTS or len(value) > _NAME or value not in (_TEXTS[key] or {value}):
                raise self.refuse(place, f"{key} = {value!r}")
            if key == "name":
                self.name(value, _INNER)
        elif isinstance(value, float):
            if not math.isfinite(value):
                raise self.refuse(place, f"{key} = {value}")
        elif isinstance(value, int) and abs(value) > _MAX_SIZE and key not in _UNBOUNDED:
            raise self.refuse(place, f"{key} = {value}")

    def name(self, name: object, allowed: re.Pattern[str]) -> None:
        """Refuse what Keras on TensorFlow stumbles over, and then puts before the names of all networks that follow."""
        if isinstance(name, str) and not allowed.fullmatch(name):
            raise ModelError(
                f"{self.path}: a layer of it, or it itself, is called {name[:100]!r}, which TensorFlow cannot use; "
                "take letters, digits and _ . - > (a network's name begins with a letter or digit), and save it again"
            )

    def table(self, table: Mapping[str, Any], place: str, depth: int) -> None:
        named = table.get("name")
        place = named if isinstance(named, str) else place
        if "class_name" in table or "module" in table or "registered_name" in table:
            self.thing(table, place, depth)
            return
        for key, value in table.items():
            self.value(value, key, place, depth + 1)

    def thing(self, table: Mapping[str, Any], place: str, depth: int) -> None:
        """What Keras makes an object of."""
        kind, module, registered = (table.get(key) for key in ("class_name", "module", "registered_name"))
        if not isinstance(kind, str):
            raise self.refuse(place, f"an object of class {kind!r}")
        if kind == "function":
            self.function(table, place)
            return
        if kind != "__keras_tensor__":
            homes = {home for classes, modules in _HOMES if kind in classes for home in modules}
            wanted = str(module) in homes if self.modules or module is not None else bool(homes)
            if not wanted or registered not in (None, kind):
                raise self.refuse(place, f"{module}.{kind}" if module else kind)
        if not isinstance(table.get("config"), dict):
            raise self.refuse(place, f"{kind} without a configuration")
        if _reach(table["config"]) > _MAX_REACH:
            raise self.refuse(place, f"a {kind} that looks farther than {_MAX_REACH} pixels")
        if unknown := table.keys() - _OBJECT:
            raise self.refuse(place, f"{kind} with {', '.join(sorted(unknown))}")
        if table.get("compile_config"):
            raise self.refuse(
                place, "an optimizer of a part of the network; load the part with compile=False before you build on it"
            )
        if kind in _MODELS and "shared_object_id" in table:  # others could stand for it, and its layers count as one
            raise self.refuse(place, f"{kind} that is there twice")
        calls = table.get("inbound_nodes")
        for node in calls if isinstance(calls, list) else ():
            if isinstance(node, dict) and not _holds_tensor(node.get("args"), 0):  # would compute at once
                raise self.refuse(place, "a layer that is not called with what another gives")
        for key in table.keys() - {"class_name", "module", "registered_name"}:
            self.value(table[key], key, place, depth + 1)

    def function(self, table: Mapping[str, Any], place: str) -> None:
        name, module, registered = (table.get(key) for key in ("config", "module", "registered_name"))
        known = isinstance(name, str) and name in _ACTIVATIONS and module in ("builtins", "keras.activations")
        if not known or registered not in (None, name, "function"):
            raise self.refuse(place, f"the function {module}.{name}")


def _calls(config: Mapping[str, Any]) -> int:
    """Those of layers; a network in the network is counted with its own, as often as it is called."""
    inside = config.get("config")
    layers = inside.get("layers") if isinstance(inside, dict) else None
    if not isinstance(layers, list):
        return 1
    total = 0
    for layer in layers:
        if isinstance(layer, dict):
            nodes = layer.get("inbound_nodes")
            total += max(1, len(nodes) if isinstance(nodes, list) else 1) * _calls(layer)
    return total


def _reach(config: Mapping[str, Any]) -> int:
    sides, steps = (_largest(config.get(key)) for key in ("kernel_size", "dilation_rate"))
    return (sides - 1) * steps


def _largest(value: Any) -> int:
    parts = value if isinstance(value, list) else [value]
    return max((part for part in parts if isinstance(part, int)), default=1)


def _holds_tensor(value: Any, depth: int) -> bool:
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, dict):
        return value.get("class_name") == "__keras_tensor__"
    return isinstance(value, list) and any(_holds_tensor(part, depth + 1) for part in value)
