"""Colour and marker of each segmenter, the same in every chart."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from robustbench_cells.types import REFERENCE

# Colour-blind safe (after Okabe and Ito 2008), with a contrast of 3:1 or more on white and on black.
_COLOURS = (
    "#0072B2",
    "#C4660A",
    "#008F6B",
    "#B8578C",
    "#6F62C9",
    "#A8472F",
    "#6E7B12",
    "#1E8BB8",
    "#8F6D54",
    "#7A7A7A",
)
_SYMBOLS = (
    ("o", "circle", "●"),
    ("s", "square", "■"),
    ("D", "diamond", "◆"),
    ("^", "triangle-up", "▲"),
    ("v", "triangle-down", "▼"),
    ("P", "cross", "✚"),
    ("X", "x", "✖"),
    ("*", "star", "★"),
)
GREY = "#808080"
_SIDE = re.compile(r" \([AB]\)$")  # suffix of a segmenter in two compared runs


@dataclass(frozen=True)
class Style:
    """Style of a segmenter.

    Attributes
    ----------
    colour
        Colour, as ``#RRGGBB``.
    marker, symbol, letter
        Marker by its name in matplotlib, by its name in plotly, and as a character.
    """

    colour: str
    marker: str
    symbol: str
    letter: str


def assign_styles(names: Iterable[str]) -> dict[str, Style]:
    """Assign a style to each segmenter; the background is grey and has no marker.

    Both sides of a model in two compared runs share a colour, unless it is the only model.
    """
    own = sorted(set(names) - {REFERENCE})
    stem = {name: _SIDE.sub("", name) for name in own}
    if len(set(stem.values())) == 1:
        stem = {name: name for name in own}
    stems = sorted(set(stem.values()))
    styles = {}
    for name in own:
        number = stems.index(stem[name])
        is_second = stem[name] != name and name.endswith(" (B)")
        symbol = _SYMBOLS[(number + number // len(_COLOURS) + is_second) % len(_SYMBOLS)]
        styles[name] = Style(_COLOURS[number % len(_COLOURS)], *symbol)
    return styles | {REFERENCE: Style(GREY, "", "", "┄")}
