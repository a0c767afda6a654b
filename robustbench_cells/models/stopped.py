"""Models that were stopped before anything was known of them."""

from __future__ import annotations

from robustbench_cells.errors import ModelStoppedError
from robustbench_cells.types import Image


class StoppedSegmenter:
    """A model that raises the same error whenever it is to predict (see `Segmenter`).

    Parameters
    ----------
    name
        Name in test ids and tables.
    why
        Text of the error.

    Attributes
    ----------
    name, why
        As given.
    digest, instances
        Words in place of a digest; nothing is known of its cells.
    """

    digest = "unknown: stopped before it was loaded"
    instances = None

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self.why = why

    def predict(self, images: Image) -> Image:
        """Raise a `ModelStoppedError`."""
        raise ModelStoppedError(self.why)
