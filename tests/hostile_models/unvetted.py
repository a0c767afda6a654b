"""What the loaders without vetting have in common.

Each is imported by a process of models alone, with its library, and hands a stranger's file to that as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from robustbench_cells.errors import ModelError
from robustbench_cells.models.layout import Array
from robustbench_cells.models.network import Network, NetworkSegmenter


def segmenter(source: str, run: Callable[[Array], Array]) -> NetworkSegmenter:
    """A network for images of one channel, whatever the file says."""

    def translated(batch: Array) -> Array:
        with translate_errors(source):
            return run(batch)

    return NetworkSegmenter(Path(source).stem, Network(translated, (None, 1, 256, 256)), "not vetted")


@contextmanager
def translate_errors(source: str) -> Iterator[None]:
    """Turn whatever a library raises into a `ModelError`, as the product's loader does."""
    try:
        yield
    except Exception as error:
        raise ModelError(f"{source}: {type(error).__name__}: {str(error)[:200]}") from error
