"""The channels that the models of a run see, by their cards: the same for all, since all are given the same arrays."""

from __future__ import annotations

from collections.abc import Mapping

from robustbench_cells.errors import ModelError
from robustbench_cells.models import loading
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.types import REFERENCE

ALL = "all"


def channels_of(source: str) -> tuple[str, ...]:
    """Name the channels that a model sees, in their order; none if it sees grey images.

    Parameters
    ----------
    source
        Name, path or reference of a model or a baseline.

    Raises
    ------
    ModelError
        If there is no such model, or its card cannot be read.
    """
    if source in BASELINES or source in loading.shipped_models():
        return ()
    return loading.require_format(source).channels_of(source)


def resolve_channel(channel: str | None, sources: Mapping[str, str]) -> str | tuple[str, ...] | None:
    """Turn a channel that was asked for into what `open_dataset` takes: for ``all``, the channels of the models.

    Parameters
    ----------
    channel
        Name, number, ``luminance`` or ``all``; None for grey images.
    sources
        Name of each segmenter of the run, and what it is loaded from.

    Raises
    ------
    ModelError
        If the models do not see what was asked for, or not all the same.
    """
    declared = {name: channels_of(source) for name, source in sources.items() if name != REFERENCE}
    names = next(filter(None, declared.values()), ()) if channel == ALL else ()
    if channel == ALL and not names:
        raise ModelError(
            f'channel {ALL}: no model of the run declares the channels that it takes ([input] channels = ["red", '
            '"green", "blue"] in its card); models that take one grey channel need --rb-channel=luminance, or a name '
            "or number"
        )
    require_channels(declared, names)
    return names or channel


def require_channels(declared: Mapping[str, tuple[str, ...]], names: tuple[str, ...]) -> None:
    """Refuse models that see other channels than those of the images, in their order; none for grey ones.

    Raises
    ------
    ModelError
        If any model does.
    """
    for name, own in declared.items():
        if [one.casefold() for one in own] == [one.casefold() for one in names]:
            continue
        if not own:
            remedy = "read the images with --rb-channel=luminance, or a name or number, or leave the model out"
        elif not names:
            remedy = f"read the images with --rb-channel={ALL}, or leave the model out"
        else:
            remedy = "run it by itself: all models of a run are given the same arrays"
        raise ModelError(f"{name}: takes {_shown(own)}, but the images have {_shown(names)}; {remedy}")


def _shown(names: tuple[str, ...]) -> str:
    return f"the channels {', '.join(names)}" if names else "one grey channel"
