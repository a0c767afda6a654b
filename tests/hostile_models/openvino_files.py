"""Hostile OpenVINO graphs: operators that XML hides, and arrays that are computed while the file is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np


@dataclass
class Net:
    """Layers in OpenVINO's XML, with the numbers of its constants."""

    layers: list[str] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)
    weights: bytearray = field(default_factory=bytearray)
    ports: list[int] = field(default_factory=list)

    def add(
        self, kind: str, *given: int, dims: Any = (1, 1, 256, 256), precision: str = "FP32", within: str = "",
        version: str = "opset1", **data: object,
    ) -> int:  # fmt: skip
        """Add a layer that takes others, by number; returns its own."""
        number = len(self.layers)
        attributes = " ".join(f"{name}={quoteattr(str(value))}" for name, value in data.items())
        ports = "".join(f'<port id="{port}"/>' for port in range(len(given)))
        lengths = "".join(f"<dim>{length}</dim>" for length in dims)
        output = f'<output><port id="{len(given)}" precision="{precision}">{lengths}</port></output>'
        self.layers.append(
            f'<layer id="{number}" name="l{number}" type="{kind}" version="{version}"><data {attributes}/>'
            f"<input>{ports}</input>{output if kind != 'Result' else ''}{within}</layer>"
        )
        for port, source in enumerate(given):
            self.edges.append(
                f'<edge from-layer="{source}" from-port="{self.ports[source]}" to-layer="{number}" to-port="{port}"/>'
            )
        self.ports.append(len(given))
        return number

    def constant(self, values: Any, kind: str = "i64", precision: str = "I64") -> int:
        array = np.asarray(values, np.int64 if kind == "i64" else np.float32)
        offset = len(self.weights)
        self.weights += array.tobytes()
        shape = ",".join(map(str, array.shape))
        return self.add(
            "Const", dims=array.shape, precision=precision, element_type=kind, shape=shape, offset=offset,
            size=array.nbytes,
        )  # fmt: skip

    def image(self) -> int:
        return self.add("Parameter", shape="?,1,256,256", element_type="f32", dims=(-1, 1, 256, 256))

    def text(self) -> str:
        content = f"<layers>{''.join(self.layers)}</layers><edges>{''.join(self.edges)}</edges>"
        return f'<?xml version="1.0"?><net name="net" version="11">{content}</net>'

    def save(self, folder: Path, text: str = "") -> Path:
        (folder / "net.bin").write_bytes(self.weights)
        (folder / "net.xml").write_text(text or self.text())
        return folder / "net.xml"


def with_shape(build: Callable[[Net], int]) -> Callable[[Path], Path]:
    """A graph that reshapes the image as an array of one number says, which is computed from a large one."""

    def save(folder: Path) -> Path:
        net = Net()
        image, bomb = net.image(), build(net)
        most = net.add("ReduceMax", bomb, net.constant([0]), dims=(1,), precision="I64", keep_dims="true")
        given = net.add("Minimum", most, net.constant([-1]), dims=(1,), precision="I64", auto_broadcast="numpy")
        flat = net.add("Reshape", image, given, special_zero="true", dims=(-1,))
        net.add("Result", net.add("Reshape", flat, net.constant([-1, 1, 256, 256]), special_zero="true"))
        return net.save(folder)

    return save


def broadcast(net: Net) -> int:
    return net.add("Broadcast", net.constant([7]), net.constant([2**31]), dims=(2**31,), precision="I64", mode="numpy")


def broadcast_undeclared(net: Net) -> int:
    """A length that is the sum of two, and a declaration that hides it."""
    length = net.add("Add", net.constant([2**30]), net.constant([2**30]), dims=(1,), precision="I64")
    return net.add("Broadcast", net.constant([7]), length, dims=(1,), precision="I64", mode="numpy")


def tile(net: Net) -> int:
    return net.add("Tile", net.constant([7]), net.constant([2**31]), dims=(1,), precision="I64")


def ranged(net: Net) -> int:
    ends = [net.constant(end) for end in (0, 2**31, 1)]
    return net.add("Range", *ends, dims=(1,), precision="I64", version="opset4", output_type="i64")


def doubled(net: Net) -> int:
    last = net.constant([7])
    for _ in range(31):
        last = net.add("Concat", last, last, dims=(1,), precision="I64", axis=0)
    return last


def outer(net: Net) -> int:
    column, row = net.constant(np.ones((2**16, 1))), net.constant(np.ones((1, 2**16)))
    return net.add("Add", column, row, dims=(1, 1), precision="I64", auto_broadcast="numpy")


def outer_reshaped(net: Net) -> int:
    """A column that no file declares."""
    ones = net.constant(np.ones(2**16))
    column = net.add("Reshape", ones, net.constant([-1, 1]), special_zero="true", dims=(1,), precision="I64")
    return net.add("Add", column, ones, dims=(1, 1), precision="I64", auto_broadcast="numpy")


def gathered(net: Net) -> int:
    table, places = net.constant(np.ones((1, 2**16))), net.constant(np.zeros(2**16))
    return net.add("Gather", table, places, net.constant(0), dims=(1,), precision="I64", version="opset8")


def changed(change: Callable[[str], str]) -> Callable[[Path], Path]:
    """A valid graph whose text is changed."""

    def save(folder: Path) -> Path:
        net = Net()
        net.add("Result", net.add("Sigmoid", net.image(), dims=(-1, 1, 256, 256)))
        text = net.text()
        assert change(text) != text
        return net.save(folder, change(text))

    return save


def operator(kind: str, version: str = "opset1", within: str = "", **data: object) -> Callable[[Path], Path]:
    """One operator that no network has, of the image."""

    def save(folder: Path) -> Path:
        net = Net()
        net.add("Result", net.add(kind, net.image(), version=version, within=within, **data))
        return net.save(folder)

    return save


def unfilled(folder: Path) -> Path:
    path = with_shape(ranged)(folder)
    text = path.read_text()
    assert 'shape="1"' in text
    path.write_text(text.replace('shape="1"', 'shape="4294967296"'))
    return path


def folded(folder: Path) -> Path:
    """Forty arrays of 256 MiB out of one number, which compiling would keep."""
    net = Net()
    last = net.image()
    shape, one = net.constant([1, 1, 2**13, 2**13]), net.constant(1.0, "f32", "FP32")
    for _ in range(40):
        large = net.add("Broadcast", one, shape, dims=(1, 1, 2**13, 2**13), mode="numpy")
        most = net.add("ReduceMax", large, net.constant([2, 3]), dims=(1, 1, 1, 1), keep_dims="true")
        last = net.add("Add", last, most, dims=(-1, 1, 256, 256), auto_broadcast="numpy")
    net.add("Result", last)
    return net.save(folder)


def chained(folder: Path) -> Path:
    net = Net()
    last = net.image()
    for _ in range(12_000):
        last = net.add("ReLU", last, dims=(-1, 1, 256, 256))
    net.add("Result", last)
    return net.save(folder)


def pooled(folder: Path) -> Path:
    net = Net()
    large = {"kernel": "511,511", "pads_begin": "255,255", "pads_end": "255,255", "strides": "1,1"}
    pool = net.add("MaxPool", net.image(), dims=(-1, 1, 256, 256), rounding_type="floor", auto_pad="explicit", **large)
    net.add("Result", pool)
    return net.save(folder)


SIGMOID = 'type="Sigmoid"'
BODY = "<body><layers/><edges/></body>"

HOSTILE: dict[str, Callable[[Path], Path]] = {
    "Loop in a namespace": changed(lambda text: text.replace(SIGMOID, 'xmlns="urn:x" type="Loop"')),
    "all in a namespace": changed(lambda text: text.replace("<net ", '<net xmlns="urn:x" ')),
    "Loop behind a prefix": changed(
        lambda text: text.replace("<layers>", '<layers xmlns:o="urn:o"><o:layer id="9" type="Loop"/>')
    ),
    "a type behind a prefix": changed(lambda text: text.replace(SIGMOID, f'xmlns:o="urn:o" o:type="Loop" {SIGMOID}')),
    "LOOP": operator("LOOP", "opset5", BODY),
    "tensoriterator": operator("tensoriterator", within=BODY),
    "If": operator("If", "opset8", "<then_body><layers/></then_body>"),
    "a body in a sigmoid": operator("Sigmoid", within=BODY),
    "layers in an edge": changed(lambda text: text.replace("</edges>", '<layer type="Loop"/></edges>')),
    "RandomUniform": operator("RandomUniform", "opset8"),
    "NonZero": operator("NonZero", "opset3", output_type="i64"),
    "NonMaxSuppression": operator("NonMaxSuppression", "opset9"),
    "ReadValue": operator("ReadValue", "opset6", variable_id="v"),
    "StringTensorUnpack": operator("StringTensorUnpack", "opset15"),
    "an extension": operator("Sigmoid", "extension"),
    "a broadcast shape": with_shape(broadcast),
    "a broadcast shape of a hidden length": with_shape(broadcast_undeclared),
    "a tiled shape": with_shape(tile),
    "a range as shape": with_shape(ranged),
    "31 doublings as shape": with_shape(doubled),
    "an outer sum as shape": with_shape(outer),
    "an outer sum of a hidden column as shape": with_shape(outer_reshaped),
    "a gathered shape": with_shape(gathered),
    "a constant without its numbers": unfilled,
    "a constant beyond the file": lambda folder: Net().save(folder, with_shape(outer)(folder).read_text()),
    "constants of constants": folded,
    "12,000 layers": chained,
    "pooling in wide windows": pooled,
    "a layer of itself": changed(lambda text: text.replace('from-layer="0"', 'from-layer="1"')),
    "nested notes": changed(lambda text: text.replace("</net>", "<rt_info>" * 999 + "</rt_info>" * 999 + "</net>")),
    "a million notes": changed(lambda text: text.replace("</net>", "<rt_info>" + "<a/>" * 10**6 + "</rt_info></net>")),
    "much XML": changed(lambda text: text.replace("</net>", " " * 2**25 + "</net>")),
}  # fmt: skip
