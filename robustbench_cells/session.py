"""A run of the benchmark: names and options become objects here, and what was found is gathered.

This is where the pytest plugin keeps its logic.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from robustbench_cells import __version__
from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.baselines import BASELINES
from robustbench_cells.datasets import Selection, open_dataset
from robustbench_cells.errors import ModelError, UnknownNameError
from robustbench_cells.evaluate import Batch, Condition, Outcome, condition_views, evaluate_batches, make_batches
from robustbench_cells.metrics import METRICS
from robustbench_cells.models import load_segmenter, shipped_models
from robustbench_cells.profiles import PROFILES, Profile
from robustbench_cells.registry import unknown
from robustbench_cells.results import VERSION, Results, records_table
from robustbench_cells.types import REFERENCE, Segmenter

_VERSIONS_OF = ("numpy", "opencv-python-headless", "scikit-image", "keras", "tensorflow", "jax", "torch")


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
    """Clean, then every artefact at every intensity of a profile."""
    conditions = [Condition(artefact, float(level)) for artefact in ARTEFACTS for level in artefact.grid(profile.name)]
    return [Condition(), *conditions]


def segmenter_sources(models: Sequence[str]) -> dict[str, str]:
    """Segmenters of a run: the name of each, and the name or file that it is loaded by.

    Without ``models``: all baselines and all shipped models. With: those, and the background for comparison.

    Raises
    ------
    ModelError
        If two have the same name, or a model has that of a baseline.
    """
    shipped = shipped_models()
    if not models:
        return {name: name for name in (*BASELINES.names(), *shipped)}
    sources = {REFERENCE: REFERENCE}
    for model in models:
        known = model in BASELINES or model in shipped
        name = model if known else Path(model).stem
        if sources.setdefault(name, model) != model or (not known and name in BASELINES):
            raise ModelError(f"{model}: another segmenter of this run is called {name!r}; give the file another name")
    return sources


def load(source: str) -> Segmenter:
    """A baseline by its name, or a model by its name or file."""
    if source in BASELINES:
        return BASELINES.get(source)
    known = (*BASELINES.names(), *shipped_models())
    if source not in known and not Path(source).suffix and not Path(source).exists():
        raise UnknownNameError(unknown(source, "segmenter", known))
    return load_segmenter(source)


@dataclass
class BenchmarkSession:
    """Evaluates each condition once, for all the segmenters that are wanted under it.

    Attributes
    ----------
    settings
        What the user asked for.
    wanted
        Names of the segmenters to run under each condition, by the condition's name.
    announce
        Takes a line of progress after each batch.
    """

    settings: Settings
    wanted: Mapping[str, Sequence[str]]
    announce: Callable[[str], None] = lambda line: None
    outcomes: dict[str, Mapping[str, Outcome]] = field(default_factory=dict)
    evaluate_seconds: float = 0.0
    batch_seconds: float = 0.0

    def __post_init__(self) -> None:
        self.profile = profile_of(self.settings)
        frames = self.profile.most_frames if self.settings.frames is None else self.settings.frames
        self.selection: Selection = open_dataset(
            self.settings.dataset,
            self.settings.split,
            margin=self.settings.margin,
            frames=frames,
            white_level=self.settings.white_level,
        )
        self._require_room()
        sources = segmenter_sources(self.settings.models)
        names = dict.fromkeys(name for wanted in self.wanted.values() for name in wanted)
        self.segmenters = {name: load(sources[name]) for name in names}
        self._started = time.perf_counter()

    def _require_room(self) -> None:
        """Refuse frames that some of the wanted conditions cannot cut a view from, and name all of those."""
        sides = {condition.name: condition.view_side() for condition in grid(self.profile)}
        room = min(min(shape) for shape in self.selection.shapes.values())
        too_large = [name for name in self.wanted if sides[name] > room]
        if too_large:
            remedy = "use a smaller margin or larger frames"
            if len(too_large) < len(self.wanted):
                remedy += f', or leave out what does not fit: -k "not ({" or ".join(too_large)})"'
            self.selection.require_side(max(sides[name] for name in too_large), " or ".join(too_large), remedy)

    def outcome(self, condition: Condition, segmenter: str) -> Outcome:
        """What a segmenter did under a condition; the first call for a condition evaluates it."""
        if condition.name not in self.outcomes:
            self.outcomes[condition.name] = self._evaluate(condition)
        return self.outcomes[condition.name][segmenter]

    def _evaluate(self, condition: Condition) -> Mapping[str, Outcome]:
        segmenters = [self.segmenters[name] for name in self.wanted[condition.name]]
        place = f"condition {len(self.outcomes) + 1}/{len(self.wanted)}: {condition.name}"
        most = self.profile.most_patches
        total = sum(condition.patches_per_frame(shape, most) for shape in self.selection.shapes.values())
        done = 0

        def progress(patches: int) -> None:
            nonlocal done
            done += patches
            self.announce(f"{place}, {done}/{total} patches{self._left()}")

        views = condition_views(self.selection, condition, self.settings.seed, most)
        started = time.perf_counter()
        batches = make_batches(views, condition, self.settings.seed)
        try:
            outcomes = evaluate_batches(self._timed(batches), condition, segmenters, METRICS, progress)
        except Exception as error:  # the artefact is anybody's code: the tests of this condition fail, the others go on
            outcomes = {segmenter.name: Outcome(segmenter.name, condition, (), error=error) for segmenter in segmenters}
        self.evaluate_seconds += time.perf_counter() - started
        return outcomes

    def _timed(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        for batch in batches:
            self.batch_seconds += batch.seconds
            yield batch

    def _left(self) -> str:
        if not self.outcomes:
            return ""
        seconds = (time.perf_counter() - self._started) / len(self.outcomes) * (len(self.wanted) - len(self.outcomes))
        return f", about {seconds / 60:.0f} min left" if seconds >= 60 else f", about {seconds:.0f} s left"

    @property
    def predict_seconds(self) -> float:
        """Seconds in the segmenters' own code."""
        return sum(outcome.predict_seconds for outcome in self._all())

    @property
    def engine_share(self) -> float:
        """At most this share of the evaluation was the engine's own.

        It is what the segmenters left of the time, and the making of batches, which goes on beside them.
        """
        own = self.evaluate_seconds - self.predict_seconds + self.batch_seconds
        return min(1.0, own / self.evaluate_seconds) if self.evaluate_seconds else 0.0

    def results(self, command: str) -> Results:
        """The records of all tests that were sound, and what made them."""
        records = records_table(record for outcome in self._all() if outcome.sound for record in outcome.records)
        return Results(records, self._facts(command))

    @property
    def has_results(self) -> bool:
        """Whether any condition ran to its end."""
        return any(outcome.sound for outcome in self._all())

    def _all(self) -> list[Outcome]:
        return [outcome for by_name in self.outcomes.values() for outcome in by_name.values()]

    def _facts(self, command: str) -> dict[str, Any]:
        whole = len(grid(self.profile)) * len(segmenter_sources(self.settings.models))
        return {
            "version": VERSION,
            "command": command,
            "dataset": {
                "key": self.selection.key,
                "title": self.selection.title,
                "fingerprint": self.selection.fingerprint,
                "frames": list(self.selection.frames),
            },
            "settings": {**asdict(self.settings), "most_patches": self.profile.most_patches},
            "segmenters": {name: segmenter.digest for name, segmenter in self.segmenters.items()},
            "artefacts": {
                artefact.name: {
                    "version": artefact.version,
                    "parameter": artefact.parameter,
                    "unit": artefact.unit,
                    "about": " ".join((type(artefact).__doc__ or "").split()).replace("``", ""),
                }
                for artefact in ARTEFACTS
            },
            "metrics": {
                metric.name: {
                    "version": metric.version,
                    "pooled": metric.pooled,
                    "best": metric.best,
                    "target": metric.target,
                }
                for metric in sorted(METRICS, key=lambda metric: (metric.pooled != "mean", metric.name))
            },
            "tests": {
                "ran": len(self._all()),
                "grid": whole,
                "failed": sorted(f"{o.segmenter}-{o.condition.name}" for o in self._all() if not o.sound),
            },
            "seconds": {
                "evaluate": round(self.evaluate_seconds, 2),
                "predict": round(self.predict_seconds, 2),
                "make_batches": round(self.batch_seconds, 2),
            },
            "versions": _versions(),
            "machine": {"system": platform.platform(), "processor": platform.machine(), "cores": os.cpu_count()},
        }


def _versions() -> dict[str, str]:
    found = {"robustbench_cells": __version__, "python": platform.python_version()}
    for package in _VERSIONS_OF:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
