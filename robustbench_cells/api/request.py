"""What a user asks for, in names, and the run that it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from pathlib import Path
from typing import get_args

from robustbench_cells.artefacts import Artefact
from robustbench_cells.datasets.measured_axes import read_measured_axes
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.checks import require_room
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.grid import find_profile, make_conditions, resolve_grid
from robustbench_cells.engine.measured import measured_artefacts
from robustbench_cells.engine.progress import Progress
from robustbench_cells.engine.run import BenchmarkRun
from robustbench_cells.engine.together import Together, combine
from robustbench_cells.errors import ClusterError, DataError
from robustbench_cells.metrics import Metric, metrics_of
from robustbench_cells.models.declared_channels import resolve_channel
from robustbench_cells.models.isolation.wall import Wall
from robustbench_cells.models.loading import gives_labels, require_segmenter, segmenter_sources
from robustbench_cells.models.on_demand import load_all
from robustbench_cells.models.opening import open_segmenters
from robustbench_cells.results.intervals import BLOCK
from robustbench_cells.results.limits import require_size
from robustbench_cells.results.manifest import RunSettings
from robustbench_cells.results.record_cache import RecordCache
from robustbench_cells.types import EdgeCells


@dataclass(frozen=True)
class Request:
    """The options of a run; each field is an option of the pytest plugin.

    Attributes
    ----------
    dataset, split
        Name, folder or files of the data set, and its split (None for its own).
    models
        Names and files of the models; empty for all shipped ones and all baselines.
    profile
        Name of the profile.
    artefacts
        Intensities of each artefact, None for the profile's; empty for the whole grid.
    together
        Pairs of artefacts that can be combined, beside those of the profile.
    frames
        Number of frames, evenly spread; None for the profile's.
    seed
        Seed of patches and artefacts.
    margin
        Pixels left out at each border.
    white_level
        White value of 16-bit files.
    ignore_label
        Value of mask pixels that are in no score.
    channel
        Channel to take of images that have several, or colours; ``all`` for those that the models name; None for grey.
    block
        Consecutive frames that count as one in intervals; None for the data set's default.
    trust_model
        Whether models may run code of their own.
    pixel_size
        Side of a pixel of the frames in µm; None where it is not known. Reports show lengths in µm with it.
    floor
        Mean Jaccard score that every model must keep; None for 90 % of the best clean score.
    refine
        Whether brackets of break-points are bisected.
    refined
        Intensities of each artefact that a baseline added in this way: they are among those of `artefacts`.
    metrics
        Names of metrics to compute, each with its group, besides those that every run computes.
    edge_cells
        Whether true cells whose larger part lies outside of their patch count in scores of cells.
    wall
        Limits of the models that the user brings.
    """

    dataset: str = "synthetic"
    split: str | None = None
    models: tuple[str, ...] = ()
    profile: str = "default"
    artefacts: Mapping[str, Sequence[float] | None] = field(default_factory=dict)
    together: tuple[Together, ...] = ()
    frames: int | None = None
    seed: int = 0
    margin: int = 0
    white_level: int | None = None
    ignore_label: int | None = None
    channel: str | None = None
    block: int | None = None
    trust_model: bool = False
    pixel_size: float | None = None
    floor: float | None = None
    refine: bool = False
    refined: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    edge_cells: EdgeCells = "keep"
    wall: Wall = field(default_factory=Wall)

    @cached_property
    def grid(self) -> dict[str, tuple[float, ...]]:
        """Intensities of each artefact; an unknown name or a meaningless intensity raises."""
        find_profile(self.profile)
        return resolve_grid(self.profile, self.artefacts, self.own_artefacts)

    @cached_property
    def own_artefacts(self) -> list[Artefact]:
        """Artefacts of this run alone: measured axes of the data set, and what is combined on request."""
        measured = measured_artefacts(read_measured_axes(self.dataset, self.split))
        return [*measured, *combine(self.together, self.profile)]

    @cached_property
    def conditions(self) -> list[Condition]:
        """Every condition of the grid, clean first."""
        return make_conditions(self.profile, self.grid, self.own_artefacts)

    @cached_property
    def scores(self) -> tuple[Metric, ...]:
        """The metrics of the run; a model that gives labels is scored by its cells, unasked."""
        return metrics_of(self.metrics, cells=any(map(gives_labels, self.sources.values())))

    @cached_property
    def sources(self) -> dict[str, str]:
        """The name of each segmenter, and the name or file that it is loaded from."""
        return segmenter_sources(self.models)


def open_request(
    request: Request,
    wanted: Mapping[str, Sequence[str]],
    cache: Path,
    *,
    share_batches: bool = True,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_wait: Callable[[str], None] = lambda line: None,
) -> BenchmarkRun:
    """Open the data set, the wanted models and the cache.

    Models are loaded if there is no cache yet; else `BenchmarkRun.load_models` loads those that it lacks records of.

    Parameters
    ----------
    request
        Options of the run.
    wanted
        Names of the segmenters under each condition, by the condition's name.
    cache
        File of the record cache.
    share_batches, on_progress, on_wait
        See `BenchmarkRun`.

    Raises
    ------
    RobustbenchError
        If anything that the request names is missing or not usable.
    """
    require_block(request.block)
    require_floor(request.floor)
    require_pixel_size(request.pixel_size)
    names = dict.fromkeys(name for segmenters in wanted.values() for name in segmenters)
    sources = {name: request.sources[name] for name in names}
    for source in sources.values():  # before frames and models take their time
        require_segmenter(source)
    require_edge_cells(request.edge_cells, request.scores)
    selection = _open_selection(request, resolve_channel(request.channel, sources))
    require_size(names, conditions=len(wanted), metrics=len(request.scores), frames=len(selection.frames))
    require_room(selection, [one for one in request.conditions if one.name in wanted])
    segmenters = open_segmenters(sources, trusted=request.trust_model, wall=request.wall)
    if not cache.exists():
        load_all(segmenters.values())
    return BenchmarkRun(
        selection=selection,
        segmenters=segmenters,
        grid=request.conditions,
        wanted=wanted,
        settings=make_settings(request, selection),
        grid_size=len(request.conditions) * len(request.sources),
        metrics=request.scores,
        cache=RecordCache(cache),  # last, so that a mistake leaves no file
        share_batches=share_batches,
        on_progress=on_progress,
        on_wait=on_wait,
    )


def use_cluster(run: BenchmarkRun, request: Request, address: str, patches: int) -> None:
    """Have a run computed by the workers of a Dask scheduler, in tasks of at most so many patches.

    Raises
    ------
    ClusterError
        If there is no scheduler, or its workers cannot be used.
    """
    try:
        from robustbench_cells.engine.dask_backend import DaskBackend
        from robustbench_cells.engine.dask_worker import PackedModel
    except ModuleNotFoundError as error:
        raise ClusterError(f"a Dask cluster needs {error.name}: pip install 'robustbench-cells[dask]'") from error
    models = {
        name: PackedModel.of(request.sources[name], segmenter, trusted=request.trust_model)
        for name, segmenter in run.segmenters.items()
    }
    run.backend = DaskBackend(address, run.selection, models, patches, request.wall)


def make_settings(request: Request, selection: Selection) -> RunSettings:
    """The settings that are stored of a request."""
    block = request.block if request.block is not None else default_block(selection)
    return RunSettings(
        dataset=request.dataset,
        split=request.split,
        models=request.models,
        profile=request.profile,
        frames=request.frames,
        seed=request.seed,
        margin=request.margin,
        white_level=request.white_level,
        ignore_label=request.ignore_label,
        channel=request.channel,
        trust_model=request.trust_model,
        most_patches=find_profile(request.profile).most_patches,
        block=block,
        grids={
            name: tuple(x for x in levels if x not in request.refined.get(name, ()))
            for name, levels in request.grid.items()
        },
        floor=request.floor,
        pixel_size=request.pixel_size,
        refined=request.refined,
        edge_cells=request.edge_cells,
    )


def default_block(selection: Selection) -> int:
    """Frames per block where the user names none: neighbours of a sequence are alike, other frames are not."""
    return BLOCK if selection.sequence else 1


def margin_of(key: str) -> int:
    """The margin in pixels that the key of a data set names."""
    return int(key.partition("/margin=")[2] or 0)


def require_block(block: int | None) -> None:
    """Refuse a block of less than one frame."""
    if block is not None and block < 1:
        raise DataError(f"blocks of {block} frames: 1 or more is needed")


def require_edge_cells(edge_cells: str, scores: Sequence[Metric]) -> None:
    """Refuse what is neither of the two rules, and a rule that would change none of the scores."""
    if edge_cells not in get_args(EdgeCells):
        raise DataError(f"edge cells {edge_cells!r}: keep or drop is needed")
    if edge_cells == "drop" and not any(metric.group for metric in scores):
        raise DataError(
            "edge cells 'drop': changes the scores of cells alone, and none is computed; ask for them "
            '(--rb-metric=ap50, in Python metrics=["ap50"]), or keep the cells at the edge'
        )


def require_floor(floor: float | None) -> None:
    """Refuse a limit that no mean Jaccard score can be above and below."""
    if floor is not None and not 0 < floor <= 1:
        raise DataError(f"a floor of {floor:g}: a Jaccard score between 0 and 1 is needed, as in 0.7")


def require_pixel_size(size: float | None) -> None:
    """Refuse a pixel that no frame can have."""
    if size is not None and not 0 < size < inf:
        raise DataError(f"a pixel size of {size:g} µm: the side of a pixel of the frames is needed, as in 1.6")


def _open_selection(request: Request, channel: str | tuple[str, ...] | None) -> Selection:
    return open_dataset(
        request.dataset,
        request.split,
        margin=request.margin,
        frames=find_profile(request.profile).most_frames if request.frames is None else request.frames,
        white_level=request.white_level,
        ignore_label=request.ignore_label,
        channel=channel,
    )
