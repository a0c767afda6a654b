"""When a run may stop early: the engine asks, whoever fulfils the protocol answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from robustbench_cells.types import Record


class StoppingRule(Protocol):
    """Decides during a run which conditions need no more frames."""

    def interim_looks(self, frames: Sequence[str]) -> list[list[str]]:
        """The frames of each look, each including those of the one before; the last has all."""
        ...

    def is_decided(self, segmenter: str, records: Sequence[Record]) -> bool:
        """Whether the records of a segmenter under a condition, on the frames of one look, suffice."""
        ...
