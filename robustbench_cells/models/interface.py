"""Input and output of a network, as declared in its card: the default is grey levels in, one probability out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from robustbench_cells.instances.rules import InstanceKind, InstanceRule
from robustbench_cells.types import PATCH_SIDE

Layout = Literal["NHWC", "NCHW", "NHW"]

SCHEMA: dict[str, Any] = {  # tables of a card; unknown keys are refused, else a mistyped one would be ignored
    "input": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "layout": {"enum": ["NHWC", "NCHW", "NHW"]},
            "channels": {
                "type": ["integer", "array"],
                "minimum": 1,
                "maximum": 64,
                "items": {"type": "string", "minLength": 1, "maxLength": 100},
                "minItems": 2,
                "maxItems": 64,
                "uniqueItems": True,
            },
            "normalise": {"enum": ["none", "min-max", "zero-mean"]},
            "range": {
                "type": "array",
                "items": {"type": "number", "minimum": -1e9, "maximum": 1e9},
                "minItems": 2,
                "maxItems": 2,
            },
            "side": {"type": "integer", "minimum": 8, "maximum": 8192},
            "halo": {"type": "integer", "minimum": 0, "maximum": 4096},
        },
        "dependentRequired": {"halo": ["side"]},
    },
    "output": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string"},
            "layout": {"enum": ["NHWC", "NCHW", "NHW"]},
            "kind": {"enum": ["probability", "logits", "labels"]},
            "foreground": {"type": "integer", "minimum": 0},
            "instances": {"enum": ["components", "watershed"]},
            "crop": {"type": "integer", "minimum": 0, "maximum": 2048},
            "scale": {"type": "number", "minimum": 1 / 64, "maximum": 64},
        },
    },
}


_OUTPUT = {"layout": "output_layout", "name": "output"}  # keys of [output] whose attribute has another name


@dataclass(frozen=True)
class Interface:
    """The tables ``[input]`` and ``[output]`` of a model card.

    Attributes
    ----------
    layout, output_layout
        Order of the axes: N images, H rows, W columns, C channels. Inferred from unambiguous shapes.
    channels
        Number of input channels; each receives the grey image, or that of its name in `channel_names`.
    channel_names
        Names of the channels that it sees, in their order; empty for a network that sees grey images.
    normalise
        Normalisation of each patch: ``none``, ``min-max`` (to 0 and 1) or ``zero-mean`` (and unit variance).
    range
        Input values of grey levels 0 and 255; with ``min-max``, of the extremes; ignored with ``zero-mean``.
    side, halo
        Side of the tiles that a patch is cut into, and width of the border that each tile discards, in pixels; for
        networks of fixed input size.
    output
        Name of the output to use, if the network has several.
    kind
        Meaning of the output: ``probability`` in [0, 1]; ``logits`` (one channel by the sigmoid, several by the
        softmax); ``labels``, integers: an id per cell, or classes where `foreground` or `instances` is given.
    foreground
        Output channel of cells; with ``labels``, the class of cells (any but 0 if not given).
    instances
        Rule by which cells are made of the foreground (`robustbench_cells.instances.rules`); 8-connected components if
        not given.
    crop
        Width of the border of the input that the output lacks, in pixels of the input (valid padding).
    scale
        Pixels of the output per pixel of the input that it covers: 0.5 for an output of half the size.
    card
        Name of the card's file, for messages.
    """

    layout: Layout | None = None
    channels: int = 1
    normalise: Literal["none", "min-max", "zero-mean"] = "none"
    range: tuple[float, float] = (0.0, 255.0)
    side: int | None = None
    halo: int = 0
    output: str | None = None
    output_layout: Layout | None = None
    kind: Literal["probability", "logits", "labels"] = "probability"
    foreground: int | None = None
    instances: InstanceRule | None = None
    crop: int = 0
    scale: float = 1.0
    channel_names: tuple[str, ...] = ()
    card: str = field(default="its card", compare=False)

    @property
    def instance_kind(self) -> InstanceKind:
        """What the cells of the output are: its own labels, or the rule by which they are made."""
        if self.instances is None and self.kind == "labels" and self.foreground is None:
            return "labels"
        return self.instances or "components"

    @property
    def tile(self) -> int:
        """Side of the network's input, in pixels: of tiles, or of a patch with the border that the output lacks."""
        return self.side or PATCH_SIDE + 2 * self.crop

    def output_side(self, side: int) -> int:
        """Side of the output for an input of this side, in pixels."""
        return round((side - 2 * self.crop) * self.scale)


def interface_from_card(card: Mapping[str, Any], name: str = Interface.card) -> Interface:
    """Read the interface that a validated card declares; ``name`` is that of the card's file."""
    inputs, outputs = dict(card.get("input", {})), dict(card.get("output", {}))
    integers = ("channels", "side", "halo", "foreground", "crop")  # 3.0 is an integer to the schema
    if isinstance(inputs.get("channels"), list):
        inputs["channel_names"] = tuple(inputs["channels"])
        inputs["channels"] = len(inputs["channel_names"])
    for table in (inputs, outputs):
        table |= {key: int(table[key]) for key in integers if key in table}
    if "range" in inputs:
        inputs["range"] = tuple(float(end) for end in inputs["range"])
    if "scale" in outputs:
        outputs["scale"] = float(outputs["scale"])
    if outputs.get("instances") == "components" and outputs.get("kind") != "labels":
        del outputs["instances"]  # the default, whose digest is that of a card without it
    outputs = {_OUTPUT.get(key, key): value for key, value in outputs.items()}
    return Interface(**inputs, **outputs, card=name)
