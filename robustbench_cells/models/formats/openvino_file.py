"""Models in the intermediate representation of OpenVINO."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import model_digest
from robustbench_cells.models.formats._base import FORMATS, ModelFormat
from robustbench_cells.models.interface import Interface
from robustbench_cells.models.layout import Array, of_type, select_output
from robustbench_cells.models.network import Network, NetworkSegmenter
from robustbench_cells.models.runtimes.threads import threads_given
from robustbench_cells.types import BATCH, PATCH_SIDE, Segmenter

_MAX_BYTES = 2**31 - 1  # of graph and weights together
_MAX_OUTPUT = 2 * 2**30  # bytes that an operator may give for a batch
LOOP_OPERATORS = {"Loop", "TensorIterator"}


@FORMATS.register
class OpenvinoFile(ModelFormat):
    """An ``.xml`` file with its weights in a ``.bin`` file beside it, run by OpenVINO on the CPU in float32."""

    name = "openvino"
    looks_like = "FILE.xml"
    extra = "openvino"

    def recognises(self, where: str) -> bool:
        """See `ModelFormat.recognises`."""
        return where.endswith(".xml")

    def companion_files(self, where: str) -> Sequence[Path]:
        """See `ModelFormat.companion_files`: the weights."""
        return (Path(where).with_suffix(".bin"),)

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`; trust changes nothing."""
        path, (weights,) = Path(where), self.companion_files(where)
        if not weights.is_file():
            raise ModelError(f"{path}: its weights {weights.name} are not beside it")
        if (size := path.stat().st_size + weights.stat().st_size) > _MAX_BYTES:
            raise ModelError(f"{path}: has {size} bytes with its weights; at most {_MAX_BYTES} are read")
        _check(path)
        digest, interface = model_digest(path, (weights,))
        return NetworkSegmenter(path.stem, _network(path, weights, interface), digest, interface)


def _check(path: Path) -> None:
    """Refuse what is not OpenVINO's own format (it reads others, too), and what may run for ever."""
    content = path.read_bytes()
    if not content.lstrip().startswith((b"<?xml", b"<net")) or b"<!" in content:
        raise ModelError(f"{path}: is not OpenVINO's XML; convert the model again")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - without a DOCTYPE there are no entities
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ModelError(f"{path}: OpenVINO cannot load it ({error}); convert it again") from error
    if root.tag != "net":
        raise ModelError(f"{path}: is not OpenVINO's XML (<net> is expected); convert the model again")
    if endless := LOOP_OPERATORS & {layer.get("type") for layer in root.iter("layer")}:
        named = ", ".join(sorted(endless))
        raise ModelError(f"{path}: has the operator {named}, which may run for ever; it is not run")


def _check_sizes(path: Path, model: Any) -> None:
    """Refuse an operator that gives more than its share of memory, or as much as the data say."""
    for one in (output for operator in model.get_ops() for output in operator.outputs()):
        shape = one.get_partial_shape()
        if shape.rank.is_dynamic:
            raise ModelError(f"{path}: has an operator whose shape is not known before it runs; it is not run")
        lengths = [length.get_length() if length.is_static else None for length in shape]
        sides = [PATCH_SIDE if length is None else length for length in lengths[1:]]
        if prod([lengths[0] or BATCH, *sides] if lengths else [1]) * 4 > _MAX_OUTPUT:
            raise ModelError(f"{path}: has an operator that gives {shape}, more than {_MAX_OUTPUT} bytes")


def _network(path: Path, weights: Path, interface: Interface) -> Network:
    import openvino

    settings: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32"}
    if threads := threads_given():
        settings["INFERENCE_NUM_THREADS"] = threads
    try:
        core = openvino.Core()
        graph = core.read_model(path, weights)
        _check_sizes(path, graph)
        model = core.compile_model(graph, "CPU", settings)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ModelError(f"{path}: OpenVINO cannot load it ({reason}); convert it again") from error
    if len(model.inputs) != 1:
        raise ModelError(f"{path}: has {len(model.inputs)} inputs; one is needed")
    names = [sorted(one.get_names()) or [f"output {place}"] for place, one in enumerate(model.outputs)]
    outputs = {name: place for place, several in enumerate(names) for name in several}
    alone = interface.output is None and len(names) == 1  # which may have several names
    place = 0 if alone else outputs[select_output(path, list(outputs), interface)]
    given = model.inputs[0]
    kind = given.get_element_type().to_dtype()

    def run(batch: Array) -> Array:
        return np.array(model(of_type(batch, kind))[place])

    shape = tuple(length.get_length() if length.is_static else None for length in given.partial_shape)
    return Network(run, shape)
