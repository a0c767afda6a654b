"""Which cell went wrong: a table of a run in memory, or files beside the frames of a stored one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from robustbench_cells.api.baseline_request import follow_baseline
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.paired_writer import file_names
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.cell_table import PatchCells, cell_table, iter_cells
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.run import BenchmarkRun
from robustbench_cells.errors import DataError, ModelError, ResultsError, UnknownNameError
from robustbench_cells.files.atomic import new_folder
from robustbench_cells.files.csv_tables import escape_formula
from robustbench_cells.instances.fates import Fate
from robustbench_cells.models.declared_channels import resolve_channel
from robustbench_cells.models.isolation.wall import Wall
from robustbench_cells.models.loading import segmenter_sources
from robustbench_cells.models.on_demand import release_all
from robustbench_cells.models.opening import open_segmenters
from robustbench_cells.registry import unknown
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.storage import load
from robustbench_cells.types import Segmenter

_MOST = 65535  # label of 16 bits, which every program shows
TABLE = "cells.csv"


def cells_of_run(run: BenchmarkRun, model: str, condition: str) -> pd.DataFrame:
    """The cells of a model under a condition of a run in memory; see `cell_table`.

    Raises
    ------
    UnknownNameError
        If the run has no such model or condition.
    ModelError
        If the model fails.
    """
    segmenter = _find(run.segmenters, model, "model of this run")
    conditions = {one.name: one for one in run.grid}
    chosen = _find(conditions, condition, "condition of this run")
    try:
        return cell_table(iter_cells(segmenter, run.selection, chosen, run.settings))
    finally:
        release_all([segmenter])


@dataclass(frozen=True)
class CellFiles:
    """What was written: a folder, the numbers of patches and of their cells, and how many cells were not found."""

    folder: Path
    patches: int
    cells: int
    lost: int


def write_failures(
    reports: Path,
    model: str,
    conditions: Sequence[str],
    out: Path,
    *,
    dataset: str | None = None,
    source: str | None = None,
    trusted: bool = False,
    on_patch: Callable[[str], None] = lambda condition: None,
) -> CellFiles:
    """Predict the patches of a stored run again, and write what became of each cell.

    `cells.csv` has the rows of `cell_table`, with the files of each patch. A patch with a cell that was not found has
    three TIFF files in the folder of its condition: the image as the model saw it, and 16-bit labels of the true and of
    the predicted cells, whose values are the ids of the table.

    Parameters
    ----------
    reports
        Folder of the stored run.
    model
        Name of a model of the run.
    conditions
        Names of its conditions, such as ``clean`` or ``defocus-4``.
    out
        Folder to write, which must not exist; it appears when it is whole.
    dataset, source
        Data set and model, where they are not what the run was given.
    trusted
        Whether the model may execute its own code.
    on_patch
        Called with the name of the condition after each patch.

    Raises
    ------
    RobustbenchError
        If the run is missing or damaged; its frames or the model have changed since; or something that is named does
        not exist.
    """
    if out.exists() or out.is_symlink():
        raise DataError(f"{out}: exists already; remove it, or give another folder")
    run = load(reports).run
    _find(run.segmenters, model, f"model of the run in {reports}")
    selection, found = _open_frames(run, reports, dataset)
    chosen = [_find(found, name, f"condition of the run in {reports}") for name in dict.fromkeys(conditions)]
    for condition in chosen:
        _require_same_version(run, reports, condition)
    segmenter = _open_model(run, model, source, trusted=trusted)
    try:
        with new_folder(out) as folder:
            tables, patches = [], 0
            for condition in chosen:
                names = file_names(selection.frames)
                for patch in iter_cells(segmenter, selection, condition, run.settings):
                    is_found = (patch.table["fate"] == Fate.FOUND).all()
                    stem = "" if is_found else f"{condition.name}/{names[patch.view.frame]}-{patch.view.index}"
                    if stem:
                        _write_images(folder / stem, patch)
                    tables.append(patch.table.assign(files=stem))
                    patches += 1
                    on_patch(condition.name)
            table = pd.concat(tables, ignore_index=True)
            texts = {name: table[name].map(escape_formula) for name in ("model", "frame", "files")}
            table.assign(**texts).round({"row": 2, "column": 2, "iou": 4}).to_csv(folder / TABLE, index=False)
    finally:
        release_all([segmenter])
    return CellFiles(out, patches, len(table), int((table["fate"] != Fate.FOUND).sum()))


def _find(named: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in named:
        raise UnknownNameError(unknown(name, what, named))
    return named[name]


def _open_frames(run: RunManifest, reports: Path, dataset: str | None) -> tuple[Selection, Mapping[str, Condition]]:
    """The frames of a run, and its conditions by name."""
    settings = run.settings
    where = dataset or settings.dataset
    if not where:
        raise ResultsError(
            f"{reports}: the run does not say where its frames are ({run.dataset.title}), as one of arrays in memory; "
            "give --dataset, or ask the result in Python: result.cells(model, condition)"
        )
    request = follow_baseline({"dataset": where}, run)
    selection = open_dataset(
        where,
        settings.split,
        margin=settings.margin,
        frames=len(run.dataset.frames),
        white_level=settings.white_level,
        ignore_label=settings.ignore_label,
        channel=resolve_channel(settings.channel, segmenter_sources(settings.models)) if settings.channel else None,
    )
    if selection.fingerprint != run.dataset.fingerprint:
        raise DataError(
            f"{selection.title}: are not the frames of the run in {reports} ({run.dataset.title}), or have changed "
            "since; run the benchmark again, or give its data set by --dataset"
        )
    return selection, {one.name: one for one in request.conditions}


def _require_same_version(run: RunManifest, reports: Path, condition: Condition) -> None:
    """Refuse a condition whose patches would not be those that the run scored."""
    info = run.artefacts.get(condition.artefact_name)
    if info is not None and info.version != condition.version:
        raise ResultsError(
            f"{reports}: its {condition.artefact_name} is of version {info.version}, and the one here of "
            f"{condition.version}, which distorts otherwise: the cells would not be those that were scored; run the "
            "benchmark again"
        )


def _open_model(run: RunManifest, model: str, source: str | None, *, trusted: bool) -> Segmenter:
    given = follow_baseline({"dataset": run.settings.dataset, "models": run.settings.models}, run).sources
    where = source or given.get(model)
    if where is None:
        raise ModelError(f"{model}: the run does not say what it was loaded from; give its file by --source")
    segmenter = open_segmenters({model: where}, trusted=trusted, wall=Wall())[model]
    if segmenter.digest != run.segmenters[model]:
        raise ModelError(f"{where}: is not the {model} of the run, or has changed since; run the benchmark again")
    return segmenter


def _write_images(stem: Path, patch: PatchCells) -> None:
    """Write the image of a patch and the labels of both sides."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    for name, labels in (("truth", patch.truth), ("prediction", patch.prediction)):
        if labels.max() > _MOST:
            raise DataError(
                f"frame {patch.view.frame}: the cell id {labels.max()} does not fit into labels of 16 bits; number "
                "cells from 1"
            )
        _write(stem.with_name(f"{stem.name}.{name}.tif"), labels.astype(np.uint16))
    _write(stem.with_name(f"{stem.name}.image.tif"), np.rint(patch.image).astype(np.uint8))


def _write(path: Path, pixels: npt.NDArray[Any]) -> None:
    path.write_bytes(bytes(cv2.imencode(".tif", pixels)[1]))
