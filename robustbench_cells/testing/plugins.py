"""The rules for a plug-in of any kind, and the inputs that the other rules share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest

from robustbench_cells.types import CLEAN, Image, Labels, Sample

_WINDOW = 9  # pixels of the local mean
_SHIFT = 12  # pixels, more than the radius of a cell that is drawn here


def require(condition: bool, message: str) -> None:
    """Raise an `AssertionError` with this message, unless the condition holds (``assert`` would go with ``-O``)."""
    if not condition:
        raise AssertionError(message)


def check_plugin(plugin: object) -> None:
    """Check what holds of a plug-in of any kind: it has a name, and a docstring that `list` can show.

    Parameters
    ----------
    plugin
        One object of the class that is registered.

    Raises
    ------
    AssertionError
        If a rule does not hold.

    Examples
    --------
    >>> from robustbench_cells.models.formats import FORMATS
    >>> check_plugin(FORMATS.get("onnx"))
    """
    name = getattr(plugin, "name", None)
    require(
        isinstance(name, str) and name.strip() == name != "", f"name {name!r}: a text without outer blanks is needed"
    )
    first = (type(plugin).__doc__ or "").strip().partition("\n")[0]
    require(
        first.endswith((".", ":")),
        f"{name}: the docstring of its class begins with {first!r}; `list` shows that line, so write a sentence there",
    )


def require_identifier(name: str) -> None:
    """Refuse a name that ids of tests, columns and files cannot be made of."""
    legible = re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) and name != CLEAN
    require(bool(legible), f"name {name!r}: ids of tests, columns and files are made of it; use letters, digits and _")


def require_version(name: str, version: object) -> None:
    """Refuse a version that cannot be counted up when the results of a plug-in change."""
    numbered = isinstance(version, int) and version >= 1
    require(numbered, f"{name}: version {version!r}; a whole number from 1 up is needed")


def each_rule(rules: tuple[Callable[..., None], ...]) -> pytest.MarkDecorator:
    """Make a test of each rule, with the name of the rule as its id."""
    return pytest.mark.parametrize("rule", rules, ids=lambda rule: rule.__name__.strip("_"))


def draw_labels(shape: tuple[int, int], seed: int, cells: int = 8) -> Labels:
    """Discs of rising ids, int32 of this shape, later ones over earlier ones."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.int32)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    for number in range(1, cells + 1):
        row, column, radius = rng.integers(0, shape[0]), rng.integers(0, shape[1]), rng.integers(3, 12)
        labels[(rows - row) ** 2 + (columns - column) ** 2 <= radius**2] = number
    return labels


def draw_sample(shape: tuple[int, int], seed: int = 0, cells: int = 8) -> Sample:
    """A synthetic frame: cells of grey level 200 on a background of 100 that rises by 20 from left to right."""
    labels = draw_labels(shape, seed, cells)
    image = np.where(labels > 0, 200, 100) + np.linspace(0, 20, shape[1])[None, :]
    return Sample("synthetic/test", "1", image.astype(np.float32), labels)


def sample_images() -> Iterator[Image]:
    """Grey images that bring faults out: noise, two neighbouring levels, mostly saturated, one row, flat."""
    rng = np.random.default_rng(0)
    yield rng.uniform(0, 255, (64, 48)).astype(np.float32)
    yield rng.choice([40, 41], (33, 70)).astype(np.float32)
    yield rng.choice([0, 255, 255, 255], (48, 48)).astype(np.float32)
    yield rng.uniform(0, 255, (1, 40)).astype(np.float32)
    for value in (0, 127.5, 255):
        yield np.full((30, 17), value, np.float32)


def labels_lie_on_cells(image: Image, labels: Labels) -> bool:
    """Whether labels fit an image of their own mask better than they do turned, mirrored or shifted.

    The local mean is taken off first, so that uneven light plays no part. True of labels that cover too little or too
    much to tell.
    """
    cells = labels > 0
    if not 0.01 < cells.mean() < 0.9:
        return True
    edges = image - cv2.blur(image, (_WINDOW, _WINDOW), borderType=cv2.BORDER_REFLECT_101)
    turned = [np.rot90(mask, quarters) for mask in (cells, cells.T) for quarters in range(4)]
    shifted = [np.roll(cells, by, axis) for axis in (0, 1) for by in (-_SHIFT, _SHIFT)]
    fits = [abs(float(edges[mask].sum())) for mask in (*turned, *shifted)]
    return fits[0] > max(fits[1:])
