"""Which cell went wrong: the cells of every patch under a condition, with what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from robustbench_cells.channels import as_grey
from robustbench_cells.engine.batches import iter_patches, make_batches
from robustbench_cells.engine.checks import prediction_problems
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.evaluate import compare
from robustbench_cells.errors import ModelError, refuse_exits
from robustbench_cells.instances.fates import Fate, find_fates
from robustbench_cells.instances.overlaps import Ints, Overlaps
from robustbench_cells.models.instance_labels import declared_kind
from robustbench_cells.results.manifest import RunSettings
from robustbench_cells.types import Dataset, Image, Labels, Patch, Segmenter

COLUMNS = (
    "model", "artefact", "intensity", "frame", "patch",
    "of", "cell", "row", "column", "area", "fate", "iou", "partner",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class PatchCells:
    """The cells of one patch under a condition.

    Attributes
    ----------
    view
        The patch, before the artefact.
    image
        What the model saw, float32, (H, W), grey levels; of several channels their mean.
    truth, prediction
        Ids of the true and of the predicted cells where they are scored, int32, (H, W), 0 background. Those of the
        prediction are numbered from 1.
    table
        One row per cell, with the columns of `cell_table`.
    """

    view: Patch
    image: Image
    truth: Labels
    prediction: Labels
    table: pd.DataFrame


def iter_cells(
    segmenter: Segmenter, dataset: Dataset, condition: Condition, settings: RunSettings
) -> Iterator[PatchCells]:
    """Predict the patches that a run scores under a condition, and tell what became of their cells.

    Parameters
    ----------
    segmenter
        Segmenter of the run.
    dataset
        Frames of the run.
    condition
        Condition.
    settings
        Seed of the run, its cap on the patches per frame, and what of cells that a patch cuts.

    Raises
    ------
    ModelError
        If a prediction is not valid; and whatever the segmenter raises.
    """
    views = iter_patches(dataset, condition, settings.seed, settings.most_patches)
    for batch in make_batches(views, condition, settings.seed):
        batch.images.flags.writeable = False
        with refuse_exits(segmenter.name):
            prediction = segmenter.predict(batch.images)
        kind = declared_kind(segmenter)
        if problems := [*batch.problems, *prediction_problems(batch.images, prediction, kind)]:
            raise ModelError(f"{segmenter.name}, {condition.name}: {problems[0]}")
        left_out = batch.left_out_cells if settings.edge_cells == "drop" else None
        comparison = compare(segmenter, prediction, batch.labels, left_out)
        patches = zip(
            batch.views, batch.images, comparison.true_instances, comparison.predicted_instances, comparison.overlaps,
            strict=True,
        )  # fmt: skip
        for view, image, truth, predicted, overlaps in patches:
            ids = np.append(0, overlaps.predicted_ids)
            numbered = np.searchsorted(ids, predicted).astype(np.int32)
            table = _table(overlaps, truth, numbered)
            table = table.assign(
                model=segmenter.name,
                artefact=condition.artefact_name,
                intensity=float(condition.intensity),
                frame=view.frame,
                patch=view.index,
            )
            yield PatchCells(view, as_grey(image, truth.ndim), truth, numbered, table[list(COLUMNS)])


def cell_table(patches: Iterable[PatchCells]) -> pd.DataFrame:
    """One row per true cell, and one per predicted cell that matches none.

    Returns
    -------
    pandas.DataFrame
        model, artefact, intensity, frame, patch; of (``truth`` or ``prediction``, whose cell it is), cell (its id),
        row, column (centre, in px from the upper left corner of the patch), area (px that are scored), fate (`Fate`),
        iou (with the cell that it matches, else the largest with any), partner (id of that cell; 0 for none).
    """
    return pd.concat([pd.DataFrame(columns=list(COLUMNS)), *(one.table for one in patches)], ignore_index=True)


def _table(overlaps: Overlaps, truth: Labels, prediction: Labels) -> pd.DataFrame:
    fates = find_fates(overlaps)
    numbers = np.arange(1, len(overlaps.predicted_ids) + 1)
    iou = np.append(overlaps.iou, 0.0)  # the last stands for no pair, -1
    true = _rows(truth, overlaps.true_ids, overlaps.true_areas).assign(
        of="truth",
        fate=list(map(str, fates.true)),
        iou=iou[fates.partner_of_true],
        partner=np.append(numbers[overlaps.of_predicted], 0)[fates.partner_of_true],
    )
    predicted = _rows(prediction, numbers, overlaps.predicted_areas).assign(
        of="prediction",
        fate=list(map(str, fates.predicted)),
        iou=iou[fates.partner_of_predicted],
        partner=np.append(overlaps.true_ids[overlaps.of_true], 0)[fates.partner_of_predicted],
    )
    return pd.concat([true, predicted[predicted["fate"] != Fate.FOUND]], ignore_index=True)


def _rows(labels: Labels, ids: Ints, areas: Ints) -> pd.DataFrame:
    """Id, centre and area of each cell."""
    rows, columns = np.nonzero(labels)
    places = np.searchsorted(ids, labels[rows, columns])
    down, across = (np.bincount(places, weights=axis, minlength=len(ids)) / areas for axis in (rows, columns))
    return pd.DataFrame({"cell": ids, "row": down, "column": across, "area": areas})
