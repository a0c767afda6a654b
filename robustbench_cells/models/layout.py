"""What goes into a network and what comes out: axes, channels, ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax

from robustbench_cells.errors import ModelError
from robustbench_cells.models.interface import Interface, Layout
from robustbench_cells.types import PATCH_SIDE, Image

Array = npt.NDArray[Any]


_SHOWN = 400  # characters of what a stranger's file names


_ROUNDING = 1e-4  # by which a probability may leave [0, 1]


def resolve_layout(name: str, shape: Sequence[int | None], interface: Interface) -> Interface:
    """An interface with its input layout known, that fits a network's input shape; None in it is what may vary.

    Raises
    ------
    ModelError
        If none fits, or more than one does; the message says what to declare.
    """

    def fits(layout: Layout) -> bool:
        channels = shape[layout.index("C")] if "C" in layout else interface.channels
        known = channels if channels is not None or interface.layout is None else interface.channels
        return interface.layout in (None, layout) and known == interface.channels

    fitting = [layout for layout in _layouts(len(shape)) if fits(layout)]
    if len(fitting) != 1:
        wanted = "N, H, W, 1" if interface.channels == 1 else f"N, H, W, {interface.channels}"
        raise ModelError(
            f"{name}: its input has shape {_shown(shape)}; one of ({wanted}) is needed, or say in {interface.card}, "
            "under [input], its layout (NHWC, NCHW or NHW) and how many channels it takes"
        )
    (layout,) = fitting
    sides = tuple(shape[layout.index(axis)] for axis in "HW")
    if any(side not in (None, interface.tile) for side in sides):
        raise ModelError(
            f"{name}: its input, {_shown(shape)} as {layout}, takes images of {_shown(sides)}; patches are "
            f"{PATCH_SIDE}×{PATCH_SIDE}"
            + (f", tiles {interface.tile}×{interface.tile}" if interface.side else "")
            + f". Say in {interface.card} [input] layout = …, if it is another; or, for tiles, side = … and halo = …"
        )
    if interface.side and 2 * interface.halo > interface.side - 8:
        raise ModelError(f"{name}: a halo of {interface.halo} px leaves nothing of a tile of {interface.side} px")
    return replace(interface, layout=layout)


def select_output(model: object, names: Sequence[str], interface: Interface) -> str:
    """The output to take: the only one, or the one that the card names.

    Parameters
    ----------
    model
        Its name or path, for messages.
    names
        Of its outputs.
    interface
        What is declared.

    Raises
    ------
    ModelError
        If there is none, there are several and none is named, or none has that name.
    """
    if not names:
        raise ModelError(f"{model}: has no output; export it again")
    wanted = interface.output
    shown = ", ".join(names)[:_SHOWN]
    if wanted is None and len(names) > 1:
        raise ModelError(
            f"{model}: has several outputs ({shown}); say which in {interface.card}: "
            f'[output] name = "{names[0][:_SHOWN]}"'
        )
    if wanted is not None and wanted not in names:
        raise ModelError(f"{model}: has no output {wanted!r}, which {interface.card} names; there are: {shown}")
    if wanted is not None and list(names).count(wanted) > 1:
        raise ModelError(f"{model}: has several outputs that are called {wanted!r}; give each a name of its own")
    return names[0] if wanted is None else wanted


def of_type(batch: Array, kind: npt.DTypeLike) -> Array:
    """A batch in the type that a network takes: whole numbers are rounded, not cut off."""
    kind = np.dtype(kind)
    return (np.rint(batch) if kind.kind in "iu" else batch).astype(kind)


def _layouts(axes: int) -> tuple[Layout, ...]:
    known: dict[int, tuple[Layout, ...]] = {3: ("NHW",), 4: ("NHWC", "NCHW")}
    return known.get(axes, ())


def _shown(shape: Sequence[int | None]) -> str:
    return f"({', '.join('any' if length is None else str(length) for length in shape)})"


def prepare_images(images: Image, interface: Interface) -> Image:
    """Grey levels, (N, H, W), as the interface declares a network to take them."""
    values = images.astype(np.float32)
    low, high = interface.range
    if interface.normalise == "zero-mean":
        mean, deviation = values.mean((1, 2), keepdims=True), values.std((1, 2), keepdims=True)
        return (values - mean) / np.maximum(deviation, np.float32(1e-6))
    if interface.normalise == "min-max":
        darkest = values.min((1, 2), keepdims=True)
        values = (values - darkest) / np.maximum(np.ptp(values, (1, 2), keepdims=True), np.float32(1e-6))
    elif (low, high) == (0, 255):
        return values
    else:
        values = values / np.float32(255)
    return values * np.float32(high - low) + np.float32(low)


def with_channels(batch: Image, interface: Interface) -> Image:
    """A batch, (N, H, W), in the layout and with the channels that the interface declares."""
    if interface.layout == "NHW":
        return batch
    axis = str(interface.layout).index("C")
    return np.ascontiguousarray(np.repeat(np.expand_dims(batch, axis), interface.channels, axis))


def to_probabilities(name: str, given: Array, shape: tuple[int, ...], interface: Interface) -> Image:
    """What a network gave, as (N, H, W) probabilities."""
    card = interface.card
    layouts = [layout for layout in _layouts(given.ndim) if interface.output_layout in (None, layout)]
    fitting = [layout for layout in layouts if tuple(given.shape[layout.index(axis)] for axis in "NHW") == shape]
    if len(fitting) != 1:
        raise ModelError(
            f"{name}: gives {_shown(given.shape)} for {shape[0]} images of {shape[1]}×{shape[2]} px; (N, H, W, 1) is "
            f"needed, or say in {card} [output] layout = …"
        )
    channels = np.moveaxis(given, fitting[0].index("C"), -1) if "C" in fitting[0] else given[..., None]
    if interface.kind == "labels":
        return _cells(name, channels, interface)
    values = channels.astype(np.float32)
    if not np.isfinite(values).all():
        raise ModelError(f"{name}: gives values that are not finite; is it damaged?")
    count = values.shape[-1]
    if (interface.foreground or 0) >= count or (interface.foreground is None and count > 1):
        raise ModelError(
            f"{name}: gives {count} channels; say in {card} [output] foreground = 0 to {count - 1}, "
            "the channel that is cells"
        )
    if interface.kind == "logits":
        values = softmax(values, axis=-1) if count > 1 else expit(values)
    values = values[..., interface.foreground or 0]
    if values.min() < -_ROUNDING or values.max() > 1 + _ROUNDING:
        raise ModelError(
            f"{name}: gives values from {values.min():.3g} to {values.max():.3g}, and a probability is in [0, 1]; "
            f'say in {card} [output] kind = "logits" or "labels", if that is what they are'
        )
    return np.clip(values, 0, 1)


def _cells(name: str, channels: Array, interface: Interface) -> Image:
    if channels.shape[-1] != 1 or np.any(channels != np.floor(channels)):
        raise ModelError(f"{name}: labels are whole numbers in one channel; this gives {_shown(channels.shape)}")
    labels = channels[..., 0]
    cells = labels > 0 if interface.foreground is None else labels == interface.foreground
    return cells.astype(np.float32)
