"""bioimage.io packages as networks, run by bioimageio.core; imported only where that is installed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from bioimageio.core import Sample, Tensor, create_prediction_pipeline
from bioimageio.core.backends.onnx_backend import ONNXModelAdapter
from bioimageio.core.digest_spec import get_test_input_sample, get_test_output_sample
from bioimageio.core.proc_setup import get_required_dataset_measures
from bioimageio.spec import InvalidDescr, ValidationContext, build_description
from bioimageio.spec.model import v0_5
from ruyaml import YAML
from ruyaml.error import YAMLError
from ruyaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent
from ruyaml.parser import Parser

from robustbench_cells.errors import ModelError
from robustbench_cells.files.reading import read_text, require_file
from robustbench_cells.models.interface import Interface
from robustbench_cells.models.layout import Array, select_output
from robustbench_cells.models.network import Network
from robustbench_cells.models.runtimes.onnx import load_checked_session, onnx_runner
from robustbench_cells.models.runtimes.quiet import hide_progress_bars
from robustbench_cells.types import PATCH_SIDE, Runner

_MAX_BYTES = 2**17  # of a description, which takes seconds to parse; those of the zoo have some 10 KB
_MAX_DEPTH = 50
_MAX_TEST_BYTES = 2**28
_TOLERANCES = (1e-3, 1e-3)  # of test images, relative and absolute
_MIN_SHARE = 0.999  # of pixels within these tolerances


def read_description(path: Path, file: Path) -> dict[str, Any]:
    """Read a package's description without interpreting it.

    Raises
    ------
    ModelError
        If it is not YAML, too large, nested too deeply, or has anchors for aliases, which can expand to any size.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Parser = _PlainParser
    try:
        content = yaml.load(read_text(file, _MAX_BYTES, ModelError))
    except _ExpandingError as error:
        raise ModelError(
            f"{path}: its {file.name} has aliases or is nested too deeply; such a package is refused"
        ) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: its {file.name} is not YAML ({str(error).splitlines()[0]})") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: its {file.name} is not a mapping; is it a bioimage.io package?")
    return content


class _ExpandingError(Exception):
    """A text has what could expand to any size."""


class _PlainParser(Parser):
    """A parser of YAML that stops at anchors, aliases and deep nesting; whoever loads parses once."""

    depth = 0

    def get_event(self) -> Any:
        """The next event of the text."""
        event = super().get_event()
        self.depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None) or self.depth > _MAX_DEPTH:
            raise _ExpandingError
        return event


def package_network(path: Path, folder: Path, content: dict[str, Any], interface: Interface, *, onnx: bool) -> Network:
    """Load the package in a folder as a network from (N, H, W) images to its output's channels.

    Raises
    ------
    ModelError
        If the package is not valid, expects anything but one image, or fails its own test.
    """
    with ValidationContext(root=folder, perform_io_checks=False, log_warnings=False), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Found mapping with", UserWarning)  # concerns the spec, not the user
        model = build_description(content, format_version="latest")
    if isinstance(model, InvalidDescr):
        reason = model.validation_summary.errors[0]
        raise ModelError(f"{path}: is not a valid package: {'.'.join(map(str, reason.loc))}: {reason.msg}")
    if not isinstance(model, v0_5.ModelDescr):
        raise ModelError(f"{path}: describes a {content.get('type')}; a model is needed")
    _check_statistics(path, model, content)
    for file in _list_files(model):
        _check_inside(path, folder, file)
    for tensor in (*model.inputs, *model.outputs):
        _check_test_image(path, folder, tensor)
    try:
        adapter = _CheckedOnnxAdapter(model) if onnx else None
        pipeline = create_prediction_pipeline(model, model_adapter=adapter)
        _run_own_test(path, model, pipeline)
    except ModelError:
        raise
    except Exception as error:  # the libraries of a package raise anything
        raise ModelError(f"{path}: bioimageio.core cannot run it ({type(error).__name__}: {error})") from error
    input_, output = _check_input(path, model, interface), _select_output(path, model, interface)

    def run(batch: Array) -> Array:
        return np.concatenate([_predict_image(pipeline, input_, output, image) for image in batch])

    return Network(run, (1, None, None), _runner(onnx=onnx))


def _runner(*, onnx: bool) -> Runner:
    inner = onnx_runner()
    provider = f"{inner.library} {inner.version} {inner.provider}" if onnx else "chosen by bioimageio.core"
    return Runner("bioimageio.core", version("bioimageio.core"), provider, inner.threads)


def _check_statistics(path: Path, model: v0_5.ModelDescr, content: dict[str, Any]) -> None:
    """Refuse statistics of a data set, which would be those of the patches so far: scores by the order of the tests."""
    measures = get_required_dataset_measures(model)
    declared = list(_values(content, "mode"))  # of older descriptions; it is lost for percentiles
    if measures.pre or measures.post or "per_dataset" in declared:
        raise ModelError(
            f"{path}: normalises by statistics of a whole data set (mode per_dataset, or axes that are not given or "
            "have 'batch'), so its predictions would depend on the order of the tests; in its description, give the "
            "values (fixed_zero_mean_unit_variance with mean and std), or, if the network was trained so, normalise "
            "each image for itself (mode per_sample; axes without 'batch')"
        )


def _values(content: Any, key: str) -> Iterator[Any]:
    """Every value of a key, at any depth."""
    parts = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    if isinstance(content, dict) and key in content:
        yield content[key]
    for part in parts:
        yield from _values(part, key)


def _run_own_test(path: Path, model: v0_5.ModelDescr, pipeline: Any) -> None:
    """Run the package's own test images through this pipeline; bioimageio's own test would access the network."""
    sample, expected = get_test_input_sample(model), get_test_output_sample(model)
    found = pipeline.predict_sample_without_blocking(sample, skip_input_padding=True, skip_output_cropping=True)
    for name, tensor in expected.members.items():
        values, declared = (np.asarray(member.data) for member in (found.members[name], tensor))
        if values.shape != declared.shape or np.mean(np.isclose(values, declared, *_TOLERANCES)) < _MIN_SHARE:
            raise ModelError(f"{path}: its output {name} differs from its own test image; get a fresh copy")


class _CheckedOnnxAdapter(ONNXModelAdapter):
    """An adapter that validates the graph and limits its memory."""

    def _init_model_on_device(self, device: str | None) -> Any:
        onnx = self.model_descr.weights.onnx
        session = load_checked_session(Path(str(onnx.source.absolute())), _input_lengths(self.model_descr))
        self._input_names = [tensor.name for tensor in session.get_inputs()]
        return session

    def _parse_devices(self, devices: Any) -> list[str]:
        return [name for name in onnxruntime.get_available_providers() if name == "CPUExecutionProvider"]


def _input_lengths(model: v0_5.ModelDescr) -> list[int]:
    """Lengths of the axes of the largest input: a patch, or the package's own test image."""
    lengths = []
    for tensor in model.inputs:
        image = np.load(Path(str(tensor.test_tensor.source.absolute())), mmap_mode="r")
        least = [PATCH_SIDE if str(axis.id) in ("y", "x") else 1 for axis in tensor.axes]
        lengths.append([max(pair) for pair in zip(image.shape, least, strict=True)])
    return max(lengths, key=prod)


def _check_test_image(path: Path, folder: Path, tensor: Any) -> None:
    """Accept only ``.npy`` files of limited size that match their header."""
    if tensor.test_tensor is None:
        raise ModelError(f"{path}: has no test image for {tensor.id}; a package without tests is refused")
    name = str(tensor.test_tensor.source)
    file = folder / name
    if not name.endswith(".npy"):
        raise ModelError(f"{path}: its test image {name!r} is not a .npy file")
    require_file(file, _MAX_TEST_BYTES, ModelError)
    try:
        np.lib.format.open_memmap(file, mode="r")  # compares the header with the file's size
    except (ValueError, OSError, OverflowError) as error:
        raise ModelError(f"{path}: its test image {name!r} cannot be read ({error})") from error


def _list_files(model: v0_5.ModelDescr) -> Iterator[Any]:
    """List the files of weights and test images."""
    for tensor in (*model.inputs, *model.outputs):
        if tensor.test_tensor is not None:
            yield tensor.test_tensor.source
    for name in v0_5.WeightsDescr.model_fields:
        weights = getattr(model.weights, name)
        for part in (weights, getattr(weights, "external_data", None)):
            if part is not None:
                yield part.source


def _check_inside(path: Path, folder: Path, source: Any) -> None:
    """Refuse addresses and files outside the package."""
    name = str(source)
    file = (folder / name).resolve()
    if "://" in name or not file.is_relative_to(folder.resolve()):
        raise ModelError(f"{path}: {name!r} is outside the package; get a complete package")
    if not file.is_file():
        raise ModelError(f"{path}: the file {name!r} is missing from the package; get a fresh copy")


def _check_input(path: Path, model: v0_5.ModelDescr, interface: Interface) -> v0_5.InputTensorDescr:
    """Check that the only input is an image of the declared channels and range, and return it."""
    if len(model.inputs) != 1:
        raise ModelError(f"{path}: expects {len(model.inputs)} inputs; one image is needed")
    axes = model.inputs[0].axes
    channels = next((axis.size for axis in axes if axis.type == "channel"), 1)
    if channels != interface.channels:
        raise ModelError(
            f"{path}: expects {channels} channels; declare in {interface.card} [input] channels = {channels}, to "
            "repeat the grey image"
        )
    names = [str(axis.id) for axis in axes]
    if not {"x", "y"} <= set(names):
        raise ModelError(f"{path}: expects axes {', '.join(names)}; x and y are needed")
    _check_range(path, model.inputs[0], interface)
    return model.inputs[0]


def _check_range(path: Path, input_: v0_5.InputTensorDescr, interface: Interface) -> None:
    """Refuse a package whose declared value range excludes the values that it would receive."""
    if interface.normalise == "zero-mean" or not isinstance(input_.data, v0_5.IntervalOrRatioDataDescr):
        return
    low, high = input_.data.range
    if (low is not None and min(interface.range) < low) or (high is not None and max(interface.range) > high):
        ends = ["…" if end is None else f"{end:g}" for end in (low, high)]
        raise ModelError(
            f"{path}: expects values from {ends[0]} to {ends[1]}, but would receive {interface.range[0]:g} to "
            f"{interface.range[1]:g}; declare in {interface.card} [input] range = [{', '.join(ends)}], to map grey "
            "levels 0 and 255 to these"
        )


def _select_output(path: Path, model: v0_5.ModelDescr, interface: Interface) -> Any:
    outputs = {str(tensor.id): tensor for tensor in model.outputs}
    return outputs[select_output(path, list(outputs), interface)].id


def _predict_image(pipeline: Any, input_: v0_5.InputTensorDescr, output: Any, image: Array) -> Array:
    """Predict one image, (H, W), by the whole package: (1, C, H, W)."""
    sides = dict(zip("yx", image.shape, strict=True))
    names = [str(axis.id) for axis in input_.axes]
    oriented = image if names.index("y") < names.index("x") else image.T
    array = oriented.reshape([sides.get(name, 1) for name in names])
    for place, axis in enumerate(input_.axes):
        if axis.type == "channel":
            array = np.repeat(array, axis.size, place)
    sample = Sample(members={input_.id: Tensor.from_numpy(array, dims=names)}, stat={}, id="patch")
    with hide_progress_bars():  # it shows one per patch
        found = pipeline.predict_sample_with_blocking(sample).members[output].data
    found = found.squeeze([name for name in found.dims if name not in ("y", "x", "channel")], drop=True)
    if "channel" not in found.dims:
        found = found.expand_dims("channel")
    return np.asarray(found.transpose("channel", "y", "x"))[None]
