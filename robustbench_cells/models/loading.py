"""From the name or path of a model to a segmenter."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from robustbench_cells.errors import MissingExtraWarning, ModelError, RobustbenchError, UnknownNameError, refuse_exits
from robustbench_cells.files.reading import MAX_MODEL, list_files
from robustbench_cells.instances.rules import InstanceKind
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.extras import install_line, missing_library, require_extra
from robustbench_cells.models.formats._base import FORMATS, ModelFormat
from robustbench_cells.models.network import NetworkSegmenter
from robustbench_cells.models.on_demand import OnDemandSegmenter
from robustbench_cells.models.probe import probe
from robustbench_cells.models.runtimes.keras import KerasSegmenter
from robustbench_cells.registry import unknown
from robustbench_cells.types import REFERENCE, Segmenter

_HERE = Path(__file__).resolve()
_FOLDERS = (_HERE.parent / "shipped", _HERE.parents[2] / "models")  # in an installed package, in a checkout
_SHIPPED_EXTRA = "keras"


def shipped_models() -> dict[str, Path]:
    """List the model files that come with the package, by name."""
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), None)
    return {path.stem: path for path in sorted(folder.glob("*.keras"))} if folder else {}


def find_format(where: str) -> ModelFormat | None:
    """Find the format that recognises a path or reference; None if there is none."""
    return next((candidate for candidate in FORMATS if candidate.recognises(where)), None)


def segmenter_name(where: str) -> str:
    """Name a model as in test ids and tables, without loading it."""
    model_format = None if where in shipped_models() else find_format(where)
    return model_format.name_of(where) if model_format else Path(where).stem


def load_segmenter(where: str | os.PathLike[str], *, trusted: bool = False) -> Segmenter:
    """Load a shipped model by name, or any other by its file, folder or reference, in this process.

    A model that is not shipped first predicts a synthetic probe image, to reveal a wrong declaration immediately.

    Parameters
    ----------
    where
        Value as for ``--rb-model``.
    trusted
        Whether the model may execute its own code.

    Raises
    ------
    ModelError
        If there is no such model, a library that it needs is not installed, or it cannot be used.
    TypeError
        If it is no text and no path: a function or an object needs no loading.
    """
    if not isinstance(where, str | os.PathLike):
        raise TypeError(
            f"load_segmenter: {type(where).__name__} is no name and no path of a model; a function or an object with "
            'predict() needs no loading: rb.benchmark({"mine": function}, data), rb.predict_frame(function, image)'
        )
    where = os.fspath(where)
    shipped = shipped_models()
    model_format = require_format(str(shipped.get(where, where)))
    require_extra(where, model_format.extra)
    if where in shipped:
        return model_format.load(str(shipped[where]), trusted=False)
    with _translate_errors(where):
        segmenter = model_format.load(where, trusted=trusted)
        if isinstance(segmenter, NetworkSegmenter):
            probe(segmenter)
        segmenter.digest = _with_code(segmenter.digest, model_format)
    return segmenter


def load_keras(where: str) -> KerasSegmenter:
    """Load a Keras model into this process, for what needs its layers; a file of another kind is not opened.

    Raises
    ------
    ModelError
        As `load_segmenter`, and if it is no Keras model.
    """
    if require_format(str(shipped_models().get(where, where))).extra == _SHIPPED_EXTRA:
        segmenter = load_segmenter(where)
        if isinstance(segmenter, KerasSegmenter):
            return segmenter
    raise ModelError(f"{where}: is not a Keras model, which is needed here")


def open_segmenter(source: str, *, trusted: bool = False) -> Segmenter:
    """Open a baseline by its name, or a model that is loaded, as by `load_segmenter`, when it first predicts.

    A model whose digest only loading tells is loaded immediately: a Python function, say.

    Raises
    ------
    ModelError
        If there is no such model, a library that it needs is not installed, or its files cannot be read.
    """
    if source in BASELINES:
        return BASELINES.get(source)
    digest = identify(source, trusted=trusted)
    if not digest:
        return load_segmenter(source, trusted=trusted)
    load_it = partial(load_segmenter, source, trusted=trusted)
    return OnDemandSegmenter(segmenter_name(source), digest, load_it, companion_files(source), instance_kind(source))


def identify(source: str, *, trusted: bool) -> str:
    """Compute the digest that a model will have once it is loaded; empty if only loading tells.

    Raises
    ------
    ModelError
        See `open_segmenter`.
    """
    path = str(shipped_models().get(source, source))
    model_format = require_format(path)
    require_extra(source, model_format.extra)
    with _translate_errors(source):
        digest = model_format.digest_of(path, trusted=trusted)
    return digest and _with_code(digest, model_format)


def instance_kind(source: str) -> InstanceKind | None:
    """Tell what the cells of a model's predictions are (see `Segmenter`), without loading it; None if only that tells.

    Raises
    ------
    ModelError
        If its card cannot be read.
    """
    path = str(shipped_models().get(source, source))
    with _translate_errors(source):
        return require_format(path).instances_of(path)


def companion_files(source: str) -> list[str]:
    """List the files that belong to a model besides the one that names it."""
    model_format = find_format(source)
    return [str(file) for file in (model_format.companion_files(source) if model_format else ())]


def _with_code(digest: str, model_format: ModelFormat) -> str:
    """The digest of a model, with the code of a format from another package, which decides what the file means."""
    code = FORMATS.source(model_format.name)
    return f"{digest} [code {code}]" if code else digest


@contextmanager
def _translate_errors(where: str) -> Iterator[None]:
    """Turn whatever a library raises on a damaged file into a `ModelError`, and a call of ``sys.exit``, too."""
    try:
        with refuse_exits(where):
            yield
    except (RobustbenchError, Warning):  # warnings are raised only where the user turns them into errors
        raise
    except Exception as error:
        raise ModelError(
            f"{where}: cannot be loaded ({type(error).__name__}: {error}); if it is damaged, get a fresh copy"
        ) from error


def require_format(where: str) -> ModelFormat:
    """Find the format of an existing model, without loading it.

    Raises
    ------
    ModelError
        If the model does not exist, is neither a regular file nor a folder of such, or no format recognises it.
    """
    found = find_format(where)
    if not Path(where).exists() and (found is None or found.on_disk):
        raise ModelError(f"{where}: no such model file; shipped models: {', '.join(shipped_models()) or 'none'}")
    if found is None or found.on_disk:
        list_files(Path(where), MAX_MODEL, ModelError)
    if found is None:
        supported = ", ".join(candidate.looks_like for candidate in FORMATS)
        raise ModelError(f"{where}: unsupported model format; supported: {supported}; use MODULE:FUNCTION for PyTorch")
    return found


def segmenter_sources(models: Sequence[str]) -> dict[str, str]:
    """Map the name of each segmenter of a run to the name, path or reference to load it by.

    Without ``models``, these are all baselines and, if their extra is installed, all shipped models (see
    `warn_of_left_out`); else the models and the all-background baseline. Files that share a stem are named with their
    suffix.

    Raises
    ------
    ModelError
        If two have the same name, or a model has the name of a baseline.
    """
    shipped = shipped_models()
    if not models:
        return {name: name for name in (*BASELINES.names(), *(() if missing_library(_SHIPPED_EXTRA) else shipped))}
    sources = {REFERENCE: REFERENCE}
    files = Counter(segmenter_name(model) for model in set(models) if model not in shipped)
    for model in models:
        is_included = model in BASELINES or model in shipped
        name = model if is_included else segmenter_name(model)
        if not is_included and files[name] > 1:
            name = Path(model).name
        if sources.setdefault(name, model) != model or (not is_included and name in BASELINES):
            raise ModelError(f"{model}: another segmenter of this run has the name {name!r}; rename the file")
    return sources


def warn_of_left_out(models: Sequence[str]) -> None:
    """Warn if a run without ``models`` leaves out the shipped models, since their extra is not installed."""
    if not models and (module := missing_library(_SHIPPED_EXTRA)) and (shipped := shipped_models()):
        warnings.warn(
            f"the shipped models ({', '.join(shipped)}) are left out: they need {module}: "
            f"{install_line(_SHIPPED_EXTRA)}; the baselines run without it",
            MissingExtraWarning,
            stacklevel=2,
        )


def require_segmenter(source: str) -> None:
    """Check that a baseline or model exists and can be run, without loading it.

    Raises
    ------
    UnknownNameError, ModelError
        If it does not exist, no format recognises it, or a library that it needs is not installed.
    """
    shipped = shipped_models()
    if source in BASELINES:
        return
    if source in shipped:
        require_extra(source, _SHIPPED_EXTRA)
        return
    included = (*BASELINES.names(), *shipped)
    if not (find_format(source) or Path(source).suffix or Path(source).exists()):
        raise UnknownNameError(unknown(source, "segmenter", included))
    require_extra(source, require_format(source).extra)


def gives_labels(source: str) -> bool:
    """Whether a model is known to give instance labels before it is loaded, by its format or its card."""
    return source not in BASELINES and instance_kind(source) == "labels"


def load(source: str, *, trusted: bool = False) -> Segmenter:
    """Load a baseline by its name, or a model as `load_segmenter` does."""
    return BASELINES.get(source) if source in BASELINES else load_segmenter(source, trusted=trusted)
