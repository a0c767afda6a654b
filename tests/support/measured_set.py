"""A data set with a measured axis on disk, made by an independent simulator."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.types import Image, Sample
from tests.conftest import save_mask
from tests.support.born_wolf import defocus

AXIS: Mapping[str, object] = {"name": "focus", "unit": "px", "clean": 0, "artefact": "defocus", "parameter": "radius"}
RADII = (3.0, 6.0)


@cache
def frames() -> tuple[Sample, ...]:
    """Two frames of 300×280 px."""
    data = open_dataset("synthetic", frames=2)
    return tuple(data.read(frame) for frame in data.frames)


def clean(number: int) -> Image:
    return np.rint(frames()[number].image[:280, :300]).astype(np.float32)


def defocused(number: int, radius: float) -> Image:
    return np.rint(defocus(clean(number), radius)).astype(np.float32)


def write_measured_set(root: Path, toml: str | None = None) -> Path:
    """Write ``input``, ``output``, a folder for each radius, and ``measured.toml``."""
    for number in range(2):
        save_mask(root / f"input/f{number}.png", clean(number).astype(np.uint8))
        save_mask(root / f"output/f{number}.png", frames()[number].labels[:280, :300].astype(np.uint16))
        for radius in RADII:
            save_mask(root / f"focus_{radius:g}/f{number}.png", defocused(number, radius).astype(np.uint8))
    (root / "measured.toml").write_text(axis_toml() if toml is None else toml, encoding="utf-8")
    return root


def axis_toml(steps: Mapping[float, str] | None = None, **changes: object) -> str:
    """The text of ``measured.toml``; a key whose change is None is left out."""
    keys = {name: value for name, value in {**AXIS, **changes}.items() if value is not None}
    lines = [f"{name} = {value if isinstance(value, int | float) else repr(value)}" for name, value in keys.items()]
    folders = steps if steps is not None else {radius: f"focus_{radius:g}" for radius in RADII}
    listed = ", ".join(f"{{ value = {value!r}, folder = '{folder}' }}" for value, folder in folders.items())
    return "\n".join(["[[axis]]", *lines, f"steps = [{listed}]", ""])


def as_clean_set(root: Path, radius: float, to: Path) -> Path:
    """The same fields, with the images at a radius as the clean ones."""
    shutil.copytree(root / f"focus_{radius:g}", to / "input")
    shutil.copytree(root / "output", to / "output")
    return to


def shift(path: Path, down: int, right: int) -> None:
    """Shift the image in a file."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    save_mask(path, np.roll(pixels, (down, right), (0, 1)))
