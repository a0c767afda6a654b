"""What a user asks for, in names; and the objects that these name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.engine.evaluate import Condition
from robustbench_cells.engine.grid import PROFILES, Profile
from robustbench_cells.engine.pairs import pairs
from robustbench_cells.errors import ModelError, UnknownNameError
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.loading import format_of, known_format, load_segmenter, segmenter_name, shipped_models
from robustbench_cells.registry import unknown
from robustbench_cells.types import REFERENCE, Segmenter


@dataclass(frozen=True)
class Settings:
    """What the user asked for; every field is an option of the pytest plugin."""

    dataset: str = "synthetic"
    split: str | None = None
    models: tuple[str, ...] = ()
    profile: str = "default"
    frames: int | None = None
    seed: int = 0
    margin: int = 0
    white_level: int | None = None
    block: int | None = None
    trust_model: bool = False


def profile_of(settings: Settings) -> Profile:
    """The profile that is asked for.

    Raises
    ------
    UnknownNameError
        If there is no such profile.
    """
    if settings.profile not in PROFILES:
        raise UnknownNameError(unknown(settings.profile, "profile", PROFILES))
    return PROFILES[settings.profile]


def grid(profile: Profile) -> list[Condition]:
    """Clean, then every artefact at every intensity of a profile, then two at once."""
    artefacts = [*ARTEFACTS, *pairs(profile.name)]
    conditions = [Condition(artefact, float(level)) for artefact in artefacts for level in artefact.grid(profile.name)]
    return [Condition(), *conditions]


def segmenter_sources(models: Sequence[str]) -> dict[str, str]:
    """Segmenters of a run: the name of each, and the name or file that it is loaded by.

    Without ``models``: all baselines and all shipped models. With: those, and the background for comparison.

    Raises
    ------
    ModelError
        If two have the same name, or a model has that of a baseline. Files that differ in their suffix alone are called
        by their whole names.
    """
    shipped = shipped_models()
    if not models:
        return {name: name for name in (*BASELINES.names(), *shipped)}
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


def require_there(source: str) -> None:
    """Refuse a baseline or a model that is not there, by its name or its path: nothing is loaded.

    Raises
    ------
    UnknownNameError, ModelError
        If it is not, or of no format that is known.
    """
    known = (*BASELINES.names(), *shipped_models())
    if source in known:
        return
    if not (format_of(source) or Path(source).suffix or Path(source).exists()):
        raise UnknownNameError(unknown(source, "segmenter", known))
    known_format(source)


def load(source: str, *, trusted: bool = False) -> Segmenter:
    """A baseline by its name, or a model as `load_segmenter` takes it; see `require_there`."""
    return BASELINES.get(source) if source in BASELINES else load_segmenter(source, trusted=trusted)
