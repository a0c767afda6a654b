"""Models in OpenVINO's intermediate representation."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.files.reading import read_bytes, require_file
from robustbench_cells.models.card import model_digest
from robustbench_cells.models.formats._base import FORMATS, FileModel
from robustbench_cells.models.interface import Interface
from robustbench_cells.models.layout import Array, cast_batch, select_output
from robustbench_cells.models.network import Network, NetworkSegmenter
from robustbench_cells.models.runtimes.threads import configured_threads, used_threads
from robustbench_cells.types import BATCH, Runner, Segmenter

_MAX_BYTES = 2**31 - 1  # of graph and weights together
_MAX_OUTPUT = 2 * 2**30  # bytes of one operator's output for a batch
LOOP_OPERATORS = {"Loop", "TensorIterator"}


@FORMATS.register
class OpenvinoFile(FileModel):
    """An ``.xml`` file and its weights in a ``.bin`` file of the same stem, run by OpenVINO on the CPU in float32."""

    name = "openvino"
    looks_like = "FILE.xml"
    extra = "openvino"
    is_data = True

    def recognises(self, where: str) -> bool:
        """See `ModelFormat.recognises`."""
        return where.endswith(".xml")

    def companion_files(self, where: str) -> Sequence[Path]:
        """See `ModelFormat.companion_files`: the weights."""
        return (Path(where).with_suffix(".bin"),)

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`; trust changes nothing."""
        path, (weights,) = Path(where), self.companion_files(where)
        if not weights.exists():
            raise ModelError(f"{path}: its weights {weights.name} are missing; put them in the same folder")
        if (size := sum(require_file(file, _MAX_BYTES, ModelError) for file in (path, weights))) > _MAX_BYTES:
            raise ModelError(f"{path}: has {size} bytes with its weights, more than the {_MAX_BYTES} allowed")
        _check_xml(path)
        digest, interface = model_digest(path, (weights,))
        return NetworkSegmenter(path.stem, _network(path, weights, interface), digest, interface)


def _check_xml(path: Path) -> None:
    """Refuse other formats (OpenVINO reads several) and operators that may never terminate."""
    content = read_bytes(path, _MAX_BYTES, ModelError)
    if not content.lstrip().startswith((b"<?xml", b"<net")) or b"<!" in content:
        raise ModelError(f"{path}: is not OpenVINO's XML; convert the model again")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - without a DOCTYPE there are no entities
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ModelError(f"{path}: OpenVINO cannot load it ({error}); convert it again") from error
    if root.tag != "net":
        raise ModelError(f"{path}: is not OpenVINO's XML (<net> is expected); convert the model again")
    if loops := LOOP_OPERATORS & {layer.get("type") for layer in root.iter("layer")}:
        named = ", ".join(sorted(loops))
        raise ModelError(f"{path}: has the operator {named}, which may never terminate; such a model is refused")


def _check_sizes(path: Path, model: Any, side: int) -> None:
    """Refuse an operator whose output exceeds the memory limit, or whose rank depends on the data."""
    for output in (output for operator in model.get_ops() for output in operator.outputs()):
        shape = output.get_partial_shape()
        if shape.rank.is_dynamic:
            raise ModelError(f"{path}: has an operator of dynamic rank; such a model is refused")
        lengths = [length.get_length() if length.is_static else None for length in shape]
        sides = [side if length is None else length for length in lengths[1:]]
        if prod([lengths[0] or BATCH, *sides] if lengths else [1]) * 4 > _MAX_OUTPUT:
            raise ModelError(f"{path}: has an operator that outputs {shape}, more than the {_MAX_OUTPUT} bytes allowed")


def _network(path: Path, weights: Path, interface: Interface) -> Network:
    import openvino

    settings: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32"}
    if threads := configured_threads():
        settings["INFERENCE_NUM_THREADS"] = threads
    try:
        core = openvino.Core()
        graph = core.read_model(path, weights)
        _check_sizes(path, graph, interface.tile)
        model = core.compile_model(graph, "CPU", settings)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ModelError(f"{path}: OpenVINO cannot load it ({reason}); convert it again") from error
    if len(model.inputs) != 1:
        raise ModelError(f"{path}: has {len(model.inputs)} inputs; one is needed")
    names = [sorted(output.get_names()) or [f"output {place}"] for place, output in enumerate(model.outputs)]
    places = {name: place for place, aliases in enumerate(names) for name in aliases}
    is_only = interface.output is None and len(names) == 1  # a single output may have several names
    place = 0 if is_only else places[select_output(path, list(places), interface)]
    (input_,) = model.inputs
    kind = input_.get_element_type().to_dtype()

    def run(batch: Array) -> Array:
        return np.array(model(cast_batch(batch, kind))[place])

    shape = tuple(length.get_length() if length.is_static else None for length in input_.partial_shape)
    return Network(run, shape, Runner("openvino", version("openvino"), "CPU", used_threads()))
