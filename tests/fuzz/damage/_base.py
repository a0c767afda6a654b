"""Contract and registry of ways to damage a file, and the choice among them."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from robustbench_cells.registry import Registry

_MAX_BYTES = 2**22  # of a damaged file
_ROUNDS = (1, 1, 1, 2, 3)
_SPECIFIC = 0.65  # share of damage that is specific to the format


class Damage(Protocol):
    """A way to damage content of a format.

    Attributes
    ----------
    name
        Name of the format.
    suffixes
        Suffixes of its files; none for any content.
    """

    name: str
    suffixes: tuple[str, ...]

    def apply(self, content: bytes, rng: np.random.Generator) -> bytes:
        """Damage content; raise a `ValueError` if it is not (or no longer) of the format."""
        ...


DAMAGES: Registry[Damage] = Registry("tests.fuzz.damage", "way to damage")


def apply_damage(name: str, content: bytes, rng: np.random.Generator) -> bytes:
    """Damage the content of a file of this name, once or a few times."""
    specific = [way for way in DAMAGES if name.endswith(way.suffixes)]
    general = [way for way in DAMAGES if not way.suffixes]
    for _ in range(rng.choice(_ROUNDS)):
        ways = specific if specific and rng.random() < _SPECIFIC else general
        try:
            found = ways[rng.integers(len(ways))].apply(content, rng)
        except ValueError:
            found = DAMAGES.get("bytes").apply(content, rng)
        if len(found) <= max(_MAX_BYTES, len(content)):
            content = found
    return content
