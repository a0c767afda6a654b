"""A run of the benchmark: the grid is gone through, and what was found is gathered.

This is where the pytest plugin keeps its logic.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.config import Settings
from robustbench_cells.engine.evaluate import GridCell, Outcome
from robustbench_cells.engine.grid import grid, profile_of
from robustbench_cells.engine.provenance import artefact_facts, machine_facts, metric_facts, version_facts
from robustbench_cells.engine.render_examples import render_examples
from robustbench_cells.engine.tasks import PatchKey, Task, Timing, run_task
from robustbench_cells.errors import CacheError, ClusterError, DataError
from robustbench_cells.gate.sequential import Rule, looks
from robustbench_cells.metrics import METRICS
from robustbench_cells.models.loading import load, require_there, segmenter_sources
from robustbench_cells.results.example_patches import ExamplePatches, choose_examples
from robustbench_cells.results.intervals import BLOCK
from robustbench_cells.results.record_cache import CacheKey, FrameKey, RecordCache
from robustbench_cells.results.storage import VERSION
from robustbench_cells.results.tables import Results, records_table
from robustbench_cells.types import Record

if TYPE_CHECKING:
    from robustbench_cells.engine.dask_backend import DaskBackend


Plan = tuple[Task, Mapping[str, Mapping[PatchKey, Record]]]  # what is to be done, and what the store has already


@dataclass
class BenchmarkRun:
    """Evaluates each condition once, for all the segmenters that are wanted under it, and keeps every record.

    Attributes
    ----------
    settings
        What the user asked for.
    wanted
        Names of the segmenters to run under each condition, by the condition's name.
    store_path
        The file that records are kept in, and looked for before any is made.
    announce
        Takes a line of progress after each batch.
    share_batches
        Whether a condition's segmenters all run when the first of them is asked for, on the same batches. Workers that
        share the grid out test by test do not.
    rule
        Which conditions need no more frames, if the run may stop early; to be set before the first outcome.
    cluster
        Where the work is done, if not here (`use_cluster`).
    """

    settings: Settings
    wanted: Mapping[str, Sequence[str]]
    store_path: Path
    announce: Callable[[str], None] = lambda line: None
    share_batches: bool = True
    rule: Rule | None = field(default=None, init=False)
    cluster: DaskBackend | None = field(default=None, init=False)
    effort: Timing = field(default_factory=Timing)
    _outcomes: dict[tuple[str, str], Outcome] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.profile = profile_of(self.settings)
        if self.settings.block is not None and self.settings.block < 1:
            raise DataError(f"blocks of {self.settings.block} frames: 1 or more is needed")
        sources = segmenter_sources(self.settings.models)
        names = dict.fromkeys(name for wanted in self.wanted.values() for name in wanted)
        self._sources = {name: sources[name] for name in names}
        for source in self._sources.values():  # before frames and models take their time
            require_there(source)
        frames = self.profile.most_frames if self.settings.frames is None else self.settings.frames
        self.selection: Selection = open_dataset(
            self.settings.dataset,
            self.settings.split,
            margin=self.settings.margin,
            frames=frames,
            white_level=self.settings.white_level,
        )
        self._require_room()
        trusted = self.settings.trust_model
        self.segmenters = {name: load(source, trusted=trusted) for name, source in self._sources.items()}
        for name, segmenter in self.segmenters.items():
            segmenter.name = name
        self._frames = {
            frame: FrameKey(self.selection.key, frame, digest) for frame, digest in self.selection.digests.items()
        }
        self.store = RecordCache(self.store_path)  # last, so that a mistake leaves no file
        self._begun: list[str] = []
        self._plans: dict[tuple[str, ...], Plan] = {}
        self._sent = False
        self._started = time.perf_counter()

    def use_cluster(self, address: str, patches: int) -> None:
        """Have the work done by the workers of a Dask scheduler, in tasks of at most so many patches.

        Raises
        ------
        ClusterError
            If there is none, or its workers cannot be used.
        """
        try:
            from robustbench_cells.engine.dask_backend import DaskBackend
        except ModuleNotFoundError as error:
            raise ClusterError(f"a Dask cluster needs {error.name}: pip install 'robustbench-cells[dask]'") from error
        self.cluster = DaskBackend(
            address, self.selection, self._sources, self.segmenters, patches, trusted=self.settings.trust_model
        )

    def close(self) -> None:
        """Close the store, and let the cluster go."""
        if self.cluster:
            self.cluster.close()
        self.store.close()

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
        """What a segmenter did under a condition.

        Raises
        ------
        StoreError, ClusterError
            If the records cannot be kept, or the cluster is lost.
        """
        if (segmenter, condition.name) not in self._outcomes:
            names = self.wanted[condition.name] if self.share_batches else [segmenter]
            for name, outcome in self._evaluate(condition, names).items():
                self._outcomes[name, condition.name] = outcome
        return self._outcomes[segmenter, condition.name]

    def _evaluate(self, condition: Condition, names: Sequence[str]) -> Mapping[str, Outcome]:
        """On all frames; or, by the rule, on more and more of them."""
        if condition.name not in self._begun:
            self._begun.append(condition.name)
        if self.rule is None:
            return self._run(condition, names, self.selection.frames)
        outcomes: dict[str, Outcome] = {}
        names, before = list(names), frozenset[str]()
        for look in looks(self.selection.frames):
            for name, outcome in self._run(condition, names, [frame for frame in look if frame not in before]).items():
                outcomes[name] = outcomes[name] + outcome if name in outcomes else outcome
                if not outcomes[name].valid or self.rule.decided(name, records_table(outcomes[name].records)):
                    names.remove(name)
            before = frozenset(look)
        return outcomes

    def _run(self, condition: Condition, names: Sequence[str], frames: Sequence[str]) -> Mapping[str, Outcome]:
        sent = (condition.name, *frames)
        work, known = self._plans.pop(sent) if sent in self._plans else self._plan(condition, names, frames)
        self.effort.cached += sum(map(len, known.values()))
        place, total, done = self._place(condition), len(work.places), 0

        def progress(patches: int) -> None:
            nonlocal done
            done += patches
            self.announce(f"{place}, {done}/{total} patches{self._left()}")

        try:
            outcomes = self._do(work, progress)
        except (CacheError, ClusterError):
            raise
        except Exception as error:  # the artefact is anybody's code: the tests of this condition fail, the others go on
            return {name: Outcome(name, condition, (), error=error) for name in names}
        for name, outcome in outcomes.items():
            outcome.records.extend(known[name].values())
        return outcomes

    def _do(self, work: Task, progress: Callable[[int], None]) -> Mapping[str, Outcome]:
        if self.cluster:
            self._send_all(self.cluster, work)
            done = self.cluster.fetch(work, progress=progress, on_records=self._keep, waiting=self.announce)
        else:
            keep = partial(self._keep, work)
            done = run_task(work, self.selection, self.segmenters, progress=progress, on_records=keep)
        self.effort += done.effort
        outcomes = {name: Outcome(name, work.condition, tuple(METRICS)) for name in work.missing}
        return outcomes | dict(done.outcomes)

    def _keep(self, work: Task, name: str, records: Sequence[Record]) -> None:
        self.effort.computed += len(records)
        self.store.put(self._key(work.condition, name), self._frames, records)

    def _plan(self, condition: Condition, names: Sequence[str], frames: Sequence[str]) -> Plan:
        known = {name: self._known(condition, name, frames) for name in names}
        places = self._places(condition, frames)
        missing = {name: [place for place in places if place not in known[name]] for name in names}
        return Task(condition, missing, self.settings.seed, self.profile.most_patches), known

    def _send_all(self, cluster: DaskBackend, work: Task) -> None:
        """Send out this, then what is to be done first under each other condition: many workers need much to do."""
        if self._sent:
            return
        self._sent = True
        cluster.send(work)
        first = tuple(looks(self.selection.frames)[0]) if self.rule else tuple(self.selection.frames)
        for condition in grid(self.profile):
            if condition.name in self.wanted and condition.name not in self._begun:
                plan = self._plan(condition, self.wanted[condition.name], first)
                self._plans[condition.name, *first] = plan
                cluster.send(plan[0])

    def _places(self, condition: Condition, frames: Sequence[str]) -> list[tuple[str, int]]:
        """The patches of a condition: frame and index."""
        counts = {
            frame: condition.patches_per_frame(self.selection.shapes[frame], self.profile.most_patches)
            for frame in frames
        }
        return [(frame, index) for frame, count in counts.items() for index in range(count)]

    @property
    def block(self) -> int:
        """Frames of a block (see `statistics`)."""
        if self.settings.block is not None:
            return self.settings.block
        return BLOCK if self.selection.sequence else 1

    def _key(self, condition: Condition, segmenter: str) -> CacheKey:
        return CacheKey(
            digest=self.segmenters[segmenter].digest,
            artefact=condition.artefact_name,
            version=condition.version,
            intensity=float(condition.intensity),
            seed=self.settings.seed,
            metrics={metric.name: metric.version for metric in METRICS},
        )

    def _known(self, condition: Condition, segmenter: str, frames: Sequence[str]) -> dict[tuple[str, int], Record]:
        """The records of a condition that the store has."""
        scores = self.store.get(self._key(condition, segmenter), [self._frames[frame] for frame in frames])
        artefact, intensity = condition.artefact_name, float(condition.intensity)
        return {
            (frame, index): Record(segmenter, artefact, intensity, frame, index, scores[frame, index])
            for frame, index in self._places(condition, frames)
            if (frame, index) in scores
        }

    def _place(self, condition: Condition) -> str:
        return f"condition {len(self._begun)}/{len(self.wanted)}: {condition.name}"

    def _left(self) -> str:
        over = len(self._begun) - 1
        if not over:
            return ""
        seconds = (time.perf_counter() - self._started) / over * (len(self.wanted) - over)
        return f", about {seconds / 60:.0f} min left" if seconds >= 60 else f", about {seconds:.0f} s left"

    def results(self, cases: Iterable[GridCell], effort: Timing, command: str) -> Results | None:
        """The records of all tests that were sound, out of the store, and what made them; None if there is none.

        Parameters
        ----------
        cases
            The tests that ran, here or in other processes.
        effort
            Of all of them.
        command
            That the user gave.
        """
        conditions = {condition.name: condition for condition in grid(self.profile)}
        cases = sorted(set(cases), key=astuple)
        invalid = {(case.segmenter, case.condition) for case in cases if not case.valid}
        records = [
            record
            for name, condition in dict.fromkeys((case.segmenter, case.condition) for case in cases)
            if (name, condition) not in invalid
            for record in self._needed(conditions[condition], name)
        ]
        return Results(records_table(records), self.facts(cases, effort, command)) if records else None

    def pictures(self, results: Results) -> ExamplePatches | None:
        """Pictures for a report of these results; None where nothing can be shown."""
        if not (views := choose_examples(results)):
            return None
        ran = dict.fromkeys(results.records["segmenter"])
        return render_examples(
            views,
            self.selection,
            [segmenter for name, segmenter in self.segmenters.items() if name in ran],
            {(condition.artefact_name, float(condition.intensity)): condition for condition in grid(self.profile)},
            seed=self.settings.seed,
            most_patches=self.profile.most_patches,
            announce=self.announce,
        )

    def _needed(self, condition: Condition, segmenter: str) -> Collection[Record]:
        """The records that a run of a condition uses; the store may have more."""
        records: Collection[Record] = ()
        for look in looks(self.selection.frames) if self.rule else [self.selection.frames]:
            records = self._known(condition, segmenter, look).values()
            if len(records) < len(self._places(condition, look)):
                raise CacheError(
                    f"{self.store.path}: records of {segmenter}-{condition.name} went from it meanwhile; run again"
                )
            if self.rule and self.rule.decided(segmenter, records_table(records)):
                break
        return records

    def facts(self, cases: Sequence[GridCell] = (), effort: Timing | None = None, command: str = "") -> dict[str, Any]:
        """What makes the results, as in ``run.json``; without arguments, what is known before the first test."""
        whole = len(grid(self.profile)) * len(segmenter_sources(self.settings.models))
        return {
            "version": VERSION,
            "command": command,
            "dataset": {
                "key": self.selection.key,
                "title": self.selection.title,
                "fingerprint": self.selection.fingerprint,
                "frames": list(self.selection.frames),
                "positions": self.selection.positions,
            },
            "settings": {
                **asdict(self.settings),
                "most_patches": self.profile.most_patches,
                "block": self.block,
                "sequential": self.rule is not None,
            },
            "segmenters": {name: segmenter.digest for name, segmenter in self.segmenters.items()},
            "artefacts": artefact_facts(self.profile.name),
            "metrics": metric_facts(),
            "tests": {
                "ran": len({(case.segmenter, case.condition) for case in cases}),
                "grid": whole,
                "failed": sorted({f"{case.segmenter}-{case.condition}" for case in cases if not case.valid}),
            },
            "effort": (effort or Timing()).stored(),
            "versions": version_facts(),
            "machine": machine_facts(),
            "dask_workers": self.cluster.workers if self.cluster else 0,
        }
