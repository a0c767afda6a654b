"""A run on objects: data, models and artefacts of a running program."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from numbers import Integral
from pathlib import Path
from typing import Any

from robustbench_cells.api.artefact_texts import add_together, parse_together
from robustbench_cells.api.cells import cells_of_run
from robustbench_cells.api.examples import render_report_examples
from robustbench_cells.api.given_objects import open_given_data, open_given_models
from robustbench_cells.api.request import (
    default_block,
    margin_of,
    require_block,
    require_edge_cells,
    require_floor,
    require_pixel_size,
)
from robustbench_cells.api.result import BenchmarkResult
from robustbench_cells.engine.checks import require_room
from robustbench_cells.engine.evaluate import GridCell
from robustbench_cells.engine.grid import find_profile, make_conditions, resolve_grid
from robustbench_cells.engine.measured import measured_artefacts
from robustbench_cells.engine.progress import Progress
from robustbench_cells.engine.refine import refine as bisect_brackets
from robustbench_cells.engine.run import BenchmarkRun
from robustbench_cells.engine.together import combine
from robustbench_cells.errors import BenchmarkWarning, GridError, ModelError
from robustbench_cells.metrics import metrics_of
from robustbench_cells.models.instance_labels import declared_kind
from robustbench_cells.models.isolation.wall import Wall
from robustbench_cells.models.on_demand import load_all
from robustbench_cells.results.limits import require_size
from robustbench_cells.results.manifest import RunSettings
from robustbench_cells.results.record_cache import RecordCache
from robustbench_cells.types import EdgeCells, Segmenter

Grid = Mapping[str, Sequence[float] | None]


def benchmark(
    models: Any,
    data: Any,
    artefacts: Grid | Iterable[str] | str | None = None,
    *,
    together: Iterable[str] | str = (),
    profile: str = "default",
    seed: int = 0,
    cache: str | Path | None = None,
    block: int | None = None,
    floor: float | None = None,
    pixel_size: float | None = None,
    refine: bool = False,
    trust_models: bool = False,
    isolate: bool = True,
    model_seconds: float = Wall.seconds,
    model_memory: float = Wall.memory,
    model_env: Sequence[str] = (),
    metrics: Sequence[str] = (),
    edge_cells: EdgeCells = "keep",
    progress: bool = True,
) -> BenchmarkResult:
    """Measure how models degrade under artefacts.

    Parameters
    ----------
    models
        A model, or models by name: a function from float32 (N, 256, 256) grey levels to probabilities or booleans of
        the same shape, or to integers (labels, an id per cell), an object with such a method ``predict``, the name of a
        shipped model or a baseline, or a file.
    data
        From `from_arrays` or `open_dataset`, or what `open_dataset` takes.
    artefacts
        Intensities of each artefact, or None for the profile's; names alone; by default the profile's whole grid. The
        clean patches are always there.
    together
        Pairs of artefacts to run at once, in the order in which they are written, beside the rest of the grid: one is
        at the intensity that is given, the other at those of the profile or those given, as in
        ``"vignetting=40+shot_noise"`` or ``"vignetting=40+shot_noise=30,100"``.
    profile
        ``quick``, ``default`` or ``paper``: its intensities, and its cap on the patches per frame.
    seed
        Seed of patches and artefacts.
    cache
        File in which every record is kept, and looked up before it is computed: an interrupted call resumes. Without
        one nothing is kept.
    block
        Consecutive frames that count as one in intervals; by default 5 of a sequence, else 1.
    floor
        Mean Jaccard score that every model must keep: the limit of break-points, the same for all models; by default
        90 % of the best clean score.
    pixel_size
        Side of a pixel of the frames in µm, for µm beside px in reports; no number depends on it.
    refine
        Whether the bracket of each break-point is bisected until it is narrower than a tenth of its value, or than what
        the frames leave open. The intensities that this adds count for curves and break-points, and for no mean over
        the grid.
    trust_models
        Whether model files may run code of their own.
    isolate
        Whether models that are given by a file or a reference run in processes of their own, within limits. Functions
        and objects run in this process.
    model_seconds
        Time that loading such a model, and each batch of 16 patches, may take.
    model_memory
        Memory that such a model may take, in GiB.
    model_env
        Names of environment variables that the processes of models inherit besides those that docs/models.md lists.
    metrics
        Names of further scores to compute: ``["ap50"]`` brings all of cells, which models that give labels always have.
    edge_cells
        ``keep``, or ``drop``: true cells whose larger part lies outside of their patch are in no score of cells.
    progress
        Whether a progress bar is shown.

    Returns
    -------
    BenchmarkResult
        Scores of every model, and of ``background``, which predicts no cell anywhere.

    Raises
    ------
    RobustbenchError
        If a model, the data, an artefact or an intensity is not usable; nothing has run then. Also if no model gave
        any result. A model that fails under some conditions is left out there, with a `BenchmarkWarning`.

    Examples
    --------
    >>> import robustbench_cells as rb
    >>> data = rb.open_dataset("synthetic", frames=2)
    >>> result = rb.benchmark({"bright": lambda images: images > 150}, data, {"noise": [0, 50]}, progress=False)
    >>> result.curve("noise", "jaccard")["intensity"].tolist()
    [0.0, 50.0, 0.0, 50.0]
    """
    _require_whole(seed=seed, block=block)
    require_block(block)
    require_floor(floor)
    require_pixel_size(pixel_size)
    pairs = parse_together(together, "together")
    chosen = add_together(_chosen(artefacts), pairs)
    selection = open_given_data(data)
    find_profile(profile)
    own = [*measured_artefacts(selection.measured_axes), *combine(pairs, profile)]
    grid = resolve_grid(profile, chosen, own)
    conditions = make_conditions(profile, grid, own)
    wall = Wall(isolate, model_seconds, model_memory, tuple(model_env))
    segmenters = open_given_models(models, selection.channels, trusted=trust_models, wall=wall)
    labels = any(declared_kind(one) == "labels" for one in segmenters.values())
    scores = metrics_of([metrics] if isinstance(metrics, str) else metrics, cells=labels)
    require_edge_cells(edge_cells, scores)
    settings = RunSettings(
        profile=profile,
        seed=seed,
        most_patches=find_profile(profile).most_patches,
        block=default_block(selection) if block is None else block,
        dataset=selection.title,
        frames=len(selection.frames),
        margin=margin_of(selection.key),
        ignore_label=selection.ignore_label,
        channel=selection.channel,
        models=tuple(segmenters),
        trust_model=trust_models,
        grids=grid,
        floor=floor,
        pixel_size=pixel_size,
        edge_cells=edge_cells,
    )
    command = f"robustbench_cells.benchmark({list(segmenters)}, {selection.title!r}, {artefacts=}, seed={seed})"
    require_size(segmenters, conditions=len(conditions), metrics=len(scores), frames=len(selection.frames))
    require_room(selection, conditions)
    with ExitStack() as stack:
        path = Path(cache) if cache else Path(stack.enter_context(tempfile.TemporaryDirectory())) / "records.sqlite"
        if not path.exists():  # a mistake leaves no file
            load_all(segmenters.values())
        run = BenchmarkRun(
            selection=selection,
            segmenters=segmenters,
            grid=conditions,
            wanted={condition.name: list(segmenters) for condition in conditions},
            settings=settings,
            metrics=scores,
            grid_size=len(conditions) * len(segmenters),
            cache=RecordCache(path),
        )
        stack.callback(run.close)
        run.load_models()
        if progress:
            run.on_progress = _show_bar(stack, run)
        failed: dict[tuple[str, str], Exception] = {}
        cells = [_cell(run, condition.name, name, failed) for condition in conditions for name in segmenters]
        if refine:
            cells += [_cell(run, one.condition, one.segmenter, failed) for one in bisect_brackets(run, cells)]
        results = run.results(cells, run.timing, command)
    _report_failures(failed, segmenters)
    if results is None:
        raise ModelError(f"no model gave any result: {next(iter(failed.values()))}")
    return BenchmarkResult(
        results, failed, _render=partial(render_report_examples, run, results), _cells=partial(cells_of_run, run)
    )


def _chosen(artefacts: Grid | Iterable[str] | str | None) -> Grid:
    if artefacts is None:
        return {}
    if isinstance(artefacts, str):
        return {artefacts: None}
    names = list(artefacts) if isinstance(artefacts, Iterable) else [artefacts]
    if wrong := [name for name in names if not isinstance(name, str)]:
        raise GridError(
            f"artefacts: {type(wrong[0]).__name__} is no name; give names, as in ['noise'], or intensities by name, as "
            "in {'noise': [10, 50]}"
        )
    if not isinstance(artefacts, Mapping):
        return dict.fromkeys(names)
    return {name: None if levels is None else _levels(name, levels) for name, levels in artefacts.items()}


def _require_whole(**numbers: object) -> None:
    for name, number in numbers.items():
        if number is not None and not isinstance(number, Integral):
            raise TypeError(f"{name}: {number!r} is {type(number).__name__}; a whole number is needed")


def _levels(name: str, levels: Any) -> list[float]:
    try:
        if isinstance(levels, str):
            raise TypeError
        return [float(level) for level in levels]
    except (TypeError, ValueError) as error:
        raise GridError(f"artefacts: {name!r} has {levels!r}; a list of intensities or None is needed") from error


def _cell(run: BenchmarkRun, condition: str, name: str, failed: dict[tuple[str, str], Exception]) -> GridCell:
    outcome = run.outcome(condition, name)
    if not outcome.valid:
        failed[name, condition] = outcome.error or ModelError(f"{name}: {'; '.join(outcome.problems)}")
    return run.cells[name, condition]


def _report_failures(failed: Mapping[tuple[str, str], Exception], segmenters: Mapping[str, Segmenter]) -> None:
    for name in segmenters:
        conditions = [condition for model, condition in failed if model == name]
        if conditions:
            error = failed[name, conditions[0]]
            warnings.warn(
                f"{name} failed under {', '.join(conditions)} and is left out there; first error: "
                f"{type(error).__name__}: {error} (all of them: result.failed)",
                BenchmarkWarning,
                stacklevel=3,
            )


def _show_bar(stack: ExitStack, run: BenchmarkRun) -> Callable[[Progress], None]:
    from tqdm.auto import tqdm

    bar: Any = stack.enter_context(tqdm(total=run.patch_count, unit="patch"))
    finished: dict[str, int] = {}

    def show(progress: Progress) -> None:
        bar.total = run.patch_count
        finished[progress.condition] = progress.done
        bar.set_description(progress.condition, refresh=False)
        bar.update(sum(finished.values()) - bar.n)

    return show
