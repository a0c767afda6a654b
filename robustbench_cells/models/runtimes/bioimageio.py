"""What a bioimage.io package holds as a network; bioimageio.core does the work. Imported only where it is installed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from bioimageio.core import Sample, Tensor, create_prediction_pipeline
from bioimageio.core.backends.onnx_backend import ONNXModelAdapter
from bioimageio.core.digest_spec import get_test_input_sample, get_test_output_sample
from bioimageio.spec import InvalidDescr, ValidationContext, build_description
from bioimageio.spec.model import v0_5
from ruyaml import YAML
from ruyaml.error import YAMLError
from ruyaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

from robustbench_cells.errors import ModelError
from robustbench_cells.models.interface import Interface
from robustbench_cells.models.layout import Array, select_output
from robustbench_cells.models.network import Network
from robustbench_cells.models.runtimes.onnx import load_checked_session
from robustbench_cells.models.runtimes.quiet import without_bars

_MAX_BYTES = 2**20  # of a description
_MAX_NESTED = 50
_MAX_TEST_BYTES = 2**28
_CLOSE = (1e-3, 1e-3)  # relative and absolute: how near a test's values are,
_SHARE = 0.999  # and how many of them


def read_description(path: Path, file: Path) -> dict[str, Any]:
    """A package's description as it is written.

    Raises
    ------
    ModelError
        If it is not YAML, too large, nested too deeply, or has aliases, a few lines of which fill any memory.
    """
    if file.stat().st_size > _MAX_BYTES:
        raise ModelError(f"{path}: its {file.name} has {file.stat().st_size} bytes; at most {_MAX_BYTES} are read")
    depth = 0
    try:
        text = file.read_text(encoding="utf-8")
        for event in YAML(typ="safe", pure=True).parse(text):
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
            if isinstance(event, AliasEvent) or depth > _MAX_NESTED:
                raise ModelError(f"{path}: its {file.name} has aliases or is nested too deeply; it is not read")
        content = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError) as error:
        raise ModelError(f"{path}: its {file.name} is not YAML ({str(error).splitlines()[0]})") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: its {file.name} is not a description")
    return content


def package_network(path: Path, folder: Path, content: dict[str, Any], interface: Interface, *, onnx: bool) -> Network:
    """The package in a folder as a network from (N, H, W) images to its output's channels.

    Raises
    ------
    ModelError
        If the package is not valid, takes something else than one image, or fails its own test.
    """
    with ValidationContext(root=folder, perform_io_checks=False, log_warnings=False), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Found mapping with", UserWarning)  # of no use to anybody
        model = build_description(content, format_version="latest")
    if isinstance(model, InvalidDescr):
        reason = model.validation_summary.errors[0]
        raise ModelError(f"{path}: is not a valid package: {'.'.join(map(str, reason.loc))}: {reason.msg}")
    if not isinstance(model, v0_5.ModelDescr):
        raise ModelError(f"{path}: is a {content.get('type')}; a model is needed")
    for file in _files(model):
        _check_inside(path, folder, file)
    for tensor in (*model.inputs, *model.outputs):
        _check_test_image(path, folder, tensor)
    try:
        adapter = _Onnx(model) if onnx else None
        pipeline = create_prediction_pipeline(model, model_adapter=adapter)
        _own_test(path, model, pipeline)
    except ModelError:
        raise
    except Exception as error:  # whatever a library that a package names raises
        raise ModelError(f"{path}: bioimageio.core cannot run it ({type(error).__name__}: {error})") from error
    taken, output = _input(path, model, interface), _output(path, model, interface)

    def run(batch: Array) -> Array:
        return np.concatenate([_one(pipeline, taken, output, image) for image in batch])

    return Network(run, (1, None, None))


def _own_test(path: Path, model: v0_5.ModelDescr, pipeline: Any) -> None:
    """Run the package's own test images, by the pipeline that is used: bioimageio's own test fetches addresses."""
    given, wanted = get_test_input_sample(model), get_test_output_sample(model)
    found = pipeline.predict_sample_without_blocking(given, skip_input_padding=True, skip_output_cropping=True)
    for name, tensor in wanted.members.items():
        values, stated = (np.asarray(one.data) for one in (found.members[name], tensor))
        if values.shape != stated.shape or np.mean(np.isclose(values, stated, *_CLOSE)) < _SHARE:
            raise ModelError(f"{path}: does not give what its own test images say (output {name}); get it again")


class _Onnx(ONNXModelAdapter):
    """The graph is looked through, and may not take more memory than ours."""

    def _init_model_on_device(self, device: str | None) -> Any:
        onnx = self.model_descr.weights.onnx
        session = load_checked_session(Path(str(onnx.source.absolute())))
        self._input_names = [one.name for one in session.get_inputs()]
        return session

    def _parse_devices(self, devices: Any) -> list[str]:
        return [one for one in onnxruntime.get_available_providers() if one == "CPUExecutionProvider"]


def _check_test_image(path: Path, folder: Path, tensor: Any) -> None:
    """Only numpy's files are read, and no larger ones than they are said to be."""
    if tensor.test_tensor is None:
        raise ModelError(f"{path}: has no test image of {tensor.id}; a package without a test is not run")
    name = str(tensor.test_tensor.source)
    file = folder / name
    if not name.endswith(".npy") or file.stat().st_size > _MAX_TEST_BYTES:
        raise ModelError(f"{path}: its test image {name!r} is not a .npy file of at most {_MAX_TEST_BYTES} bytes")
    try:
        np.lib.format.open_memmap(file, mode="r")  # which compares what is declared with the file's size
    except (ValueError, OSError, OverflowError) as error:
        raise ModelError(f"{path}: its test image {name!r} cannot be read ({error})") from error


def _files(model: v0_5.ModelDescr) -> Iterator[Any]:
    """What weights and test images are read from."""
    for tensor in (*model.inputs, *model.outputs):
        if tensor.test_tensor is not None:
            yield tensor.test_tensor.source
    for name in v0_5.WeightsDescr.model_fields:
        weights = getattr(model.weights, name)
        for part in (weights, getattr(weights, "external_data", None)):
            if part is not None:
                yield part.source


def _check_inside(path: Path, folder: Path, source: Any) -> None:
    """Nothing is fetched, and nothing is read that lies elsewhere."""
    name = str(source)
    inside = (folder / name).resolve()
    if "://" in name or not inside.is_relative_to(folder.resolve()):
        raise ModelError(f"{path}: {name!r} is not in the package; get one that is whole")
    if not inside.is_file():
        raise ModelError(f"{path}: the file {name!r} is not in the package; get it again")


def _input(path: Path, model: v0_5.ModelDescr, interface: Interface) -> v0_5.InputTensorDescr:
    """The one input, an image."""
    if len(model.inputs) != 1:
        raise ModelError(f"{path}: takes {len(model.inputs)} inputs; one image is needed")
    axes = model.inputs[0].axes
    channels = next((axis.size for axis in axes if axis.type == "channel"), 1)
    if channels != interface.channels:
        raise ModelError(
            f"{path}: takes {channels} channels; say in {interface.card} [input] channels = {channels}, and "
            "each is the grey image"
        )
    names = [str(axis.id) for axis in axes]
    if not {"x", "y"} <= set(names):
        raise ModelError(f"{path}: takes axes {', '.join(names)}; x and y are needed")
    _check_range(path, model.inputs[0], interface)
    return model.inputs[0]


def _check_range(path: Path, taken: v0_5.InputTensorDescr, interface: Interface) -> None:
    """What the network would get must be what the package says that it takes."""
    if interface.normalise == "zero-mean" or not isinstance(taken.data, v0_5.IntervalOrRatioDataDescr):
        return
    least, most = taken.data.range
    if (least is not None and min(interface.range) < least) or (most is not None and max(interface.range) > most):
        ends = ["…" if end is None else f"{end:g}" for end in (least, most)]
        raise ModelError(
            f"{path}: takes values from {ends[0]} to {ends[1]}, and would get {interface.range[0]:g} to "
            f"{interface.range[1]:g}; say in {interface.card} [input] range = [{', '.join(ends)}], if that is "
            "what grey levels 0 and 255 are to become"
        )


def _output(path: Path, model: v0_5.ModelDescr, interface: Interface) -> Any:
    outputs = {str(tensor.id): tensor for tensor in model.outputs}
    return outputs[select_output(path, list(outputs), interface)].id


def _one(pipeline: Any, taken: v0_5.InputTensorDescr, output: Any, image: Array) -> Array:
    """One image (H, W) through the whole package: (1, C, H, W)."""
    sides = dict(zip("yx", image.shape, strict=True))
    names = [str(axis.id) for axis in taken.axes]
    turned = image if names.index("y") < names.index("x") else image.T
    thin = turned.reshape([sides.get(name, 1) for name in names])
    for place, axis in enumerate(taken.axes):
        if axis.type == "channel":
            thin = np.repeat(thin, axis.size, place)
    sample = Sample(members={taken.id: Tensor.from_numpy(thin, dims=names)}, stat={}, id="patch")
    with without_bars():  # there is one for each patch
        found = pipeline.predict_sample_with_blocking(sample).members[output].data
    found = found.squeeze([name for name in found.dims if name not in ("y", "x", "channel")], drop=True)
    if "channel" not in found.dims:
        found = found.expand_dims("channel")
    return np.asarray(found.transpose("channel", "y", "x"))[None]
