"""Axes that were measured, as artefacts: nothing is computed, since the images are the data set's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, Artefact
from robustbench_cells.datasets.measured_axes import MeasuredAxis
from robustbench_cells.errors import DataError, GridError
from robustbench_cells.registry import unknown
from robustbench_cells.types import MEASURED, Dataset, Image, Labels, MeasuredDataset, Sample, Scale


class MeasuredArtefact(Artefact):
    """Images of the same fields that were taken under worse settings; patches lie at the same places.

    Parameters
    ----------
    axis
        Axis of the data set.
    scale
        Scale of its values.
    """

    version = 1  # what the images hold is in the key of each frame
    family = "measured"
    is_clean_at_neutral = True

    def __init__(self, axis: MeasuredAxis, scale: Scale) -> None:
        self.name, self.parameter, self.unit, self.neutral = axis.name, axis.parameter, axis.unit, axis.clean
        self.scale = scale
        self.over = axis.over
        self.grids = {"default": tuple(axis.folders), "paper": ()}

    def read(self, dataset: Dataset, frame: str, value: float) -> Sample:
        """Read the image of a frame at a value."""
        if not isinstance(dataset, MeasuredDataset) or value not in dataset.measured.get(self.name, ()):
            raise DataError(f"{dataset.title}: has no images of {self.name} at {value:g}; give the data set that has")
        return dataset.read_measured(frame, self.name, value)

    def distort(self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> tuple[Image, Labels]:
        """Copy a view, whose image was measured already; refuse a value that was not."""
        if intensity not in self.grids["default"]:
            values = ", ".join(f"{value:g}" for value in self.grids["default"])
            raise ValueError(f"was not measured; the images of the data set are at {values} ({self.unit})")
        return image.copy(), labels.copy()


def require_computed(name: str) -> None:
    """Refuse the name of a measured axis where an artefact is needed that can be applied to an image.

    Raises
    ------
    GridError
        If it is one.
    """
    if name.startswith(MEASURED):
        raise GridError(
            f"{name}: its images were taken by a microscope and are in the data set as they are, so there is nothing "
            "to apply; name an artefact that is computed"
        )


def measured_artefacts(axes: Iterable[MeasuredAxis]) -> list[MeasuredArtefact]:
    """The artefact of each axis.

    Raises
    ------
    DataError
        If the artefact that curves are to be drawn over does not exist, or has another unit or scale.
    """
    return [MeasuredArtefact(axis, _scale(axis)) for axis in axes]


def _scale(axis: MeasuredAxis) -> Scale:
    what = f"{axis.file}: {axis.name}"
    scale = axis.scale or "linear"
    if axis.over:
        if axis.over not in ARTEFACTS:
            raise DataError(f"{what}: {unknown(axis.over, 'artefact', ARTEFACTS.names())}")
        simulated = ARTEFACTS.get(axis.over)
        if axis.unit != simulated.unit:
            raise DataError(
                f"{what}: its unit is {axis.unit}, but that of {axis.over} is {simulated.unit}, so that curves cannot "
                f"be drawn over one another; give the values in {simulated.unit}, or leave artefact out"
            )
        scale = axis.scale or simulated.scale
        if scale != simulated.scale:
            raise DataError(
                f"{what}: its scale is {scale}, but that of {axis.over} is {simulated.scale}; leave scale out, or "
                "artefact"
            )
    _require_places(what, scale, [axis.clean], is_neutral=True)
    _require_places(what, scale, list(axis.folders), is_neutral=False)
    return scale


def _require_places(what: str, scale: Scale, values: Sequence[float], *, is_neutral: bool) -> None:
    """Refuse values that have no place on the scale; the clean one may lie at the ends of a logarithmic scale."""
    for value in values:
        is_finite = bool(np.isfinite(value))
        if scale == "linear" and not is_finite:
            raise DataError(f"{what}: clean = {value} has no place on a linear scale; give a finite value")
        if scale == "log" and (value < 0 or (value == 0 and not is_neutral)):
            raise DataError(f"{what}: the value {value:g} has no place on a logarithmic scale; give one above 0")
