"""Untrusted OpenVINO files, read and written again as the plain graph of known operators that OpenVINO gets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from robustbench_cells.errors import ModelError
from robustbench_cells.files.reading import read_bytes

MAX_LAYERS = 10_000
LOOP_OPERATORS = {"loop", "tensoriterator"}
_MAX_XML = 32 * 2**20  # bytes
_MAX_ELEMENTS = 1_000_000
_MAX_DEPTH = 20
_MAX_NAME = 100  # characters of a name in a message
_PARTS = {"net": {"layers", "edges", "rt_info"}, "layers": {"layer"}, "edges": {"edge"}}
_OF_A_LAYER = {"data", "input", "output", "rt_info"}  # a body is none of these
_BITS = {
    "bf16": 16, "boolean": 8, "f16": 16, "f32": 32, "f64": 64, "f8e4m3": 8, "f8e5m2": 8, "i16": 16, "i32": 32, "i4": 4,
    "i64": 64, "i8": 8, "nf4": 4, "u1": 1, "u16": 16, "u32": 32, "u4": 4, "u64": 64, "u8": 8,
}  # fmt: skip

# As OpenVINO reads them, which ignores case. No bodies, states, random numbers or texts, and nothing whose size depends
# on the values of an image.
_OPERATORS = """
    abs acos acosh adaptiveavgpool adaptivemaxpool add asin asinh atan atanh avgpool batchnorminference batchtospace
    broadcast ceiling clamp concat const constant convert convertlike convolution convolutionbackpropdata cos cosh
    cumsum depthtospace divide einsum elu equal erf exp fakequantize floor floormod gather gatherelements gathernd gelu
    greater greaterequal gridsample grn groupconvolution groupconvolutionbackpropdata groupnormalization hardsigmoid
    hsigmoid hswish interpolate isfinite isinf isnan less lessequal log logicaland logicalnot logicalor logicalxor
    logsoftmax lrn lstmsequence matmul maximum maxpool minimum mish mod multiply mvn negative normalizel2 notequal
    onehot pad parameter power prelu range reducel1 reducel2 reducelogicaland reducelogicalor reducemax reducemean
    reducemin reduceprod reducesum relu reshape result roll round scaleddotproductattention scatterelementsupdate
    scatterndupdate scatterupdate select selu shapeof shufflechannels sigmoid sign sin sinh slice softmax softplus
    softsign spacetobatch spacetodepth split sqrt squareddifference squeeze stridedslice subtract swish tan tanh tile
    topk transpose unsqueeze variadicsplit
"""
OPERATORS = frozenset(_OPERATORS.split())


@dataclass(frozen=True)
class Layer:
    """A layer of a graph.

    Attributes
    ----------
    kind
        Its operator, in lower case.
    inputs
        The layers that it takes, in the order of its ports.
    shape
        Shape of a constant; empty for others.
    """

    kind: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class Graph:
    """A validated graph.

    Attributes
    ----------
    root
        Its XML.
    layers
        Its layers by number, each after those that it takes.
    """

    root: Any
    layers: dict[str, Layer]

    def text(self) -> str:
        """Write the graph as OpenVINO reads it, from what was validated: parsers that differ cannot hide anything."""
        return ElementTree.tostring(self.root, encoding="unicode")

    def text_of(self, name: str) -> str:
        """Write the graph that computes one layer, with that layer's results."""
        chosen, stack = {name}, [name]
        while stack:
            more = set(self.layers[stack.pop()].inputs) - chosen
            chosen |= more
            stack.extend(more)
        net = ElementTree.Element("net", self.root.attrib)
        layers, edges = ElementTree.SubElement(net, "layers"), ElementTree.SubElement(net, "edges")
        layers.extend(one for one in self.root.iterfind("layers/layer") if one.attrib["id"] in chosen)
        edges.extend(one for one in self.root.iterfind("edges/edge") if one.attrib["to-layer"] in chosen)
        (layer,) = (one for one in layers if one.attrib["id"] == name)
        for number, port in enumerate(layer.findall("output/port"), start=1 + max(map(int, self.layers))):
            result = {"id": str(number), "name": f"result {number}", "type": "Result", "version": "opset1"}
            ports = ElementTree.SubElement(ElementTree.SubElement(layers, "layer", result), "input")
            ElementTree.SubElement(ports, "port", {"id": "0"})
            edge = {"from-layer": name, "from-port": port.attrib["id"], "to-layer": str(number), "to-port": "0"}
            ElementTree.SubElement(edges, "edge", edge)
        return ElementTree.tostring(net, encoding="unicode")


def read_graph(path: Path, weights: int) -> Graph:
    """Read and validate a graph, without computing a shape.

    Parameters
    ----------
    path
        Path of the ``.xml`` file.
    weights
        Size of the ``.bin`` file, in bytes.

    Raises
    ------
    ModelError
        If it is not OpenVINO's XML, too large, or damaged, or has another graph within or an operator that is not
        allowed.
    """
    root = _parse(path)
    for part in list(root):
        if part.tag not in _PARTS["net"]:
            root.remove(part)  # what converters note about themselves
    for parent in root:
        if odd := {part.tag for part in parent} - _PARTS.get(parent.tag, {part.tag for part in parent}):
            raise ModelError(f"{path}: has <{min(odd)[:_MAX_NAME]}> in <{parent.tag}>; such a model is refused")
    try:
        layers = _read_layers(path, root, weights)
    except (KeyError, ValueError, AttributeError) as error:
        raise ModelError(f"{path}: OpenVINO cannot load it (a layer is damaged: {error}); convert it again") from error
    return Graph(root, layers)


def _parse(path: Path) -> Any:
    """Parse XML of limited size and depth, without namespaces."""
    content = read_bytes(path, _MAX_XML, ModelError)
    if not content.lstrip().startswith((b"<?xml", b"<net")) or b"<!" in content:
        raise ModelError(f"{path}: is not OpenVINO's XML; convert the model again")
    depth = elements = 0
    root = None
    try:
        for event, element in ElementTree.iterparse(BytesIO(content), ("start", "end")):  # noqa: S314 - no DOCTYPE
            root = element if root is None else root
            depth += 1 if event == "start" else -1
            elements += event == "start"
            if depth > _MAX_DEPTH or elements > _MAX_ELEMENTS:
                raise ModelError(f"{path}: is nested too deeply or has too many elements; such a model is refused")
            if any("{" in name or ":" in name for name in (element.tag, *element.attrib)):
                raise ModelError(f"{path}: has a namespace, which OpenVINO's XML has not; convert the model again")
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ModelError(f"{path}: OpenVINO cannot load it ({error}); convert it again") from error
    if root is None or root.tag != "net":
        raise ModelError(f"{path}: is not OpenVINO's XML (<net> is expected); convert the model again")
    return root


def _read_layers(path: Path, root: Any, weights: int) -> dict[str, Layer]:
    elements = root.findall("layers/layer")
    if len(elements) > MAX_LAYERS:
        raise ModelError(f"{path}: has {len(elements):,} layers, more than the {MAX_LAYERS:,} allowed")
    for element in elements:
        _check_layer(path, element)
    sources: dict[str, list[tuple[int, str]]] = {element.attrib["id"]: [] for element in elements}
    if len(sources) < len(elements):
        raise ModelError(f"{path}: has two layers of one number; convert the model again")
    for edge in root.findall("edges/edge"):
        sources[edge.attrib["to-layer"]].append((int(edge.attrib["to-port"]), edge.attrib["from-layer"]))
    layers = {
        element.attrib["id"]: Layer(
            element.attrib["type"].lower(),
            tuple(source for _, source in sorted(sources[element.attrib["id"]])),
            _check_constant(path, element, weights),
        )
        for element in elements
    }
    try:
        order = TopologicalSorter({name: layer.inputs for name, layer in layers.items()}).static_order()
        return {name: layers[name] for name in order}
    except CycleError as error:
        raise ModelError(f"{path}: has a layer that takes its own result; such a model is refused") from error


def _check_layer(path: Path, element: Any) -> None:
    kind, version = element.attrib["type"], element.get("version", "opset1")
    if kind.lower() in LOOP_OPERATORS:
        raise ModelError(f"{path}: has the operator {kind}, which may never terminate; such a model is refused")
    if kind.lower() not in OPERATORS or not re.fullmatch(r"opset\d+", version):
        raise ModelError(
            f"{path}: has the operator {kind[:_MAX_NAME]!r} of {version[:_MAX_NAME]}, which is not among those of "
            "segmentation networks that are allowed; such a model is refused"
        )
    if ".." in element.get("shape", "") or any(".." in data.get("shape", "") for data in element.findall("data")):
        raise ModelError(f"{path}: has an input whose lengths have bounds; give them as fixed or as any (?)")
    if odd := {part.tag for part in element} - _OF_A_LAYER:
        raise ModelError(f"{path}: has a layer with <{min(odd)[:_MAX_NAME]}>; such a model is refused")


def _check_constant(path: Path, element: Any, weights: int) -> tuple[int, ...]:
    """The shape of a constant, if it has the numbers that it declares; else that of a scalar."""
    if not element.attrib["type"].lower().startswith("const"):
        return ()
    data = element.find("data").attrib
    shape = tuple(map(int, filter(None, data["shape"].replace(" ", "").split(","))))
    offset, size = int(data["offset"]), int(data["size"])
    declared = -(-prod(shape) * _BITS[data["element_type"]] // 8)
    if min((offset, *shape), default=0) < 0 or size != declared or offset + size > weights:
        raise ModelError(f"{path}: has a constant that differs from its declaration; convert the model again")
    return shape


def iter_values(layers: dict[str, Layer]) -> Iterator[str]:
    """Iterate over the layers whose values depend on constants and shapes alone; OpenVINO may compute them."""
    found: set[str] = set()
    for name, layer in layers.items():
        if layer.kind == "shapeof" or (layer.kind != "parameter" and found.issuperset(layer.inputs)):
            found.add(name)
            yield name
