"""Data and models of a running program, as `benchmark` is given them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.errors import DataError, ModelError
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.callables import segmenter_from
from robustbench_cells.models.declared_channels import channels_of, require_channels
from robustbench_cells.models.isolation.wall import Wall
from robustbench_cells.models.loading import require_segmenter, segmenter_name
from robustbench_cells.models.opening import open_segmenters
from robustbench_cells.types import REFERENCE, Segmenter


def open_given_data(data: Any) -> Selection:
    """The frames of what `benchmark` was given: a selection, a data set, or what `open_dataset` takes.

    Raises
    ------
    DataError
        If it is none of these.
    """
    if isinstance(data, Selection):
        return data
    if isinstance(data, str | Path):
        return open_dataset(str(data))
    if all(hasattr(data, name) for name in ("key", "title", "frames", "sequence", "read")):
        return Selection(data, list(data.frames))
    raise DataError(f"data: {type(data).__name__}; give from_arrays(images, labels) or open_dataset(…)")


def open_given_models(models: Any, channels: tuple[str, ...], *, trusted: bool, wall: Wall) -> dict[str, Segmenter]:
    """The segmenters by name, the background first, of what `benchmark` was given: a model, or models by name.

    Raises
    ------
    ModelError
        If there is none, one cannot be used, or its name is no text or that of a baseline.
    """
    named = models if isinstance(models, Mapping) else {_name_of(models): models}
    if not named:
        raise ModelError("models: none is given")
    segmenters: dict[str, Segmenter] = {REFERENCE: BASELINES.get(REFERENCE)}
    sources = {name: str(model) for name, model in named.items() if isinstance(model, str | Path)}
    for source in sources.values():
        require_segmenter(source)
    for name in named:
        if not isinstance(name, str) or not name:
            raise ModelError(f"models: {name!r} is not a name; give each model a text as its name")
        if name in BASELINES and sources.get(name) != name:
            raise ModelError(f"models: {name!r} is the name of a baseline; give the model another name")
    require_channels({name: channels_of(source) for name, source in sources.items() if name != REFERENCE}, channels)
    if channels and (in_memory := [name for name in named if name not in sources]):
        raise ModelError(
            f"{in_memory[0]}: is given as an object, and the images have the channels {', '.join(channels)}; give "
            "models of several channels by their files, whose cards name them"
        )
    opened = open_segmenters(sources, trusted=trusted, wall=wall)
    for name, model in named.items():
        segmenters[name] = opened[name] if name in opened else segmenter_from(name, model)
    return segmenters


def _name_of(model: Any) -> str:
    if isinstance(model, str | Path):
        return str(model) if str(model) in BASELINES else segmenter_name(str(model))
    name = getattr(model, "name", None) or getattr(model, "__name__", "")
    return name if isinstance(name, str) and name.isidentifier() else "model"
