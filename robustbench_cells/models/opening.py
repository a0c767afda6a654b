"""From the names of models to segmenters: ours in this process, those that a user brings in processes of their own."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from functools import partial

from robustbench_cells.errors import InputWarning, ModelStoppedError
from robustbench_cells.models import loading
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.extras import require_extra
from robustbench_cells.models.isolation.host import Host
from robustbench_cells.models.isolation.messages import ModelReference
from robustbench_cells.models.isolation.segmenter import IsolatedSegmenter
from robustbench_cells.models.isolation.wall import Wall
from robustbench_cells.models.on_demand import OnDemandSegmenter
from robustbench_cells.models.stopped import StoppedSegmenter
from robustbench_cells.types import Segmenter

_OURS = "robustbench_cells"


def load_segmenter(
    where: str | os.PathLike[str],
    *,
    trusted: bool = False,
    isolate: bool = True,
    model_seconds: float = Wall.seconds,
    model_memory: float = Wall.memory,
    model_env: tuple[str, ...] = (),
) -> Segmenter:
    """Load a shipped model by name, or any other by its file, folder or reference.

    A model that is not shipped is loaded and run in a process of its own, within limits, and first predicts a synthetic
    probe image, to reveal a wrong declaration immediately.

    Parameters
    ----------
    where
        Value as for ``--rb-model``.
    trusted
        Whether the model may execute its own code.
    isolate
        Whether it gets a process of its own; if not, there are no limits.
    model_seconds
        Time that loading it, and each batch of 16 patches, may take.
    model_memory
        Memory that it may take, in GiB.
    model_env
        Names of environment variables that its process inherits besides the usual ones.

    Raises
    ------
    ModelError
        If there is no such model, a library that it needs is not installed, or it cannot be used.
    TypeError
        If it is no text and no path: a function or an object needs no loading.

    Examples
    --------
    >>> import robustbench_cells as rb
    >>> rb.load_segmenter("unet_original").name
    'unet_original'
    """
    wall = Wall(isolate, model_seconds, model_memory, tuple(model_env))
    if not isinstance(where, str | os.PathLike) or not needs_isolation(os.fspath(where), wall):
        return loading.load_segmenter(where, trusted=trusted)
    source = os.fspath(where)
    model = _reference(source, trusted=trusted)
    return IsolatedSegmenter(loading.segmenter_name(source), Host(wall), model)


def open_segmenters(sources: Mapping[str, str], *, trusted: bool, wall: Wall) -> dict[str, Segmenter]:
    """Open baselines by name, and models that are loaded when they first predict; those of a user behind a wall.

    A model that is stopped before its digest is known is among them, and raises when it is to predict.

    Parameters
    ----------
    sources
        Name, path or reference of each, by the name that it gets.
    trusted
        Whether the models may execute their own code.
    wall
        Limits of the models.

    Raises
    ------
    ModelError
        If there is no such model, a library that it needs is not installed, or its files cannot be read.
    """
    host = Host(wall)
    opened: dict[str, Segmenter] = {}
    for name, source in sources.items():
        if needs_isolation(source, wall):
            opened[name] = _open_isolated(host, name, source, trusted=trusted)
        else:
            opened[name] = loading.open_segmenter(source, trusted=trusted)
            opened[name].name = name
    return opened


def needs_isolation(source: str, wall: Wall) -> bool:
    """Whether a model is the user's, and the wall is up."""
    if not wall.isolate or source in BASELINES or source in loading.shipped_models():
        return False
    if os.name == "posix":
        return True
    warnings.warn(
        f"{source}: runs in this process, without limits on time and memory: a process of its own needs Linux or macOS",
        InputWarning,
        stacklevel=3,
    )
    return False


def _open_isolated(host: Host, name: str, source: str, *, trusted: bool) -> Segmenter:
    model = _reference(source, trusted=trusted)
    load = partial(IsolatedSegmenter, name, host, model)
    try:
        digest = host.identify(model).digest
        return OnDemandSegmenter(name, digest, load) if digest else load()
    except ModelStoppedError as error:
        return StoppedSegmenter(name, str(error))


def _reference(source: str, *, trusted: bool) -> ModelReference:
    """The model as its process needs it; an unknown format or a missing library is found here."""
    model_format = loading.require_format(source)
    require_extra(source, model_format.extra)
    module = type(model_format).__module__
    plugin = "" if module.partition(".")[0] == _OURS else module
    return ModelReference(source, trusted, model_format.is_data, plugin)
