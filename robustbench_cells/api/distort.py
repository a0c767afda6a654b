"""An artefact on one image of a running program."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from robustbench_cells.artefacts import ARTEFACTS, Artefact, PhysicalArtefact
from robustbench_cells.datasets.grey_levels import to_grey_levels
from robustbench_cells.datasets.stored_plane import StoredPlane
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.measured import require_computed
from robustbench_cells.errors import DataError, DataWarning, GridError
from robustbench_cells.randomness import generator
from robustbench_cells.types import Image, Labels

_MOST_CHANNELS = 32


@overload
def distort(
    image: npt.ArrayLike,
    labels: None,
    artefact: str | Artefact,
    intensity: float,
    *,
    seed: int = 0,
    white_level: int | None = None,
) -> tuple[Image, None]: ...
@overload
def distort(
    image: npt.ArrayLike,
    labels: npt.ArrayLike,
    artefact: str | Artefact,
    intensity: float,
    *,
    seed: int = 0,
    white_level: int | None = None,
) -> tuple[Image, Labels]: ...
def distort(
    image: npt.ArrayLike,
    labels: npt.ArrayLike | None,
    artefact: str | Artefact,
    intensity: float,
    *,
    seed: int = 0,
    white_level: int | None = None,
) -> tuple[Image, Labels | None]:
    """Apply an artefact to an image of any size and to its labels.

    Parameters
    ----------
    image
        (H, W), or (H, W, C) with channels last: uint8 or floating-point grey levels in [0, 255], bool, or 16-bit values
        (see `open_dataset` on what is white), of at most 32 channels. The paper's artefacts take (H, W) alone.
    labels
        (H, W), bool or whole numbers, 0 for background and below 0 where nothing is scored; or None.
    artefact
        Name of an artefact, as `robustbench-cells list` shows them, or an artefact. Combined ones have no name here:
        distort twice.
    intensity
        Strength in the artefact's own unit.
    seed
        Seed of the random numbers: the same for the same seed, whatever the intensity. Give each image its own, since
        images of one seed have the same noise.
    white_level
        Value that is white in 16-bit images.

    Returns
    -------
    tuple
        float32 image in [0, 255], and int32 labels with the ids that were given, or None. Of the shapes that were given
        unless the artefact changes the size, as `cell_size` does; never the arrays that were given.

    Raises
    ------
    UnknownNameError
        If there is no artefact of that name.
    GridError
        If the intensity has no meaning for it.
    DataError
        If shapes, dtypes or ranges do not fit.
    TypeError
        If an argument is none of these.

    Examples
    --------
    >>> import robustbench_cells as rb
    >>> frame = rb.open_dataset("synthetic", frames=2).read("000")
    >>> image, labels = rb.distort(frame.image, frame.labels, "defocus", 4, seed=0)
    >>> image.shape, bool((labels == frame.labels).all())
    ((576, 720), True)
    """
    given: object = seed
    if not isinstance(given, Integral):
        raise TypeError(f"distort: seed {seed!r} is {type(seed).__name__}; a whole number is needed")
    if isinstance(artefact, str):
        require_computed(artefact)
    condition = Condition(ARTEFACTS.get(artefact) if isinstance(artefact, str) else artefact, intensity)
    if condition.artefact is None:
        raise TypeError("distort: None is no artefact; give a name, as in 'defocus'")
    levels = _to_levels(np.asarray(image), condition.artefact, white_level)
    truth = _to_ids(np.asarray(labels), levels.shape) if labels is not None else np.zeros(levels.shape[:2], np.int32)
    for step, level in condition.artefact.steps(float(intensity)):
        try:
            levels, truth = step.distort(levels, truth, level, generator(int(seed), step.name))
        except ValueError as error:
            raise GridError(f"{step.name}={level:g}: {error}") from error
    return levels, None if labels is None else truth


def _to_levels(image: npt.NDArray[Any], artefact: Artefact, white_level: int | None) -> Image:
    most = 3 if isinstance(artefact, PhysicalArtefact) else 2
    if not 2 <= image.ndim <= most or not image.size:
        takes = "(H, W) or (H, W, C)" if most == 3 else "(H, W); the other artefacts take channels, (H, W, C), too"
        raise DataError(f"image: shape {image.shape}; {artefact.name} takes {takes}")
    if image.ndim == 3 and image.shape[2] > _MOST_CHANNELS:  # as in a stack (N, H, W), or where channels come first
        raise DataError(
            f"image: shape {image.shape} has {image.shape[2]} channels, which are last, (H, W, C), and at most "
            f"{_MOST_CHANNELS}; move the axis of channels (np.moveaxis), and give the frames of a stack one by one"
        )
    if image.dtype.kind not in "buif":
        raise DataError(f"image: dtype {image.dtype}; give bool, integer or floating point")
    flat = np.ascontiguousarray(image).reshape(image.shape[0], -1)  # values mean the same in each channel
    grey, remarks = to_grey_levels(StoredPlane(flat), "image", white_level)
    for remark in remarks:
        text = f"image: {remark.text}".replace("{pixels}", str(remark.pixels))
        warnings.warn(text, DataWarning, stacklevel=3)
    return grey.reshape(image.shape)


def _to_ids(labels: npt.NDArray[Any], shape: tuple[int, ...]) -> Labels:
    if labels.shape != shape[:2]:
        raise DataError(f"labels: shape {labels.shape}, but the image has {shape}; the two must have equal H and W")
    if labels.dtype.kind not in "bui":
        raise DataError(f"labels: dtype {labels.dtype}; give bool or integer, 0 for background")
    if labels.size and (labels.max() > (most := np.iinfo(np.int32).max) or labels.min() < -most):
        raise DataError(f"labels: the id {labels.max()} does not fit into 32 bits; number the cells from 1")
    return labels.astype(np.int32)
