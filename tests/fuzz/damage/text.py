"""Text of any format: extreme numbers, hostile quoted strings, moved lines."""

from __future__ import annotations

import re

import numpy as np

from tests.fuzz.damage._base import DAMAGES, Damage
from tests.fuzz.damage._values import NUMBERS, word

_NUMBER = re.compile(r"(?<![\w.])-?\d+(\.\d+)?([eE][-+]?\d+)?")
_QUOTED = re.compile(r"(?<=[\"'])[^\"'\n]*(?=[\"'])")


@DAMAGES.register
class Text(Damage):
    """Changes numbers, quoted strings or lines, regardless of the format."""

    name = "text"
    suffixes = (".json", ".toml", ".yaml", ".csv", ".xml")

    def apply(self, content: bytes, rng: np.random.Generator) -> bytes:
        """See `Damage.apply`."""
        text = content.decode()
        way = rng.integers(4)
        if way == 3:
            return _lines(text, rng).encode()
        pattern = _QUOTED if way == 2 else _NUMBER
        found = list(pattern.finditer(text))
        if not found:
            raise ValueError
        start, end = found[rng.integers(len(found))].span()
        new = word(rng) if way == 2 else NUMBERS[rng.integers(len(NUMBERS))]
        return (text[:start] + new + text[end:]).encode("utf-8", "surrogatepass")


def _lines(text: str, rng: np.random.Generator) -> str:
    lines = text.splitlines(keepends=True)
    if not lines:
        raise ValueError
    line = lines.pop(rng.integers(len(lines)))
    for _ in range(rng.choice([0, 1, 2, 300])):
        lines.insert(int(rng.integers(len(lines) + 1)), line)
    return "".join(lines)
