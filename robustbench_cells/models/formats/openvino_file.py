"""Models in OpenVINO's intermediate representation."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.files.reading import require_file
from robustbench_cells.models.card import model_digest
from robustbench_cells.models.formats._base import FORMATS, FileModel
from robustbench_cells.models.interface import Interface
from robustbench_cells.models.layout import Array, cast_batch, select_output
from robustbench_cells.models.network import Network, NetworkSegmenter
from robustbench_cells.models.runtimes.threads import configured_threads, used_threads
from robustbench_cells.models.vetting.openvino_model import check_model, lengths_of
from robustbench_cells.models.vetting.openvino_shapes import check_values
from robustbench_cells.models.vetting.openvino_xml import Graph, read_graph
from robustbench_cells.types import Runner, Segmenter

_MAX_BYTES = 2**31 - 1  # of graph and weights together


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
        graph = read_graph(path, weights.stat().st_size)
        digest, interface = model_digest(path, (weights,))
        return NetworkSegmenter(path.stem, _network(path, graph, weights, interface), digest, interface)


def _network(path: Path, graph: Graph, weights: Path, interface: Interface) -> Network:
    import openvino

    settings: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32"}
    if threads := configured_threads():
        settings["INFERENCE_NUM_THREADS"] = threads
    try:
        core = openvino.Core()
        numbers = _read_tensor(weights)

        def measure(layer: str) -> list[tuple[int, ...]]:
            outputs = core.read_model(graph.text_of(layer), numbers).outputs
            return [lengths_of(path, output, interface.tile) for output in outputs]

        check_values(path, graph, measure)
        read = core.read_model(graph.text(), numbers)
        check_model(path, read, interface.tile)
        model = core.compile_model(read, "CPU", settings)
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


def _read_tensor(weights: Path) -> Any:
    """Read a file into memory that OpenVINO keeps as long as it needs."""
    import openvino

    tensor = openvino.Tensor(openvino.Type.u8, [weights.stat().st_size])
    with weights.open("rb") as file:
        file.readinto(memoryview(tensor.data))
    return tensor
