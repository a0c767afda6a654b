"""What became of the cells of the example patches: outlines, words, and a table of the worst cells."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from robustbench_cells.instances.fates import CellFates, Fate, find_fates
from robustbench_cells.instances.outlines import find_outlines
from robustbench_cells.instances.overlaps import Ints, Overlaps, find_overlaps
from robustbench_cells.instances.rules import INSTANCE_RULES
from robustbench_cells.reporting.data_uris import FATE_COLOURS, encode_outlines
from robustbench_cells.reporting.lost_cells import has_cells
from robustbench_cells.results.example_patches import ExamplePatches, ExampleView
from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN, REFERENCE, Labels, condition_name

FATES = tuple(FATE_COLOURS)


@dataclass(frozen=True, eq=False)
class PatchFates:
    """The cells of one example patch as a model predicts them.

    Attributes
    ----------
    truth, prediction
        Ids of the true and of the predicted cells, (H, W), 0 background.
    """

    truth: Labels
    prediction: Labels

    @cached_property
    def overlaps(self) -> Overlaps:
        """Overlaps of the cells."""
        return find_overlaps(self.truth, self.prediction)

    @cached_property
    def fates(self) -> CellFates:
        """Fate of each cell."""
        return find_fates(self.overlaps)

    @cached_property
    def text(self) -> str:
        """Number of cells of each fate: those of the true ones, and the invented ones."""
        counts = Counter([*self.fates.true, *(fate for fate in self.fates.predicted if fate is Fate.INVENTED)])
        return ", ".join(f"{fate} {counts[fate]}" for fate in FATES if counts[fate]) or "no cells"

    @cached_property
    def picture(self) -> str:
        """A data URI of the outlines."""
        return encode_outlines(self.outlines())

    def outlines(self) -> npt.NDArray[np.uint8]:
        """The fate of the cell whose outline a pixel is of, numbered from 1 as in `FATES`, (H, W); 0 elsewhere.

        Outlines of true cells are whole. Those of predicted cells that are not found are dotted, and lie below.
        """
        truth, prediction, overlaps = self.truth, self.prediction, self.overlaps
        dots = np.add.outer(*map(np.arange, truth.shape)) % 2 == 0
        predicted = _numbers(prediction, overlaps.predicted_ids, self.fates.predicted)
        drawn = np.where(dots & find_outlines(prediction) & (predicted > 1), predicted, 0)
        return np.where(find_outlines(truth), _numbers(truth, overlaps.true_ids, self.fates.true), drawn)


def _numbers(labels: Labels, ids: Ints, fates: tuple[Fate, ...]) -> npt.NDArray[np.uint8]:
    """Number of the fate of each pixel's cell."""
    numbers = np.array([0, *(1 + FATES.index(fate) for fate in fates)], np.uint8)
    return numbers[np.searchsorted(np.append(0, ids), np.maximum(labels, 0))]


def patch_fates(examples: ExamplePatches, results: Results) -> Mapping[str, list[PatchFates | None]]:
    """What became of the cells of each view, by segmenter; empty where the run did not score cells.

    None where the view is the failure of another segmenter. A segmenter is left out where nothing tells how its cells
    are told apart.
    """
    if not has_cells(results) or examples.true_labels is None:
        return {}
    found = {}
    for name, masks in examples.masks.items():
        labels = examples.labels.get(name)
        rule = INSTANCE_RULES.get(results.run.instances.get(name, ""))  # type: ignore[call-overload]  # any text
        if name != REFERENCE and (labels is not None or rule):
            found[name] = [
                PatchFates(truth, labels[number] if labels is not None else rule(masks[number : number + 1])[0])
                if view.failure_of in ("", name)
                else None
                for number, (view, truth) in enumerate(zip(examples.views, examples.true_labels, strict=True))
            ]
    return found


@dataclass(frozen=True)
class WorstCell:
    """A cell that a model lost.

    Attributes
    ----------
    model, condition, frame, patch
        Where it was lost.
    cell
        Its id: that of the labels, or the number of the predicted cell if it is invented.
    fate, area, iou
        What became of it, its area in px, and the largest IoU with a cell of the other side.
    """

    model: str
    condition: str
    frame: str
    patch: int
    cell: int
    fate: Fate
    area: int
    iou: float


def worst_cells(fates: Mapping[str, list[PatchFates | None]], examples: ExamplePatches) -> list[WorstCell]:
    """The worst cells of each model on its clean example patch and its worst patches within the trusted range.

    Of the true cells of each fate but found, and of the invented cells, the one with the lowest IoU, the largest of
    those.
    """
    table = []
    for name, patches in sorted(fates.items()):
        cells = [
            cell
            for view, patch in zip(examples.views, patches, strict=True)
            if patch and (view.artefact == CLEAN or view.failure_of == name)
            for cell in _lost(name, view, patch)
        ]
        for fate in FATES:
            own = [cell for cell in cells if cell.fate is fate]
            table += sorted(own, key=lambda cell: (cell.iou, -cell.area))[:1]  # the first view of equal ones
    return table


def _lost(model: str, view: ExampleView, patch: PatchFates) -> Iterator[WorstCell]:
    overlaps, fates = patch.overlaps, patch.fates
    iou = np.append(overlaps.iou, 0.0)  # the last stands for no pair, -1
    numbers = np.arange(1, len(overlaps.predicted_ids) + 1)
    true = zip(fates.true, overlaps.true_ids, overlaps.true_areas, iou[fates.partner_of_true], strict=True)
    predicted = zip(fates.predicted, numbers, overlaps.predicted_areas, iou[fates.partner_of_predicted], strict=True)
    condition = condition_name(view.artefact, view.intensity)
    for fate, cell, area, share in (*true, *(one for one in predicted if one[0] is Fate.INVENTED)):
        if fate is not Fate.FOUND:
            yield WorstCell(model, condition, view.frame, view.patch, int(cell), fate, int(area), float(share))


def all_cells_command(results: Results, cell: WorstCell) -> str:
    """The command that writes every cell of a condition; the call for a run in Python, whose frames no option names."""
    if results.run.settings.dataset in ("", results.run.dataset.title):
        return f"result.cells({cell.model!r}, {cell.condition!r})"
    trusted = " --trust-model" if results.run.settings.trust_model else ""
    parts = ["robustbench-cells", "results", "failures", "--model", cell.model, "--condition", cell.condition]
    return f"{shlex.join(parts)}{trusted} --out failures/"
