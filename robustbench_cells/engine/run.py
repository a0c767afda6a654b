"""One run of the benchmark: plan, cache, evaluate, stop early. It receives objects, never names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.checks import require_printable
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.evaluate import GridCell, Outcome, records_digest
from robustbench_cells.engine.plan import Plan, Planner
from robustbench_cells.engine.progress import Progress, ProgressClock
from robustbench_cells.engine.provenance import make_manifest
from robustbench_cells.engine.stopping import StoppingRule
from robustbench_cells.engine.tasks import PatchKey, Task, Timing, run_task
from robustbench_cells.errors import CacheError, ClusterError, ResultsError, refuse_exits
from robustbench_cells.metrics import Metric, metrics_of
from robustbench_cells.models.on_demand import load_all, release_all
from robustbench_cells.results.bisection import added_intensities
from robustbench_cells.results.manifest import RunManifest, RunSettings
from robustbench_cells.results.record_cache import RecordCache
from robustbench_cells.results.tables import Results, records_table
from robustbench_cells.types import Record, Segmenter

if TYPE_CHECKING:
    from robustbench_cells.engine.dask_backend import DaskBackend


@dataclass(eq=False)
class BenchmarkRun:
    """Evaluates each condition once, for all the segmenters that are wanted under it, and caches every record.

    Attributes
    ----------
    selection
        Frames of the run.
    segmenters
        Every segmenter that is wanted, by name.
    grid
        Every condition of the grid, whether wanted or not.
    wanted
        Names of the segmenters to run under each condition, by the condition's name.
    settings
        Seed, caps and block length, with what else the user asked for.
    grid_size
        Number of tests of the whole grid.
    cache
        Records are looked up here before they are computed, and kept here.
    metrics
        Scores to compute.
    share_batches
        Whether a condition's segmenters all run when the first of them is asked for, on the same batches. Workers that
        share the grid out test by test do not.
    on_progress
        Called after each batch.
    on_wait
        Called with a line of text while the run waits for a cluster.
    planner
        What of the run is cached, and by which keys.
    stopping
        Rule by which conditions need no more frames, if the run may stop early; set before the first outcome.
    backend
        Dask cluster that computes the records, if this process does not; set before the first outcome.
    timing
        Time spent so far.
    cells
        Each test whose outcome was asked for, as it was then, by the names of segmenter and condition.
    """

    selection: Selection
    segmenters: Mapping[str, Segmenter]
    grid: Sequence[Condition]
    wanted: Mapping[str, Sequence[str]]
    settings: RunSettings
    grid_size: int
    cache: RecordCache
    metrics: Sequence[Metric] = field(default_factory=lambda: metrics_of(()))
    share_batches: bool = True
    on_progress: Callable[[Progress], None] = lambda progress: None
    on_wait: Callable[[str], None] = lambda line: None
    planner: Planner = field(init=False)
    stopping: StoppingRule | None = field(default=None, init=False)
    backend: DaskBackend | None = field(default=None, init=False)
    timing: Timing = field(default_factory=Timing, init=False)
    cells: dict[tuple[str, str], GridCell] = field(default_factory=dict, init=False)
    _outcomes: dict[tuple[str, str], Outcome] = field(default_factory=dict, init=False)
    _stored: dict[tuple[str, str], dict[PatchKey, Record]] = field(default_factory=dict, init=False)
    _plans: dict[tuple[str, ...], Plan] = field(default_factory=dict, init=False)
    _sent: bool = field(default=False, init=False)
    _added: Mapping[str, tuple[float, ...]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        require_printable(self.segmenters)
        self._conditions = {condition.name: condition for condition in self.grid if condition.name in self.wanted}
        self._clock = ProgressClock(len(self.wanted))
        self.planner = Planner(self.selection, self.segmenters, self.cache, self.settings, self.metrics)

    @property
    def patch_count(self) -> int:
        """Patches of all wanted conditions together."""
        return sum(map(self.planner.patch_count, self._conditions.values()))

    def close(self) -> None:
        """Close the cache, and release the cluster and the processes of models."""
        if self.backend:
            self.backend.close()
        self.cache.close()
        release_all(self.segmenters.values())

    def load_models(self) -> None:
        """Load the models that have something to compute, so that a mistake is found before anything runs.

        A model whose records are all cached is not loaded.

        Raises
        ------
        ModelError
            If one cannot be used.
        """
        for name, segmenter in self.segmenters.items():
            conditions = (one for one in self._conditions.values() if name in self.wanted[one.name])
            if not all(self.planner.is_complete(condition, name, self.stopping) for condition in conditions):
                load_all([segmenter])

    def outcome(self, condition: str, segmenter: str) -> Outcome:
        """The result of a segmenter under a condition; computed on the first call.

        Raises
        ------
        CacheError, ClusterError
            If records cannot be kept, or the cluster is lost.
        """
        if (segmenter, condition) not in self._outcomes:
            names = self.wanted[condition] if self.share_batches else [segmenter]
            self._evaluate_all(self._conditions[condition], names)
        return self._outcomes[segmenter, condition]

    def add_condition(self, condition: Condition, names: Sequence[str]) -> list[GridCell]:
        """Evaluate segmenters at an intensity that is not in the grid.

        Raises
        ------
        CacheError, ClusterError
            See `outcome`.
        """
        if condition.name not in self._conditions:
            self._conditions[condition.name] = condition
            self._clock.conditions += 1
        self._added = added_intensities(self._added, {condition.artefact_name: (float(condition.intensity),)})
        self._evaluate_all(condition, names)
        return [self.cells[name, condition.name] for name in names]

    def results(
        self, cells: Iterable[GridCell], timing: Timing, command: str, incomplete: Sequence[str] = ()
    ) -> Results | None:
        """The records of all valid tests, from the cache, with their manifest; None if there is none.

        Parameters
        ----------
        cells
            Tests that ran, here or in other processes.
        timing
            Time spent by all of these processes.
        command
            Command line of the run.
        incomplete
            Reasons why the run is no basis for a verdict.

        Raises
        ------
        ResultsError
            If a test is not of this grid.
        CacheError
            If records have disappeared from the cache, or are not those that the tests saw.
        """
        cells = sorted(set(cells), key=astuple)
        if unknown := sorted({cell.condition for cell in cells} - self._conditions.keys()):
            raise ResultsError(
                f"{', '.join(unknown)}: ran in another process and is not part of the grid of this one; register the "
                "artefact where every process sees it, in a conftest.py at the root or in an installed package"
            )
        invalid = {(cell.segmenter, cell.condition) for cell in cells if not cell.valid}
        digests: dict[tuple[str, str], set[str]] = {}
        for cell in cells:
            digests.setdefault((cell.segmenter, cell.condition), set()).update({cell.digest} - {""})
        records = [
            record for key, seen in digests.items() if key not in invalid for record in self._read_back(*key, seen)
        ]
        return Results(records_table(records), self.manifest(cells, timing, command, incomplete)) if records else None

    def _read_back(self, segmenter: str, condition: str, digests: Collection[str]) -> Sequence[Record]:
        """The records of a test from the cache; a `CacheError` if a process saw others, whose digest it noted."""
        records = self.planner.required_records(self._conditions[condition], segmenter, self.stopping)
        if digests and {records_digest(records)} != set(digests):
            raise self.cache.reject(f"the records of {segmenter}-{condition} are not those that the run saw")
        return records

    def manifest(
        self,
        cells: Sequence[GridCell] = (),
        timing: Timing | None = None,
        command: str = "",
        incomplete: Sequence[str] = (),
    ) -> RunManifest:
        """What makes the results; without arguments, what is known before the first test."""
        return make_manifest(
            self.selection,
            self.segmenters,
            self.grid,
            replace(self.settings, refined=added_intensities(self.settings.refined, self._added)),
            cells,
            metrics=self.metrics,
            grid_size=self.grid_size,
            timing=timing or Timing(),
            command=command,
            sequential=self.stopping is not None,
            dask_workers=self.backend.workers if self.backend else 0,
            incomplete=incomplete,
        )

    def _evaluate_all(self, condition: Condition, names: Sequence[str]) -> None:
        for name, outcome in self._evaluate(condition, names).items():
            if outcome.valid and not outcome.records:
                outcome.problems.append(
                    f"no patch has enough pixels that are scored ({self.selection.title}); give other frames, or "
                    "leave this condition out"
                )
            self._outcomes[name, condition.name] = outcome
            digest = records_digest(outcome.records) if outcome.valid else ""
            self.cells[name, condition.name] = GridCell(name, condition.name, outcome.valid, outcome.failure, digest)

    def _evaluate(self, condition: Condition, names: Sequence[str]) -> Mapping[str, Outcome]:
        """On all frames; or, by the stopping rule, on more and more of them."""
        self._clock.begin(condition.name)
        if self.stopping is None:
            return self._run(condition, names, self.selection.frames)
        outcomes: dict[str, Outcome] = {}
        names, seen = list(names), frozenset[str]()
        for look in self.stopping.interim_looks(self.selection.frames):
            for name, outcome in self._run(condition, names, [frame for frame in look if frame not in seen]).items():
                outcomes[name] = outcomes[name] + outcome if name in outcomes else outcome
                if not outcomes[name].valid or self.stopping.is_decided(name, outcomes[name].records):
                    names.remove(name)
            seen = frozenset(look)
        return outcomes

    def _run(self, condition: Condition, names: Sequence[str], frames: Sequence[str]) -> Mapping[str, Outcome]:
        plan = self._plans.pop((condition.name, *frames), None) or self.planner.plan(condition, names, frames)
        self.timing.cached += sum(map(len, plan.cached.values()))
        total, done = len(plan.task.patches), 0

        def advance(patches: int) -> None:
            nonlocal done
            done += patches
            self.on_progress(self._clock.at(condition.name, done, total))

        try:
            with refuse_exits(condition.name):
                outcomes = self._compute(plan.task, advance)
        except (CacheError, ClusterError):
            raise
        except Exception as error:  # an artefact may be third-party code: its tests fail, the others go on
            return {name: Outcome(name, condition, (), error=error) for name in names}
        for name, outcome in outcomes.items():
            stored = self._stored.get((name, condition.name), {})
            computed = [stored.get((one.frame, one.patch), one) for one in outcome.records]
            outcome.records[:] = [*computed, *plan.cached[name].values()]
        return outcomes

    def _compute(self, task: Task, advance: Callable[[int], None]) -> Mapping[str, Outcome]:
        if self.backend:
            self._send_all(self.backend, task)
            result = self.backend.fetch(task, progress=advance, on_records=self._keep, waiting=self.on_wait)
        else:
            keep = partial(self._keep, task)
            result = run_task(task, self.selection, self.segmenters, progress=advance, on_records=keep)
        self.timing += result.timing
        return {name: Outcome(name, task.condition, self.metrics) for name in task.missing} | dict(result.outcomes)

    def _keep(self, task: Task, name: str, records: Sequence[Record]) -> None:
        self.timing.computed += len(records)
        for before, now in zip(records, self.planner.keep(task.condition, name, records), strict=True):
            if now is not before:  # another process computed it first, on other processors
                self._stored.setdefault((name, task.condition.name), {})[now.frame, now.patch] = now

    def _send_all(self, backend: DaskBackend, task: Task) -> None:
        """Send this task, then the first look of each other condition: many workers need much to do."""
        if self._sent:
            return
        self._sent = True
        backend.send(task)
        frames = self.selection.frames
        first = tuple(self.stopping.interim_looks(frames)[0] if self.stopping else frames)
        for condition in self._conditions.values():
            if (name := condition.name) not in self._clock.begun:
                self._plans[name, *first] = self.planner.plan(condition, self.wanted[name], first)
                backend.send(self._plans[name, *first].task)
