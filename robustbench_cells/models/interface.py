"""What a network takes and gives, where that is not grey levels in and one probability out: declared in its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from robustbench_cells.types import PATCH_SIDE

Layout = Literal["NHWC", "NCHW", "NHW"]

SCHEMA: dict[str, Any] = {  # of the tables in a card; a mistyped key would change nothing, so it is refused
    "input": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "layout": {"enum": ["NHWC", "NCHW", "NHW"]},
            "channels": {"type": "integer", "minimum": 1, "maximum": 64},
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
        },
    },
}


_OUTPUT = {"layout": "output_layout", "name": "output"}  # keys of [output] and the attributes that they set


@dataclass(frozen=True)
class Interface:
    """The tables ``[input]`` and ``[output]`` of a model card.

    Attributes
    ----------
    layout, output_layout
        Order of the axes: N images, H rows, W columns, C channels. Found out from the shapes where these leave no
        doubt.
    channels
        Of the input; each is the grey image.
    normalise
        Each patch for itself: ``none``, ``min-max`` (to 0 and 1), ``zero-mean`` (and unit variance).
    range
        What black and white, 0 and 255 grey levels, become; with ``min-max``, what the extremes become. It has no
        meaning with ``zero-mean``.
    side, halo
        Of the tiles that a patch is cut into, in pixels, and how much of each tile's border is thrown away; for a
        network that takes one size only.
    output
        Name of the one to take, where a network has several.
    kind
        ``probability`` in [0, 1]; ``logits`` (of one channel by the sigmoid, of several by the softmax); ``labels``,
        whole numbers.
    foreground
        The output channel that is cells; with ``labels``, the number that is cells (all but 0, if not given).
    card
        Name of the file that says so, or that may: for messages.
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
    card: str = field(default="its card", compare=False)

    @property
    def tile(self) -> int:
        """Side of what the network gets."""
        return self.side or PATCH_SIDE


def interface_from_card(card: Mapping[str, Any], name: str = Interface.card) -> Interface:
    """The interface that a card, checked by its schema, declares; and the name of the card's file."""
    taken, given = dict(card.get("input", {})), dict(card.get("output", {}))
    whole = ("channels", "side", "halo", "foreground")  # 3.0 is a whole number to the schema
    for table in (taken, given):
        table |= {key: int(table[key]) for key in whole if key in table}
    if "range" in taken:
        taken["range"] = tuple(float(end) for end in taken["range"])
    given = {_OUTPUT.get(key, key): value for key, value in given.items()}
    return Interface(**taken, **given, card=name)
