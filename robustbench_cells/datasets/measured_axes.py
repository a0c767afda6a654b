"""Axes that were measured: the file ``measured.toml`` of a data set, read and validated before any image."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite, isnan
from pathlib import Path
from typing import Any, Literal

from robustbench_cells.errors import DataError
from robustbench_cells.files.schema import schema_problem
from robustbench_cells.files.toml import read_toml
from robustbench_cells.types import MEASURED, Scale, condition_name

FILE = "measured.toml"

_MAX_BYTES = 2**16
_DEFAULT_SPLIT = "test"
_TEXT = {"type": "string", "minLength": 1, "maxLength": 100, "pattern": r"^[^\x00-\x1f\x7f-\x9f]*$"}
_STEP = {
    "type": "object",
    "additionalProperties": False,
    "required": ["value", "folder"],
    "properties": {"value": {"type": "number"}, "folder": _TEXT},
}
_AXIS = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "unit", "clean", "steps"],
    "properties": {
        "name": {"type": "string", "maxLength": 60, "pattern": "^[A-Za-z][A-Za-z0-9_]*(?![\\s\\S])"},
        "parameter": _TEXT,
        "unit": _TEXT,
        "scale": {"enum": ["linear", "log"]},
        "clean": {"type": "number"},
        "artefact": _TEXT,
        "steps": {"type": "array", "minItems": 1, "maxItems": 100, "items": _STEP},
    },
}
_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["axis"],
    "properties": {"axis": {"type": "array", "minItems": 1, "maxItems": 20, "items": _AXIS}},
}


@dataclass(frozen=True)
class MeasuredAxis:
    """Images of the same fields that were taken under worse and worse settings.

    Attributes
    ----------
    name
        Name of the axis as in test ids, ``measured:defocus``.
    parameter, unit
        Name of what was varied, and its unit.
    scale
        Scale that curves are drawn on; None for that of the artefact `over`, or else a linear one.
    clean
        Value at which the clean images were taken.
    folders
        Folder of the images at each value, ascending.
    over
        Name of the artefact whose curves these are drawn over; empty where there is none.
    file
        The ``measured.toml``, for messages.
    """

    name: str
    parameter: str
    unit: str
    scale: Scale | None
    clean: float
    folders: Mapping[float, Path]
    over: str
    file: Path


def read_measured_axes(where: str, split: str | None) -> tuple[MeasuredAxis, ...]:
    """Read the axes of a data set; none where it has no ``measured.toml``.

    Parameters
    ----------
    where, split
        See `open_dataset`. The file lies in the folder of the split, or in that of the whole data set, or beside a
        table, or beside the folder of images of ``IMAGES:MASKS``.

    Raises
    ------
    DataError
        If the file is not usable, or a folder is missing; the message names the place and the remedy.
    """
    path = next((one for one in _candidates(where, split) if os.path.lexists(one)), None)
    if path is None:
        return ()
    axes = tuple(_axis(content, path) for content in _read(path)["axis"])
    names = [axis.name for axis in axes]
    if twice := [name for name in names if names.count(name) > 1]:
        raise DataError(f"{path}: the axis {twice[0].removeprefix(MEASURED)} is there twice; give each its own name")
    return axes


def _candidates(where: str, split: str | None) -> Iterator[Path]:
    root, (images, _, masks) = Path(where), where.rpartition(":")
    yield root / (split or _DEFAULT_SPLIT) / FILE
    yield root / FILE
    if os.path.isfile(root):
        yield root.parent / FILE
    if images:
        yield (Path(images).parent if os.path.isdir(masks) else Path(images)) / FILE


def _read(path: Path) -> dict[str, Any]:
    try:
        content = read_toml(path, _MAX_BYTES, DataError)
        problem = schema_problem(content, _SCHEMA)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: is not TOML ({error}); restore it or remove it") from error
    if problem is not None:
        raise DataError(f"{path}: {problem}")
    return content


def _axis(content: Mapping[str, Any], path: Path) -> MeasuredAxis:
    name, clean = MEASURED + content["name"], float(content["clean"])
    scale: Literal["linear", "log"] | None = content.get("scale")
    if isnan(clean) or (scale == "linear" and not isfinite(clean)):
        raise DataError(
            f"{path}: {content['name']}: clean = {clean}; give the value at which the clean images were taken"
        )
    folders: dict[float, Path] = {}
    names = {condition_name(name, clean): "that of the clean images; leave it out"}
    for step in content["steps"]:
        value = float(step["value"])
        if not isfinite(value):
            raise DataError(f"{path}: {content['name']}: a value is {value}; give a finite number")
        if refusal := names.get(condition_name(name, value)):
            raise DataError(f"{path}: {content['name']}: the value {value:g} is {refusal}")
        names[condition_name(name, value)] = "there twice, to six digits; give each its own folder once"
        folder = _folder(step["folder"], path)
        if any(folder.samefile(other) for other in folders.values()):
            raise DataError(
                f"{path}: {content['name']}: the folder {step['folder']} is there twice; "
                "give each value images of its own"
            )
        folders[value] = folder
    return MeasuredAxis(
        name=name,
        parameter=content.get("parameter", content["name"].replace("_", " ")),
        unit=content["unit"],
        scale=scale,
        clean=clean,
        folders=dict(sorted(folders.items())),
        over=content.get("artefact", ""),
        file=path,
    )


def _folder(text: str, path: Path) -> Path:
    folder = path.parent / text
    if not folder.resolve().is_relative_to(path.parent.resolve()):
        raise DataError(f"{path}: the folder {text} is outside of {path.parent}; move it there")
    if not os.path.isdir(folder):
        raise DataError(f"{path}: {folder}: no such folder; give a folder beside {FILE} with one image for each frame")
    return folder
