"""How each segmenter looks, in every chart alike."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from robustbench_cells.types import REFERENCE

# Apart for colour-blind eyes (after Okabe and Ito 2008), and each at 3:1 or more on white and on black.
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
_SIDE = re.compile(r" \([AB]\)$")  # of a segmenter in two runs side by side


@dataclass(frozen=True)
class Style:
    """Of a segmenter: its colour, and its marker as matplotlib calls it, as plotly does, and as a letter."""

    colour: str
    marker: str
    symbol: str
    letter: str


def styles(names: Iterable[str]) -> dict[str, Style]:
    """A style for each segmenter; the background is grey and has no marker. The two sides of a pair share a colour.

    Unless there is one pair alone: nothing else needs the colours then.
    """
    own = sorted(set(names) - {REFERENCE})
    stem = {name: _SIDE.sub("", name) for name in own}
    if len(set(stem.values())) == 1:
        stem = {name: name for name in own}
    stems = sorted(set(stem.values()))
    found = {}
    for name in own:
        number = stems.index(stem[name])
        shared = stem[name] != name and name.endswith(" (B)")
        symbol = _SYMBOLS[(number + number // len(_COLOURS) + shared) % len(_SYMBOLS)]
        found[name] = Style(_COLOURS[number % len(_COLOURS)], *symbol)
    return found | {REFERENCE: Style(GREY, "", "", "┄")}
