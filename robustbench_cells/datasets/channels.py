"""One grey plane of an image with several channels or colours: the one that ``--rb-channel`` names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from robustbench_cells.datasets.palettes import palette_to_colours
from robustbench_cells.datasets.stored_plane import CHANNEL_OPTION, RGB, StoredPlane, describe_channels
from robustbench_cells.errors import DataError
from robustbench_cells.printable import is_printable

LUMINANCE = "luminance"
ALL = "all"

_MOST_TEXT = 100  # characters
_WEIGHTS = (19595, 38470, 7471)  # 0.299, 0.587 and 0.114 of 2^16, of which they make up all
_SHIFT = 16


class Channel:
    """The channel of a data set's images that was asked for: a name, a number from 0, or `LUMINANCE`; or several.

    Attributes
    ----------
    text
        What was asked for; `ALL` for several.
    names
        Names of several, in the order in which models take them; empty for one grey plane.
    """

    def __init__(self, channel: str | int | Sequence[str]) -> None:
        self.names: tuple[str, ...] = ()
        if isinstance(channel, list | tuple):
            self.names, channel = tuple(map(str, channel)), ALL
            if len({name.casefold() for name in self.names}) < max(2, len(self.names)):
                raise DataError(f"channels {list(self.names)}: give two or more different names, or a single channel")
        elif channel == ALL:
            raise DataError(
                f"channel {ALL}: is for runs of models whose cards name their channels; choose one, or give the names "
                'in the order of the model (in Python: channel=["red", "green", "blue"])'
            )
        if isinstance(channel, bool) or not isinstance(channel, str | Integral):
            raise TypeError(f"channel: {channel!r} is {type(channel).__name__}; a name or a number is needed")
        self.text = str(channel).strip()
        if not 0 < len(self.text) <= _MOST_TEXT or not is_printable(self.text):
            raise DataError(
                f"channel {self.text[:_MOST_TEXT]!r}: give the name of a channel, its number from 0, or {LUMINANCE}"
            )
        self._seen: tuple[str, str] | None = None  # a file and the name of its channel of this number

    @property
    def title(self) -> str:
        """What the images are, for readers."""
        return f"channels {', '.join(self.names)}" if self.names else f"channel {self.text}"

    def take(self, stored: StoredPlane, what: str) -> StoredPlane:
        """Take the channel out of an image; one whose channels are all equal stays as it is, for it is grey.

        Several channels are taken by their names where the image has names, else all in their order.

        The luminance is that of Rec. 601, 0.299 red + 0.587 green + 0.114 blue, rounded to whole values where the
        stored ones are whole, as Pillow, OpenCV and ImageJ (weighted) convert colours: so it is of the same type.

        Raises
        ------
        DataError
            If the image has no such channel, or is not opaque, or if a number means a channel of another name than in
            an earlier image; ``what`` names it.
        """
        if stored.palette is not None:
            stored = palette_to_colours(stored, what)
        colours = stored.colours
        if self.names:
            return self._take_several(stored, what)
        count = len(stored.names) or (1 if colours.ndim == 2 else colours.shape[-1])
        index = self._find(count, stored.names, what)
        if index is not None:
            self._require_same_name(stored.names[index] if stored.names else "", what)
        if colours.ndim == 2 or not (colours != colours[..., :1]).any():
            return stored
        _require_opaque(stored, what)
        pixels = _luminance(colours, what) if index is None else colours[..., index]
        return replace(stored, pixels=np.ascontiguousarray(pixels), alpha=False, names=())

    def _take_several(self, stored: StoredPlane, what: str) -> StoredPlane:
        colours, wanted = stored.colours, [name.casefold() for name in self.names]
        count = 1 if colours.ndim == 2 else colours.shape[-1]
        names = [name.casefold() for name in stored.names]
        numbers = [names.index(name) for name in wanted if names.count(name) == 1] if names else list(range(count))
        if count == 1 or len(numbers) != len(wanted):
            raise DataError(
                f"{what}: has the channels {describe_channels(count, stored.names if count > 1 else ())}, but the "
                f"models take {', '.join(self.names)}; save it with these, or choose one channel for models that "
                f"take grey ({CHANNEL_OPTION})"
            )
        _require_opaque(stored, what)
        return replace(stored, pixels=np.ascontiguousarray(colours[..., numbers]), alpha=False, names=self.names)

    def find_without_names(self, what: str) -> None:
        """Refuse a channel that grey images do not have; ``what`` names them."""
        if self.names:
            raise DataError(f"{what}: is grey, but the models take {', '.join(self.names)}; give other frames")
        self._find(1, (), what)

    def _find(self, count: int, names: Sequence[str], what: str) -> int | None:
        """Find the number of the channel; None for the luminance."""
        shown = describe_channels(count, names)
        if self.text.casefold() == LUMINANCE:
            if count > 1 and tuple(name.casefold() for name in names) != RGB:
                raise DataError(
                    f"{what}: has no luminance, since its channels are not red, green and blue but {shown}; name one "
                    f"of them by {CHANNEL_OPTION}"
                )
            return None
        named = [index for index, name in enumerate(names) if name.casefold() == self.text.casefold()]
        numbered = [int(self.text)] if self.text.isdecimal() and int(self.text) < count else []
        found = sorted({*named, *numbered})
        if len(found) > 1:
            raise DataError(
                f"{what}: channel {self.text} may be any of {', '.join(map(str, found))} of its channels {shown}; name "
                "it by another name or number, or rename the channels"
            )
        if not found:
            raise DataError(f"{what}: has no channel {self.text}; its channels are {shown} ({CHANNEL_OPTION})")
        return found[0]

    def _require_same_name(self, name: str, what: str) -> None:
        if self._seen is None:
            self._seen = what, name
        first, expected = self._seen
        if name.casefold() != expected.casefold():
            raise DataError(
                f"{what}: channel {self.text} is {name or 'without a name'}, but in {first} it is "
                f"{expected or 'without a name'}; give the name of the channel, or save all images with the same "
                "order of channels"
            )


def _require_opaque(stored: StoredPlane, what: str) -> None:
    if not stored.alpha:
        return
    alpha = stored.pixels[..., -1]
    full = 1 if alpha.dtype.kind in "bf" else 2**stored.bits - 1 if stored.bits else np.iinfo(alpha.dtype).max
    if (alpha != full).any():
        raise DataError(
            f"{what}: is not opaque: its transparency goes down to {alpha.min()} of {full}, so its colours depend on "
            "what is behind it; flatten it, and save it without transparency"
        )


def _luminance(colours: npt.NDArray[Any], what: str) -> npt.NDArray[Any]:
    if colours.dtype.kind == "f":
        red, green, blue = np.moveaxis(colours.astype(np.float64), -1, 0)
        return (green + 0.299 * (red - green) + 0.114 * (blue - green)).astype(colours.dtype)  # exact where all equal
    if colours.dtype == np.bool_:
        colours = colours.astype(np.uint8) * np.uint8(255)
    if colours.dtype.itemsize > 4:
        raise DataError(
            f"{what}: has colours of {colours.dtype}, too wide for a luminance; save them with 8 or 16 bits"
        )
    weighted = np.full(colours.shape[:2], 1 << (_SHIFT - 1), np.int64)
    for index, weight in enumerate(_WEIGHTS):
        weighted += colours[..., index].astype(np.int64) * weight
    return (weighted >> _SHIFT).astype(colours.dtype)
