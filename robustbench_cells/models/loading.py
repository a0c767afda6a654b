"""Model names, files and the like into segmenters."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from robustbench_cells.errors import MissingExtraWarning, ModelError, RobustbenchError, UnknownNameError
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.extras import install_line, missing_library, require_extra
from robustbench_cells.models.formats._base import FORMATS, ModelFormat
from robustbench_cells.models.network import NetworkSegmenter
from robustbench_cells.models.probe import probe
from robustbench_cells.registry import unknown
from robustbench_cells.types import REFERENCE, Segmenter

_HERE = Path(__file__).resolve()
_FOLDERS = (_HERE.parent / "shipped", _HERE.parents[2] / "models")  # an installed package's, a checkout's
_SHIPPED_EXTRA = "keras"


def shipped_models() -> dict[str, Path]:
    """The model files that come with the package, by name."""
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), None)
    return {path.stem: path for path in sorted(folder.glob("*.keras"))} if folder else {}


def format_of(where: str) -> ModelFormat | None:
    """The format that recognises what a user gave."""
    return next((known for known in FORMATS if known.recognises(where)), None)


def segmenter_name(where: str) -> str:
    """What a model is called in test ids and tables, before it is loaded."""
    known = None if where in shipped_models() else format_of(where)
    return known.name_of(where) if known else Path(where).stem


def load_segmenter(where: str, *, trusted: bool = False) -> Segmenter:
    """A model, by the name of a shipped one, by its file or folder, or by whatever else a format recognises.

    A model that is not shipped predicts a made-up picture first, so that a wrong declaration is found at once.

    Parameters
    ----------
    where
        As for ``--rb-model``.
    trusted
        Whether it may run code of its own.

    Raises
    ------
    ModelError
        If there is no such model, a library that it needs is not installed, or it cannot be used.
    """
    shipped = shipped_models()
    known = known_format(str(shipped.get(where, where)))
    require_extra(where, known.extra)
    if where in shipped:
        return known.load(str(shipped[where]), trusted=False)
    try:
        segmenter = known.load(where, trusted=trusted)
        if isinstance(segmenter, NetworkSegmenter):
            probe(segmenter)
    except (RobustbenchError, Warning):  # a warning is raised by who asked for that
        raise
    except Exception as error:  # damage makes the libraries raise more than anybody has listed
        raise ModelError(
            f"{where}: cannot be loaded ({type(error).__name__}: {error}); if it is damaged, get it again"
        ) from error
    return segmenter


def known_format(where: str) -> ModelFormat:
    """The format of a model that is there; nothing is loaded.

    Raises
    ------
    ModelError
        If it is not there, or of no format that is known.
    """
    found = format_of(where)
    if not Path(where).exists() and (found is None or found.on_disk):
        raise ModelError(f"{where}: no such model file; shipped models: {', '.join(shipped_models()) or 'none'}")
    if found is None:
        known = ", ".join(known.looks_like for known in FORMATS)
        raise ModelError(f"{where}: not a model format that is known here ({known}); PyTorch goes by MODULE:FUNCTION")
    return found


def segmenter_sources(models: Sequence[str]) -> dict[str, str]:
    """Segmenters of a run: the name of each, and the name or file that it is loaded by.

    Without ``models``: all baselines and all shipped models, if these can be run (`warn_of_left_out`). With: those, and
    the background for comparison.

    Raises
    ------
    ModelError
        If two have the same name, or a model has that of a baseline. Files that differ in their suffix alone are called
        by their whole names.
    """
    shipped = shipped_models()
    if not models:
        return {name: name for name in (*BASELINES.names(), *(() if missing_library(_SHIPPED_EXTRA) else shipped))}
    sources = {REFERENCE: REFERENCE}
    files = Counter(segmenter_name(model) for model in set(models) if model not in shipped)
    for model in models:
        known = model in BASELINES or model in shipped
        name = model if known else segmenter_name(model)
        if not known and files[name] > 1:
            name = Path(model).name
        if sources.setdefault(name, model) != model or (not known and name in BASELINES):
            raise ModelError(f"{model}: another segmenter of this run is called {name!r}; give the file another name")
    return sources


def warn_of_left_out(models: Sequence[str]) -> None:
    """Warn of the shipped models that a run without ``models`` leaves out, since what runs them is not installed."""
    if not models and (module := missing_library(_SHIPPED_EXTRA)) and (shipped := shipped_models()):
        warnings.warn(
            f"the shipped models ({', '.join(shipped)}) are left out: they need {module}: "
            f"{install_line(_SHIPPED_EXTRA)}; the baselines run without them",
            MissingExtraWarning,
            stacklevel=2,
        )


def require_there(source: str) -> None:
    """Refuse a baseline or a model that is not there or cannot be run here; nothing is loaded.

    Raises
    ------
    UnknownNameError, ModelError
        If it is not there, of no format that is known, or a library that it needs is not installed.
    """
    shipped = shipped_models()
    if source in BASELINES:
        return
    if source in shipped:
        require_extra(source, _SHIPPED_EXTRA)
        return
    known = (*BASELINES.names(), *shipped)
    if not (format_of(source) or Path(source).suffix or Path(source).exists()):
        raise UnknownNameError(unknown(source, "segmenter", known))
    require_extra(source, known_format(source).extra)


def load(source: str, *, trusted: bool = False) -> Segmenter:
    """A baseline by its name, or a model as `load_segmenter` takes it; see `require_there`."""
    return BASELINES.get(source) if source in BASELINES else load_segmenter(source, trusted=trusted)
