"""From the names of models to segmenters: ours in this process, those that a user brings in processes of their own."""

from __future__ import annotations

import copy
import os
import warnings
from collections.abc import Iterable, Mapping
from functools import partial

from robustbench_cells.errors import ExitError, InputWarning, ModelError, ModelStoppedError
from robustbench_cells.models import loading
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.extras import require_extra
from robustbench_cells.models.isolation.host import Host
from robustbench_cells.models.isolation.messages import ModelReference
from robustbench_cells.models.isolation.process import is_within_process_of_models
from robustbench_cells.models.isolation.segmenter import IsolatedSegmenter
from robustbench_cells.models.isolation.wall import Wall
from robustbench_cells.models.on_demand import OnDemandSegmenter
from robustbench_cells.models.stopped import StoppedSegmenter
from robustbench_cells.types import Segmenter

_PACKAGE = "robustbench_cells"


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
        Names of environment variables that its process inherits besides those that docs/models.md lists.

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
    source = os.fspath(where) if isinstance(where, str | os.PathLike) else ""
    host = make_host(wall, [source] if source else ())
    if host is None:
        return loading.load_segmenter(where, trusted=trusted)
    return IsolatedSegmenter(loading.segmenter_name(source), host, _reference(source, trusted=trusted))


def open_segmenters(sources: Mapping[str, str], *, trusted: bool, wall: Wall) -> dict[str, Segmenter]:
    """Open baselines by name, and models that are loaded when they first predict; those of a user behind a wall.

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
        See `open_segmenter`.
    """
    host = make_host(wall, sources.values())
    return {name: open_segmenter(name, source, trusted=trusted, host=host) for name, source in sources.items()}


def identify(source: str) -> str:
    """Compute the digest of a model that is data; of a user's in a process of its own.

    Raises
    ------
    ModelError
        See `open_segmenter`.
    """
    host = make_host(Wall(), [source])
    if host is None:
        return loading.identify(source, trusted=False)
    try:
        return host.identify(_reference(source, trusted=False)).digest
    finally:
        host.close()


def make_host(wall: Wall, sources: Iterable[str]) -> Host | None:
    """Make what runs the models of a user, if there are any and they are to be isolated.

    Where the platform has no means for it, an `InputWarning` says so.
    """
    theirs = [source for source in sources if not _is_ours(source)]
    if not theirs or not wall.isolate or is_within_process_of_models():  # a model may load others
        return None
    if os.name == "posix":
        return Host(wall)
    warnings.warn(
        f"{', '.join(theirs)}: run in this process, without limits on time and memory: processes of their own need "
        "Linux or macOS",
        InputWarning,
        stacklevel=3,
    )
    return None


def open_segmenter(name: str, source: str, *, trusted: bool, host: Host | None) -> Segmenter:
    """Open one segmenter; one that is stopped before its digest is known raises when it is to predict.

    Parameters
    ----------
    name
        Name that it gets.
    source
        Name, path or reference.
    trusted
        Whether it may execute its own code.
    host
        What runs it, if it is the user's; None for this process.

    Raises
    ------
    ModelError
        If there is no such model, a library that it needs is not installed, or its files cannot be read.
    """
    if host is None or _is_ours(source):
        segmenter = loading.open_segmenter(source, trusted=trusted)
        if segmenter.name != name:
            segmenter = copy.copy(segmenter)  # a baseline is the registry's
            segmenter.name = name
        return segmenter
    model = _reference(source, trusted=trusted)
    load = partial(IsolatedSegmenter, name, host, model)
    try:
        known = host.identify(model)
        return OnDemandSegmenter(name, known.digest, load, known.files, known.instances) if known.digest else load()
    except (ModelStoppedError, ExitError) as error:
        return StoppedSegmenter(name, str(error))


def _is_ours(source: str) -> bool:
    return source in BASELINES or source in loading.shipped_models()


def _reference(source: str, *, trusted: bool) -> ModelReference:
    """The model as its process needs it; an unknown format or a missing library is found here."""
    if source.startswith("__main__:"):
        raise ModelError(
            f"{source}: is defined in the program that runs, which the process of models cannot import; put it into a "
            "module of its own (segment.py, for segment:predict), or give rb.benchmark the function itself"
        )
    model_format = loading.require_format(source)
    require_extra(source, model_format.extra)
    module = type(model_format).__module__
    plugin = "" if module.partition(".")[0] == _PACKAGE else module
    return ModelReference(source, trusted, model_format.is_data, plugin)
