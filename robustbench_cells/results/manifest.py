"""What made the results of a run: the typed form of ``run.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar

from robustbench_cells.printable import printable_values
from robustbench_cells.results.artefact_info import ArtefactInfo, artefact_from_json, artefact_to_json
from robustbench_cells.results.run_schema import validate
from robustbench_cells.results.units import PIXELS, Unit
from robustbench_cells.types import EdgeCells, Ratio, Runner, ScoreRange

T = TypeVar("T")

VERSION = 2  # of the file's layout
_OPTIONAL = ("date", "commit", "branch")  # left out where they are not known


@dataclass(frozen=True)
class DatasetInfo:
    """The frames of a run.

    Attributes
    ----------
    key
        Kind and split of the data set, with the margin: part of every random key.
    title
        Title for people.
    fingerprint
        Digest of the names, pixels and labels of all frames.
    frames
        Names of the frames, in order.
    positions
        Positions of these frames within the whole data set.
    void_share
        Share of the pixels that the annotators left open and no score counts.
    padded
        Number of frames smaller than a patch, which are padded by reflection; no score counts the padding.
    instances
        Whether the true cells are ids of the masks, 8-connected components of masks without ids, or both in different
        frames; empty in runs of earlier versions.
    touching
        Share of the cells that touch another; 0 by components.
    """

    key: str
    title: str
    fingerprint: str
    frames: tuple[str, ...]
    positions: tuple[int, ...]
    void_share: float = 0.0
    padded: int = 0
    instances: Literal["", "ids", "components", "mixed"] = ""
    touching: float = 0.0


@dataclass(frozen=True)
class RunSettings:
    """What a run was asked for.

    Attributes
    ----------
    profile
        Name of the profile.
    seed
        Seed of patches and artefacts.
    most_patches
        Cap on the patches per frame.
    block
        Consecutive frames that count as one in intervals.
    margin
        Pixels cut off at each border; 0 where scores go to the border.
    sequential
        Whether conditions stopped early.
    dataset, split, models, frames, white_level, ignore_label, channel, trust_model
        The options of the same names, as given.
    grids
        Intensities of each artefact of a grid of one's own; empty where the profile's whole grid was asked for.
    floor
        Mean Jaccard score that every segmenter must keep; None for 90 % of the best clean score.
    pixel_size
        Side of a pixel of the frames in µm, as given; None where it is not known. No number depends on it.
    refined
        Intensities of each artefact that were added to the grid to make brackets of break-points narrower.
    edge_cells
        Whether true cells whose larger part lies outside of their patch count in scores of cells (``keep``) or not.
    """

    profile: str
    seed: int
    most_patches: int
    block: int
    margin: int = 0
    sequential: bool = False
    dataset: str = ""
    split: str | None = None
    models: tuple[str, ...] = ()
    frames: int | None = None
    white_level: int | None = None
    ignore_label: int | None = None
    channel: str | None = None
    trust_model: bool = False
    grids: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    floor: float | None = None
    pixel_size: float | None = None
    refined: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    edge_cells: EdgeCells = "keep"


@dataclass(frozen=True)
class MetricInfo:
    """A metric (see `Metric`); older runs store no range, and no ratio of counts."""

    version: int
    pooled: Literal["mean", "sum", "ratio"]
    best: Literal["highest", "lowest", "nearest"]
    target: str
    range: ScoreRange = field(default_factory=ScoreRange)
    ratios: tuple[Ratio, ...] = ()
    group: str = ""
    is_part: bool = False

    @property
    def formula(self) -> str:
        """What a pooled ratio is, of sums over all patches; empty for other metrics."""
        texts = [str(one) for one in self.ratios]
        return f"mean of {texts[0]}, … {texts[-1]}" if len(texts) > 1 else "".join(texts)


@dataclass(frozen=True)
class GridTests:
    """Number of tests of the grid that ran, number of all of them, and ids of those that failed."""

    ran: int
    grid: int
    failed: tuple[str, ...]


@dataclass(frozen=True)
class ComparedRun:
    """The second of two compared runs, where it differs from the first."""

    settings: RunSettings
    versions: Mapping[str, str]


@dataclass(frozen=True)
class RunManifest:
    """Everything that is known of how results were made.

    Attributes
    ----------
    command
        Command line of the run.
    dataset, settings, tests
        Frames, request and outcome of the run.
    segmenters
        Digest of each segmenter, by name.
    artefacts, metrics
        Every artefact of the grid and every metric, by name.
    versions
        Versions of this package, of Python, and of the libraries that numbers depend on.
    effort
        Seconds spent and records computed, by name.
    machine
        System, processor and number of cores.
    dask_workers
        Largest number of Dask workers at one time; 0 without a cluster.
    plugins
        Distribution and version of each plug-in from another package, by kind and name.
    sources
        Digest of the code of each of them; empty in runs of earlier versions.
    incomplete
        Reasons why the run is no basis for a verdict: selected tests that did not end well, a worker that died, an
        interruption. Empty for a run that ended as it should.
    runners
        What ran each network, by the name of the segmenter; of those alone that this run loaded, not of those whose
        records were all cached.
    instances
        What the predicted cells of each segmenter are, by its name: ``labels`` of its own, or its foreground cut by the
        rule ``components`` or ``watershed``; without those of which this run could not know.
    date
        Time at which the run ended, in UTC, by ISO 8601; empty in runs of earlier versions.
    commit, branch
        What was checked out in the folder of the call, whether files were changed since or not; empty without git.
    compared
        The second run where two are compared; never stored.
    """

    command: str
    dataset: DatasetInfo
    settings: RunSettings
    segmenters: Mapping[str, str]
    artefacts: Mapping[str, ArtefactInfo]
    metrics: Mapping[str, MetricInfo]
    tests: GridTests
    versions: Mapping[str, str]
    effort: Mapping[str, float] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    dask_workers: int = 0
    plugins: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    incomplete: tuple[str, ...] = ()
    runners: Mapping[str, Runner] = field(default_factory=dict)
    instances: Mapping[str, str] = field(default_factory=dict)
    date: str = ""
    commit: str = ""
    branch: str = ""
    compared: ComparedRun | None = None

    def __post_init__(self) -> None:
        """Show control characters as escapes in every text: names come from untrusted files."""
        for one in fields(self):
            object.__setattr__(self, one.name, printable_values(getattr(self, one.name)))

    def unit(self, artefact: str) -> Unit:
        """The unit of an artefact's intensities; without a name where the artefact is none of the run."""
        info = self.artefacts.get(artefact)
        return Unit(info.unit if info else "", self.settings.pixel_size)

    @property
    def margin(self) -> str:
        """The margin as people read it."""
        return Unit(PIXELS, self.settings.pixel_size).amount(self.settings.margin)

    @property
    def acting(self) -> set[str]:
        """Names of the artefacts of the grid, and of those that act in a combined one."""
        parts = (one.together for one in self.artefacts.values() if one.together)
        return {*self.artefacts, *(name for pair in parts for name in (pair.first, pair.second))}

    def to_json(self) -> dict[str, Any]:
        """The content of ``run.json``."""
        content = json.loads(json.dumps(asdict(self)))  # tuples become lists, as in the file
        for name in ("compared", *(name for name in _OPTIONAL if not content[name])):
            del content[name]
        content["artefacts"] = {name: artefact_to_json(one) for name, one in content["artefacts"].items()}
        for metric in content["metrics"].values():
            for name in ("ratios", "group", "is_part"):
                if not metric[name]:
                    del metric[name]
        return {"version": VERSION, **content}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> RunManifest:
        """The manifest of such a content; keys of later versions are left out.

        Raises
        ------
        ValueError
            If it is not what reports and the gate rely on; the message names the place.
        """
        validate(content)
        return _of(
            cls,
            {
                **content,
                "dataset": _of(DatasetInfo, content["dataset"]),
                "settings": _settings(content["settings"]),
                "artefacts": {name: artefact_from_json(one) for name, one in content["artefacts"].items()},
                "metrics": {name: _metric(one) for name, one in content["metrics"].items()},
                "tests": _of(GridTests, content["tests"]),
                "runners": {name: _of(Runner, one) for name, one in content.get("runners", {}).items()},
                "compared": None,
            },
        )


def _of(kind: type[T], content: Mapping[str, Any]) -> T:
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in content.items()}
    return kind(**{name: value for name, value in values.items() if name in known})


def _settings(content: Mapping[str, Any]) -> RunSettings:
    levels = {
        key: {name: tuple(map(float, levels)) for name, levels in content.get(key, {}).items()}
        for key in ("grids", "refined")
    }
    return _of(RunSettings, {**content, **levels})


def _metric(content: Mapping[str, Any]) -> MetricInfo:
    ratios = tuple(_of(Ratio, one) for one in content.get("ratios", ()))
    return _of(MetricInfo, {**content, "range": _of(ScoreRange, content.get("range", {})), "ratios": ratios})
