"""What the record cache has and what is still to compute: patch keys, cache keys, tasks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import uuid4

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.patches import cut_patches, pad_frame, padded_shape, place_patches
from robustbench_cells.engine.stopping import StoppingRule
from robustbench_cells.engine.tasks import PatchKey, Task
from robustbench_cells.errors import CacheError
from robustbench_cells.metrics import METRICS, Metric, metrics_of
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.stopped import StoppedSegmenter
from robustbench_cells.results.cache_keys import DROPPED_CELLS, CacheKey, FrameKey
from robustbench_cells.results.example_cache import mask_key
from robustbench_cells.results.manifest import RunSettings
from robustbench_cells.results.record_cache import RecordCache
from robustbench_cells.types import Record, Segmenter


@dataclass(frozen=True)
class Plan:
    """The task that is left of a condition, and the records of each segmenter that are cached."""

    task: Task
    cached: Mapping[str, Mapping[PatchKey, Record]]


@dataclass(frozen=True, eq=False)
class Planner:
    """Compares what conditions need with what is cached.

    Attributes
    ----------
    selection
        Frames of the run.
    segmenters
        Every segmenter of the run, by name.
    cache
        Records of this run and of earlier ones.
    settings
        Seed of the run, its cap on the patches per frame, and what of cells that a patch cuts.
    metrics
        Scores of the run.
    """

    selection: Selection
    segmenters: Mapping[str, Segmenter]
    cache: RecordCache
    settings: RunSettings
    metrics: Sequence[Metric] = field(default_factory=lambda: metrics_of(()))
    _keys_of_frames: dict[tuple[str, float], Mapping[str, FrameKey]] = field(default_factory=dict, init=False)
    _indices_with_void: dict[tuple[str, int, int], Collection[int]] = field(default_factory=dict, init=False)

    def plan(self, condition: Condition, names: Sequence[str], frames: Sequence[str]) -> Plan:
        """What these segmenters lack under a condition on these frames."""
        cached = {name: self._cached_records(condition, name, frames) for name in names}
        keys = self._patch_keys(condition, frames)
        missing = {name: [key for key in keys if key not in cached[name]] for name in names}
        return Plan(
            Task(
                condition,
                missing,
                self.settings.seed,
                self.settings.most_patches,
                tuple(one.name for one in self.metrics),
                self.settings.edge_cells,
            ),
            cached,
        )

    def keep(self, condition: Condition, segmenter: str, records: Sequence[Record]) -> Sequence[Record]:
        """Put records into the cache; returns those that it holds now (see `RecordCache.put`)."""
        return self.cache.put(self._cache_key(condition, segmenter), self._frame_keys(condition), records)

    def required_records(
        self, condition: Condition, segmenter: str, rule: StoppingRule | None = None
    ) -> Sequence[Record]:
        """The records that a run of a condition uses; the cache may hold more.

        Raises
        ------
        CacheError
            If some have disappeared from the cache.
        """
        records = self._all_records(condition, segmenter, rule)
        if records is None:
            raise CacheError(
                f"{self.cache.path}: records of {segmenter}-{condition.name} have disappeared: another program deleted "
                f"them, so run again; or {segmenter} has another digest in each process of the run, since it holds "
                "times, random numbers or the like, so give it an attribute `digest`"
            )
        return records

    def is_complete(self, condition: Condition, segmenter: str, rule: StoppingRule | None = None) -> bool:
        """Whether all records that a run of a condition uses are cached."""
        return self._all_records(condition, segmenter, rule) is not None

    def _all_records(self, condition: Condition, segmenter: str, rule: StoppingRule | None) -> list[Record] | None:
        """The records that a run of a condition uses; None if some are not cached."""
        frames = self.selection.frames
        records: list[Record] = []
        for look in rule.interim_looks(frames) if rule else [frames]:
            records = list(self._cached_records(condition, segmenter, look).values())
            if len(records) < len(self._patch_keys(condition, look)):
                return None
            if rule and rule.is_decided(segmenter, records):
                break
        return records

    def digest(self, segmenter: str) -> str:
        """The digest that a segmenter's records are cached by."""
        return self._digest_of(self.segmenters[segmenter])

    def mask_key(self, condition: Condition, segmenter: str, frame: str, patch: int) -> str:
        """The key of a predicted mask (see `example_cache.mask_key`)."""
        return mask_key(self._cache_key(condition, segmenter), self._frame_keys(condition)[frame], patch)

    def patch_count(self, condition: Condition) -> int:
        """Patches of a condition on all frames."""
        return len(self._patch_keys(condition, self.selection.frames))

    def _frame_keys(self, condition: Condition) -> Mapping[str, FrameKey]:
        name, intensity = condition.artefact_name, float(condition.intensity)
        if (name, intensity) not in self._keys_of_frames:
            digests = self.selection.digests_under(name, intensity).items()
            self._keys_of_frames[name, intensity] = {
                frame: FrameKey(self.selection.key, frame, digest) for frame, digest in digests
            }
        return self._keys_of_frames[name, intensity]

    def _patch_keys(self, condition: Condition, frames: Sequence[str]) -> list[PatchKey]:
        keys: list[PatchKey] = []
        for frame in frames:
            count = condition.patches_per_frame(self.selection.shapes[frame], self.settings.most_patches)
            keys.extend((frame, index) for index in self._patch_indices(frame, condition.view_side(), count))
        return keys

    def _patch_indices(self, frame: str, side: int, count: int) -> Collection[int]:
        if frame not in self.selection.void:
            shape = padded_shape(self.selection.shapes[frame], side)
            return place_patches(self.selection.key, frame, shape, side, count=count, seed=self.settings.seed)
        key = frame, side, count
        if key not in self._indices_with_void:
            patches = cut_patches(pad_frame(self.selection.read(frame), side), side, count, self.settings.seed)
            self._indices_with_void[key] = tuple(patch.index for patch in patches)
        return self._indices_with_void[key]

    def _cache_key(self, condition: Condition, segmenter: str) -> CacheKey:
        return CacheKey(
            digest=self._digest_of(self.segmenters[segmenter]),
            artefact=condition.artefact_name + "".join(self._origins_of(condition)),
            version=condition.version,
            intensity=float(condition.intensity),
            seed=self.settings.seed,
            metrics=self._metrics,
            ranges={metric.name: metric.range for metric in self.metrics},
        )

    def _origins_of(self, condition: Condition) -> Iterator[str]:
        """Origin and code of each artefact from another package that acts under a condition."""
        if condition.artefact:
            for step, _ in condition.artefact.steps(condition.intensity):
                yield self._artefacts.get(step.name, "")

    def _digest_of(self, segmenter: Segmenter) -> str:
        """The digest, with origin and code of a baseline from another package: others may predict otherwise.

        A model that was stopped before its digest was known has none: it finds nothing, whatever the cache holds.
        """
        if isinstance(segmenter, StoppedSegmenter):
            return uuid4().hex
        return segmenter.digest + self._baselines.get(type(segmenter), "")

    # Code that was typed in is looked at once in a run: what it stores while it runs must not change the keys.

    @cached_property
    def _artefacts(self) -> Mapping[str, str]:
        return {one.name: ARTEFACTS.qualified_name(one.name).removeprefix(one.name) for one in ARTEFACTS}

    @cached_property
    def _baselines(self) -> Mapping[type, str]:
        return {type(one): BASELINES.qualified_name(one.name).removeprefix(one.name) for one in BASELINES}

    @cached_property
    def _metrics(self) -> Mapping[str, int]:
        versions = {METRICS.qualified_name(metric.name): metric.version for metric in self.metrics}
        is_otherwise = self.settings.edge_cells == "drop" and any(metric.group for metric in self.metrics)
        return versions | ({DROPPED_CELLS: 1} if is_otherwise else {})

    def _cached_records(self, condition: Condition, segmenter: str, frames: Sequence[str]) -> dict[PatchKey, Record]:
        keys = self._frame_keys(condition)
        scores = self.cache.get(self._cache_key(condition, segmenter), [keys[frame] for frame in frames])
        artefact, intensity = condition.artefact_name, float(condition.intensity)
        return {
            (frame, index): Record(segmenter, artefact, intensity, frame, index, scores[frame, index])
            for frame, index in self._patch_keys(condition, frames)
            if (frame, index) in scores
        }
