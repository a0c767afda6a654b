"""Meaning of planes whose values are indexes of a palette."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from robustbench_cells.datasets.stored_plane import RGB, Palette, StoredPlane, image_remedy
from robustbench_cells.errors import DataError

_BLACK = (0, 0, 0)
_VOID_INDEX, _VOID_COLOUR = 255, (224, 224, 192)  # of PASCAL VOC: pixels that annotators left open


def palette_to_grey(pixels: npt.NDArray[Any], palette: Palette, what: str) -> npt.NDArray[Any]:
    """Return the grey levels, uint8 (H, W), of an image with a palette: the palette's, if all in use are grey.

    Raises
    ------
    DataError
        If the palette has colours or transparency, or is ImageJ's inverting look-up table, of which programs differ in
        whether it changes the values.
    """
    if palette.display_only:
        return pixels
    colours, used = _used_colours(pixels, palette, what)
    if (colours[:, :3] != colours[:, :1]).any():
        raise DataError(f"{what}: is a colour image (with a palette); {image_remedy(len(RGB), RGB)}")
    if len(np.unique(colours[:, 3])) > 1:
        raise DataError(f"{what}: has transparent colours in its palette; flatten it, and save it as 8-bit grey")
    if np.array_equal(palette.colours[:, 0], 255 - np.arange(256)):
        raise DataError(
            f"{what}: has an inverting palette (ImageJ's inverting look-up table), and programs differ in whether 0 is "
            "black or white; save it as grey without one (in ImageJ: Image > Lookup Tables > Grays)"
        )
    table = np.zeros(256, np.uint8)
    table[used] = colours[:, 0]
    return table[pixels]


def palette_to_colours(stored: StoredPlane, what: str) -> StoredPlane:
    """Return an image by the colours of its palette, uint8 (H, W, 4); one of grey levels stays as it is.

    Raises
    ------
    DataError
        If an index has no colour.
    """
    palette = stored.palette
    if palette is None or palette.display_only:
        return stored
    colours, _ = _used_colours(stored.pixels, palette, what)
    if (colours[:, :3] == colours[:, :1]).all():
        return replace(stored, names=RGB)
    return StoredPlane(palette.colours[stored.pixels], alpha=True, names=RGB)


def palette_to_labels(pixels: npt.NDArray[Any], palette: Palette, what: str) -> npt.NDArray[Any]:
    """Return the indexes, (H, W), of a mask with a palette, which are its labels where index 0 alone is black.

    Annotation programs store the label as the index, and a colour to show it. Other programs sort the palette by
    brightness or frequency, so that the index means nothing.

    Raises
    ------
    DataError
        If it is not certain which index is the background.
    """
    if palette.display_only:
        return pixels
    colours, used = _used_colours(pixels, palette, what)
    if tuple(palette.colours[0, :3]) != _BLACK:
        raise _uncertain(
            what, f"index 0 of its palette is the colour {tuple(palette.colours[0, :3].tolist())}, not black"
        )
    others = colours[used > 0]
    if (others[:, :3] == _BLACK).all(axis=1).any():
        raise _uncertain(what, "several of its palette's indexes are black")
    if len(np.unique(others[:, 3])) > 1:
        raise _uncertain(what, "some of its palette's colours are transparent")
    return pixels


def marks_void(pixels: npt.NDArray[Any], palette: Palette) -> bool:
    """Tell whether a mask has the index that is no label in PASCAL VOC's palette, which annotation programs use."""
    colours = palette.colours
    is_voc = len(colours) > _VOID_INDEX and tuple(colours[_VOID_INDEX, :3].tolist()) == _VOID_COLOUR
    return is_voc and bool((pixels == _VOID_INDEX).any())


def _uncertain(what: str, fact: str) -> DataError:
    return DataError(
        f"{what}: {fact}, so it is not certain which pixels are background; save the mask as grey without a palette, 0 "
        "for background and positive ids for cells"
    )


def _used_colours(
    pixels: npt.NDArray[Any], palette: Palette, what: str
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[Any]]:
    """List the colours that occur, (n, 4), and their indexes."""
    used = np.unique(pixels)
    if used[-1] >= len(palette.colours):
        raise DataError(
            f"{what}: has index {used[-1]}, but a palette of {len(palette.colours)} colours; replace the file if it is "
            "damaged, or save it as grey"
        )
    return palette.colours[used], used
