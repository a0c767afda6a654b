"""Conversion between patches and a network's arrays: axes, channels, value ranges."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from robustbench_cells.errors import ModelError
from robustbench_cells.models.instance_labels import convert_labels, is_labels
from robustbench_cells.models.interface import Interface, Layout
from robustbench_cells.types import PATCH_SIDE, Image, Prediction
from robustbench_cells.zoom import resize_labels

Array = npt.NDArray[Any]

_MAX_SHOWN = 400  # characters of untrusted names in a message
_ROUNDING = 1e-4  # tolerance of probabilities outside [0, 1]
_LAYOUTS: dict[int, tuple[Layout, ...]] = {3: ("NHW",), 4: ("NHWC", "NCHW")}  # by number of axes


def resolve_layout(name: str, shape: Sequence[int | None], interface: Interface) -> Interface:
    """Complete an interface by the input layout that fits a network's input shape, where None is any length.

    Raises
    ------
    ModelError
        If no layout fits, or more than one does; the message says what to declare.
    """

    def fits(layout: Layout) -> bool:
        channels = shape[layout.index("C")] if "C" in layout else interface.channels
        if channels is None and interface.layout is not None:
            channels = interface.channels
        return interface.layout in (None, layout) and channels == interface.channels

    fitting = [layout for layout in _LAYOUTS.get(len(shape), ()) if fits(layout)]
    if len(fitting) != 1:
        expected = f"(N, H, W, {interface.channels})"
        raise ModelError(
            f"{name}: its input has shape {_format_shape(shape)}, but {expected} is needed; else declare its layout "
            f"(NHWC, NCHW or NHW) and channels under [input] in {interface.card}"
        )
    (layout,) = fitting
    sides = tuple(shape[layout.index(axis)] for axis in "HW")
    if any(side not in (None, interface.tile) for side in sides):
        tiles = f", tiles {interface.tile}×{interface.tile}" if interface.tile != PATCH_SIDE else ""
        side = f" (side = {sides[0]})" if sides[0] and sides[0] == sides[1] else ""
        raise ModelError(
            f"{name}: its input {_format_shape(shape)}, read as {layout}, has sides {_format_shape(sides)}, but "
            f"patches are {PATCH_SIDE}×{PATCH_SIDE}{tiles}; declare under [input] in {interface.card} another layout, "
            f"or side and halo for tiles{side}"
        )
    if interface.side and 2 * (interface.halo + interface.crop) > interface.side - 8:
        crop = f" and a crop of {interface.crop} px" if interface.crop else ""
        raise ModelError(
            f"{name}: a halo of {interface.halo} px{crop} leaves nothing of a tile of {interface.side} px; declare a "
            "smaller one"
        )
    return replace(interface, layout=layout)


def select_output(model: object, names: Sequence[str], interface: Interface) -> str:
    """Select the output to use: the only one, or the one that the card declares.

    Parameters
    ----------
    model
        Name or path of the model, for messages.
    names
        Names of its outputs.
    interface
        Declared interface.

    Raises
    ------
    ModelError
        If there is no output, several and none declared, or none of the declared name.
    """
    if not names:
        raise ModelError(f"{model}: has no output; export it again")
    declared = interface.output
    shown = ", ".join(names)[:_MAX_SHOWN]
    if declared is None and len(names) > 1:
        raise ModelError(
            f"{model}: has several outputs ({shown}); choose one in {interface.card}: "
            f'[output] name = "{names[0][:_MAX_SHOWN]}"'
        )
    if declared is not None and declared not in names:
        raise ModelError(f"{model}: has no output {declared!r}, which {interface.card} declares; available: {shown}")
    if declared is not None and list(names).count(declared) > 1:
        raise ModelError(f"{model}: has duplicate outputs {declared!r}; give each output a unique name")
    return names[0] if declared is None else declared


def cast_batch(batch: Array, kind: npt.DTypeLike) -> Array:
    """Cast a batch to a network's input type; for integers, values are rounded, not truncated."""
    kind = np.dtype(kind)
    return (np.rint(batch) if kind.kind in "iu" else batch).astype(kind)


def _format_shape(shape: Sequence[int | None]) -> str:
    return f"({', '.join('any' if length is None else str(length) for length in shape)})"


def prepare_images(images: Image, interface: Interface) -> Image:
    """Normalise grey levels, (N, H, W) or (N, H, W, C), as the interface declares: over all channels of an image."""
    values = images.astype(np.float32)
    low, high = interface.range
    axes = tuple(range(1, values.ndim))
    if interface.normalise == "zero-mean":
        mean, deviation = values.mean(axes, keepdims=True), values.std(axes, keepdims=True)
        return (values - mean) / np.maximum(deviation, np.float32(1e-6))
    if interface.normalise == "min-max":
        darkest = values.min(axes, keepdims=True)
        values = (values - darkest) / np.maximum(np.ptp(values, axes, keepdims=True), np.float32(1e-6))
    elif (low, high) == (0, 255):
        return values
    else:
        values = values / np.float32(255)
    return values * np.float32(high - low) + np.float32(low)


def add_channels(batch: Image, interface: Interface) -> Image:
    """Bring a batch, (N, H, W) or (N, H, W, C), into the layout and number of channels that the interface declares."""
    if batch.ndim > len("NHW"):
        return np.ascontiguousarray(np.moveaxis(batch, -1, str(interface.layout).index("C")))
    if interface.layout == "NHW":
        return batch
    axis = str(interface.layout).index("C")
    return np.ascontiguousarray(np.repeat(np.expand_dims(batch, axis), interface.channels, axis))


def to_prediction(name: str, output: Array, shape: tuple[int, ...], interface: Interface) -> Prediction:
    """Convert a network's output to probabilities or labels of its input, without the border that it lacks.

    Parameters
    ----------
    name
        Name of the network, for messages.
    output
        What it returned.
    shape
        Shape of its input, (N, H, W).
    interface
        Declared interface.

    Returns
    -------
    numpy.ndarray
        float32, (N, H − 2 crop, W − 2 crop), in [0, 1], or int32 labels. Of an output of another scale probabilities
        are interpolated linearly, labels taken from the nearest pixel.

    Raises
    ------
    ModelError
        If the output's shape or values do not fit the interface; the message says what to declare.
    """
    expected = (shape[0], *(interface.output_side(side) for side in shape[1:]))
    channels = _channels_last(name, output, shape, expected, interface)
    values = _to_cells(name, channels, interface)
    if interface.scale == 1:
        return values
    height, width = (side - 2 * interface.crop for side in shape[1:])
    if is_labels(values):
        return np.stack([resize_labels(labels, (height, width)) for labels in values])
    method = cv2.INTER_AREA if interface.scale > 1 else cv2.INTER_LINEAR
    return np.stack([cv2.resize(image, (width, height), interpolation=method) for image in values])


def _channels_last(
    name: str, output: Array, shape: tuple[int, ...], expected: tuple[int, ...], interface: Interface
) -> Array:
    """Bring an output of the expected (N, H, W) to (N, H, W, C)."""
    layouts = [layout for layout in _LAYOUTS.get(output.ndim, ()) if interface.output_layout in (None, layout)]
    sizes = {layout: tuple(output.shape[layout.index(axis)] for axis in "NHW") for layout in layouts}
    fitting = [layout for layout in layouts if sizes[layout] == expected]
    if len(fitting) != 1:
        if output.ndim not in _LAYOUTS:
            raise ModelError(
                f"{name}: returns shape {_format_shape(output.shape)} for {shape[0]} images of {shape[1]}×{shape[2]} "
                f"px, but {_format_shape(expected)} with one channel is needed; reshape it within the network"
            )
        sides = {size[1] for size in sizes.values() if size[0] == shape[0] and size[1] == size[2]}
        raise ModelError(
            f"{name}: returns shape {_format_shape(output.shape)} for {shape[0]} images of {shape[1]}×{shape[2]} px, "
            f"but {_format_shape(expected)} with one channel is needed; "
            f"{_size_remedy(shape[1], sides, interface) or f'declare its layout under [output] in {interface.card}'}"
        )
    return np.moveaxis(output, fitting[0].index("C"), -1) if "C" in fitting[0] else output[..., None]


def _size_remedy(side: int, sides: Collection[int], interface: Interface) -> str:
    """What to declare for a square output of another size than the image: entries of the card, with their values."""
    if len(sides) != 1 or interface.output_side(side) in sides:
        return ""
    (found,) = sides
    entries = []
    if 0 < found < side and (side - found) % 2 == 0:
        width = (side - found) // 2
        entries.append(f"crop = {width} if it leaves out a border of {width} px (valid padding)")
    if found and (side % found == 0 or found % side == 0):
        entries.append(f"scale = {found / side:g} if it is the whole image in another size")
    if not entries:
        return "neither a border all around nor a whole ratio explains that: pad or resize within the network"
    size = "" if interface.side else "; a network that was built for one size of input needs that as [input] side too"
    return f"declare under [output] in {interface.card} {', or '.join(entries)}{size}"


def _to_cells(name: str, channels: Array, interface: Interface) -> Prediction:
    card = interface.card
    if interface.kind == "labels":
        return _read_labels(name, channels, interface)
    values = channels.astype(np.float32)
    if not np.isfinite(values).all():
        raise ModelError(f"{name}: returns non-finite values; is it damaged?")
    count = values.shape[-1]
    if (interface.foreground or 0) >= count or (interface.foreground is None and count > 1):
        raise ModelError(
            f"{name}: returns {count} channels; declare the one of cells in {card}: [output] foreground = 0 to "
            f"{count - 1}"
        )
    if interface.kind == "logits":
        from scipy.special import expit, softmax  # takes long to import

        values = softmax(values, axis=-1) if count > 1 else expit(values)
    values = values[..., interface.foreground or 0]
    if values.min() < -_ROUNDING or values.max() > 1 + _ROUNDING:
        raise ModelError(
            f"{name}: returns values from {values.min():.3g} to {values.max():.3g}, but probabilities are in [0, 1]; "
            f'if they are logits or labels, declare it in {card}: [output] kind = "logits" or "labels"'
        )
    return np.clip(values, 0, 1)


def _read_labels(name: str, channels: Array, interface: Interface) -> Prediction:
    if channels.shape[-1] != 1 or np.any(channels != np.floor(channels)):
        raise ModelError(
            f"{name}: labels must be integers in one channel; its output {_format_shape(channels.shape)} has fractions "
            "or several channels"
        )
    labels = channels[..., 0]
    if interface.instance_kind == "labels":
        return convert_labels(name, labels)
    foreground = labels > 0 if interface.foreground is None else labels == interface.foreground
    return foreground.astype(np.float32)
