"""What a way of damaging is, and how one is chosen."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from robustbench_cells.registry import Registry

_MAX_BYTES = 2**22  # of a damaged file
_ROUNDS = (1, 1, 1, 2, 3)
_IN_DEPTH = 0.65  # the share of damage that knows the format


class Damage(Protocol):
    """Damages content of a format.

    Attributes
    ----------
    name
        Of the format.
    suffixes
        That its files have; none for damage to any content.
    """

    name: str
    suffixes: tuple[str, ...]

    def apply(self, content: bytes, rng: np.random.Generator) -> bytes:
        """Damaged content; a `ValueError` if it is not of the format (any more)."""
        ...


DAMAGES: Registry[Damage] = Registry("tests.fuzz.damage", "way of damaging", Damage)


def damaged(name: str, content: bytes, rng: np.random.Generator) -> bytes:
    """Content of a file of this name, damaged once or a few times."""
    known = [way for way in DAMAGES if name.endswith(way.suffixes)]
    anyhow = [way for way in DAMAGES if not way.suffixes]
    for _ in range(rng.choice(_ROUNDS)):
        ways = known if known and rng.random() < _IN_DEPTH else anyhow
        try:
            found = ways[rng.integers(len(ways))].apply(content, rng)
        except ValueError:
            found = DAMAGES.get("bytes").apply(content, rng)
        if len(found) <= max(_MAX_BYTES, len(content)):
            content = found
    return content
