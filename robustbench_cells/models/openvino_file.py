"""Models in the intermediate representation of OpenVINO."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models._cards import identity
from robustbench_cells.models._network import Array, Network, NetworkSegmenter
from robustbench_cells.models._registry import FORMATS, ModelFormat
from robustbench_cells.threads import threads_given
from robustbench_cells.types import Segmenter

_MOST_BYTES = 2**31 - 1  # of graph and weights together
_ENDLESS = re.compile(rb'type\s*=\s*["\'](Loop|TensorIterator)["\']')


@FORMATS.register
class OpenvinoFile(ModelFormat):
    """An ``.xml`` file with its weights in a ``.bin`` file beside it, run by OpenVINO on the CPU in float32."""

    name = "openvino"
    looks_like = "FILE.xml"

    def recognises(self, where: str) -> bool:
        """See `ModelFormat.recognises`."""
        return where.endswith(".xml")

    def beside(self, where: str) -> Sequence[Path]:
        """See `ModelFormat.beside`: the weights."""
        return (Path(where).with_suffix(".bin"),)

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`; trust changes nothing."""
        path, (weights,) = Path(where), self.beside(where)
        if not weights.is_file():
            raise ModelError(f"{path}: its weights {weights.name} are not beside it")
        if (size := path.stat().st_size + weights.stat().st_size) > _MOST_BYTES:
            raise ModelError(f"{path}: has {size} bytes with its weights; at most {_MOST_BYTES} are read")
        if endless := _ENDLESS.search(path.read_bytes()):
            raise ModelError(f"{path}: has the operator {endless[1].decode()}, which may run for ever; it is not run")
        digest, interface = identity(path, (weights,))
        return NetworkSegmenter(path.stem, _network(path, weights, interface.output), digest, interface)


def _network(path: Path, weights: Path, output: str | None) -> Network:
    try:
        import openvino
    except ModuleNotFoundError as error:
        raise ModelError(f"{path}: needs {error.name}: pip install 'robustbench-cells[openvino]'") from error
    settings: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32"}
    if threads := threads_given():
        settings["INFERENCE_NUM_THREADS"] = threads
    try:
        core = openvino.Core()
        model = core.compile_model(core.read_model(path, weights), "CPU", settings)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1][:400]
        raise ModelError(f"{path}: OpenVINO cannot load it ({reason}); convert it again") from error
    if len(model.inputs) != 1:
        raise ModelError(f"{path}: has {len(model.inputs)} inputs; one is needed")
    outputs = {name: place for place, one in enumerate(model.outputs) for name in one.get_names()}
    if output is not None and output not in outputs:
        raise ModelError(f"{path}: has no output {output!r}; there are: {', '.join(outputs)[:400]}")
    if output is None and len(model.outputs) > 1:
        raise ModelError(
            f"{path}: has several outputs ({', '.join(sorted(outputs))[:400]}); say which in its card "
            f"{path.stem}.toml: [output] name = …"
        )
    given, place = model.inputs[0], outputs[output] if output else 0
    kind = given.get_element_type().to_dtype()

    def run(batch: Array) -> Array:
        return np.array(model(batch.astype(kind))[place])

    shape = tuple(length.get_length() if length.is_static else None for length in given.partial_shape)
    return Network(run, shape)
