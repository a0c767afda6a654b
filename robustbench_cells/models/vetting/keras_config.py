"""Validation of an untrusted Keras configuration before Keras builds anything from it.

Keras resolves classes and functions by the names in a configuration. Some of them execute code, read files or access
the network, and more are found every year; so everything that is not on the allow-list of this module is refused.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robustbench_cells.errors import ModelError
from robustbench_cells.models.vetting.keras_calls import MAX_CALLS, MAX_TRIES, count_calls, count_tries, has_tensor

MAX_BYTES = 2**22
_MAX_DEPTH = 60
_MAX_SIZE = 2**20  # any count of channels, pixels and the like
_MAX_REACH = 256  # pixels; backends pad the image by the reach of a kernel
_MAX_NAME = 255  # characters
_MAX_NORMALIZATIONS = 16  # layers whose building computes mean and variance
_EXPORT = 'model.export("mine.onnx", format="onnx")'


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LAYERS = _names(
    """
    Activation ActivityRegularization Add AlphaDropout Average AveragePooling2D BatchNormalization Concatenate Conv2D
    Conv2DTranspose Cropping2D Dense DepthwiseConv2D Dropout ELU Flatten GaussianDropout GaussianNoise
    GlobalAveragePooling2D GlobalMaxPooling2D GroupNormalization Identity InputLayer LayerNormalization LeakyReLU
    MaxPooling2D Maximum Minimum Multiply Normalization PReLU Permute RMSNormalization RandomBrightness RandomContrast
    RandomErasing RandomFlip RandomGaussianBlur RandomInvert RandomRotation RandomSharpness
    RandomTranslation RandomZoom ReLU Rescaling Reshape Resizing SeparableConv2D Softmax SpatialDropout2D Subtract
    UnitNormalization UpSampling2D ZeroPadding2D
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
_MODULES = (  # allowed classes, and the modules that Keras writes for them
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


def _with_old_names(classes: frozenset[str]) -> frozenset[str]:
    """Add the names in old files: ``he_normal`` for ``HeNormal``."""
    return classes | {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() for name in classes}


_ANY: None = None
_STRINGS: dict[str, frozenset[str] | None] = {  # keys of strings, and their values; elsewhere one could name a file
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
    "mode": frozenset({"fan_avg", "fan_in", "fan_out", "horizontal", "horizontal_and_vertical", "vertical"}),
    "distribution": frozenset({"normal", "truncated_normal", "uniform", "untruncated_normal"}),
    "activation": _ACTIVATIONS,
    **{
        f"{part}_{what}": _with_old_names(classes)
        for what, classes in {
            "initializer": _INITIALIZERS,
            "regularizer": _REGULARIZERS,
            "constraint": _CONSTRAINTS,
        }.items()
        for part in _names("activity alpha beta bias depthwise gamma kernel moving_mean moving_variance pointwise")
    },
}
_OBJECT_KEYS = frozenset(
    {
        "build_config", "class_name", "compile_config", "config", "inbound_nodes", "module", "name", "registered_name",
        "shared_object_id", "__passive_serialization__",
    }
)  # fmt: skip
_MODEL_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.>-]*")  # valid in TensorFlow
_LAYER_NAME = re.compile(r"[A-Za-z0-9_.>-]+")
_NO_SIZES = frozenset({"seed", "shared_object_id"})  # integers that are no sizes
_MAX_NUMBER = 2**63


def read_config(path: Path, text: str | bytes, *, modules: bool) -> dict[str, Any]:
    """Read and validate the configuration of a network.

    Parameters
    ----------
    path
        Path of the model, for messages.
    text
        JSON as written by Keras 3 or Keras 2.
    modules
        Whether each class must state its module; files of Keras 2 have none.

    Returns
    -------
    dict
        Configuration without optimizer and loss, which are not loaded.

    Raises
    ------
    ModelError
        If it is longer than 4 MiB, is not JSON, or has anything that is not on the allow-list.
    """
    if len(text) > MAX_BYTES:
        raise ModelError(f"{path}: its configuration has {len(text)} bytes, more than the {MAX_BYTES} allowed")
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: its configuration is not JSON ({error}); save it again with Keras 3") from error
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise ModelError(f"{path}: its configuration is not that of a Keras model; save it again with Keras 3")
    if (kind := config["class_name"]) not in _MODELS:
        raise ModelError(
            f"{path}: is a subclassed model ({kind[:100]}); what it computes is Python code, which the file does not "
            f"have; export it to ONNX ({_EXPORT}) or as a SavedModel (model.export), which needs --rb-trust-model, or "
            "build it as a functional model and save that"
        )
    config.pop("compile_config", None)
    validator = _Validator(path, modules)
    validator.check_value(config, "", "the model", 0)
    validator.check_name(config["config"].get("name"), _MODEL_NAME)
    if (calls := count_calls(config)) > MAX_CALLS:
        raise validator.refuse("the model", f"{calls} layer calls, more than the {MAX_CALLS} allowed")
    if count_tries(config) > MAX_TRIES:
        raise validator.refuse("the model", f"more than the {MAX_TRIES} allowed tries to call layers in its order")
    return config


class _Validator:
    """A recursive check of a configuration against the allow-list."""

    def __init__(self, path: Path, modules: bool) -> None:
        self.path = path
        self.modules = modules
        self.normalizations = 0

    def refuse(self, place: str, what: str) -> ModelError:
        return ModelError(
            f"{self.path}: its configuration requests {what[:200]} (in {place[:100]!r}); only layers of plain "
            "segmentation networks are accepted, since others can execute code or read files (see SECURITY.md); an "
            f"export to ONNX has neither: {_EXPORT}"
        )

    def check_value(self, value: Any, key: str, place: str, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise self.refuse(place, f"more than {_MAX_DEPTH} nesting levels")
        if isinstance(value, dict):
            self.check_table(value, place, depth)
        elif isinstance(value, list):
            for part in value:
                self.check_value(part, key, place, depth + 1)
        elif isinstance(value, str):
            if key not in _STRINGS or len(value) > _MAX_NAME or value not in (_STRINGS[key] or {value}):
                raise self.refuse(place, f"{key} = {value!r}")
            if key == "name":
                self.check_name(value, _LAYER_NAME)
        elif isinstance(value, float):
            if not math.isfinite(value):
                raise self.refuse(place, f"{key} = {value}")
        elif isinstance(value, int) and abs(value) > (_MAX_NUMBER if key in _NO_SIZES else _MAX_SIZE):
            raise self.refuse(place, f"{key} = {value}")

    def check_name(self, name: object, allowed: re.Pattern[str]) -> None:
        """Refuse names that fail in TensorFlow, which then keeps them as a prefix for all later networks."""
        if isinstance(name, str) and not allowed.fullmatch(name):
            raise ModelError(
                f"{self.path}: its name or that of a layer, {name[:100]!r}, is invalid in TensorFlow; use letters, "
                "digits and _ . - > (beginning with a letter or digit for the network), and save it again"
            )

    def check_table(self, table: Mapping[str, Any], place: str, depth: int) -> None:
        name = table.get("name")
        place = name if isinstance(name, str) else place
        if "class_name" in table or "module" in table or "registered_name" in table:
            self.check_object(table, place, depth)
            return
        for key, value in table.items():
            self.check_value(value, key, place, depth + 1)

    def check_object(self, table: Mapping[str, Any], place: str, depth: int) -> None:
        """Check a table from which Keras would build an object."""
        kind, module, registered = (table.get(key) for key in ("class_name", "module", "registered_name"))
        if not isinstance(kind, str):
            raise self.refuse(place, f"an object of class {kind!r}")
        if kind == "function":
            self.check_function(table, place)
            return
        if kind != "__keras_tensor__":
            homes = {home for classes, modules in _MODULES if kind in classes for home in modules}
            is_allowed = str(module) in homes if self.modules or module is not None else bool(homes)
            if not is_allowed or registered not in (None, kind):
                raise self.refuse(place, f"{module}.{kind}" if module else kind)
        if not isinstance(table.get("config"), dict):
            raise self.refuse(place, f"{kind} without a configuration")
        self.check_bounds(kind, table["config"], place)
        if unknown := table.keys() - _OBJECT_KEYS:
            raise self.refuse(place, f"{kind} with {', '.join(sorted(unknown))}")
        if table.get("compile_config"):
            raise self.refuse(
                place, "an optimizer for a part of the network; load that part with compile=False before building on it"
            )
        if kind in _MODELS and "shared_object_id" in table:  # a reference to it would hide the calls of its layers
            raise self.refuse(place, f"a shared {kind}")
        calls = table.get("inbound_nodes")
        for node in calls if isinstance(calls, list) else ():
            if isinstance(node, dict) and not has_tensor(node.get("args")):  # Keras would compute it eagerly
                raise self.refuse(place, "a layer that is not called on the output of another")
        for key in table.keys() - {"class_name", "module", "registered_name"}:
            self.check_value(table[key], key, place, depth + 1)

    def check_bounds(self, kind: str, config: Mapping[str, Any], place: str) -> None:
        """Bound what a layer reaches, and what Keras computes while it builds one."""
        if _kernel_reach(config) > _MAX_REACH:
            raise self.refuse(place, f"a {kind} that reaches farther than {_MAX_REACH} pixels")
        self.normalizations += kind == "Normalization"
        axis = config.get("axis")
        is_wide = kind == "Normalization" and isinstance(axis, list) and len(axis) > 1
        if is_wide or self.normalizations > _MAX_NORMALIZATIONS:
            raise self.refuse(place, f"Normalization over several axes, or more than {_MAX_NORMALIZATIONS} such layers")

    def check_function(self, table: Mapping[str, Any], place: str) -> None:
        name, module, registered = (table.get(key) for key in ("config", "module", "registered_name"))
        is_allowed = isinstance(name, str) and name in _ACTIVATIONS and module in ("builtins", "keras.activations")
        if not is_allowed or registered not in (None, name, "function"):
            raise self.refuse(place, f"the function {module}.{name}")


def _kernel_reach(config: Mapping[str, Any]) -> float:
    side, dilation = (_largest(config.get(key)) for key in ("kernel_size", "dilation_rate"))
    return (side - 1) * dilation


def _largest(value: Any) -> float:
    parts = value if isinstance(value, list) else [value]
    return max((part for part in parts if isinstance(part, int | float)), default=1)
