"""Contract and registry of metrics."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from robustbench_cells.instances.components import label_components
from robustbench_cells.instances.matching import matched_pairs
from robustbench_cells.instances.outlines import Distances, find_outlines, outline_distances
from robustbench_cells.instances.overlaps import Overlaps, find_overlaps
from robustbench_cells.instances.rules import INSTANCE_RULES, InstanceRule
from robustbench_cells.registry import Registry
from robustbench_cells.types import Labels, Masks, Ratio, ScoreRange


@dataclass(frozen=True, eq=False)
class Comparison:
    """Predicted and true masks of a batch, and their cells, with the counts that several metrics share.

    Pixels that are not scored are background in both masks, so that a metric which counts foreground needs to know
    nothing of them; one that counts background takes the number of scored pixels from `pixels`.

    Attributes
    ----------
    masks
        Predicted foreground, bool, (N, H, W).
    truth
        True foreground (``labels > 0``), bool, (N, H, W).
    scored
        Pixels that are scored, bool, (N, H, W); None for all.
    predicted_labels
        Ids of the predicted cells, (N, H, W), 0 for background; None where there are masks only: the cells are those
        that the rule makes of them.
    true_labels
        Ids of the true cells, likewise; below 0 where nothing is scored. None for the 8-connected components.
    rule
        Rule by which predicted masks become cells.
    left_out
        Pixels of true cells that do not count as cells of the patch, bool, (N, H, W): to scores of cells they are as
        pixels that are not scored. None for none.
    predicted_everywhere
        Predicted foreground as given, those pixels included that are not scored.
    """

    masks: Masks
    truth: Masks
    scored: Masks | None = None
    predicted_labels: Labels | None = None
    true_labels: Labels | None = None
    rule: InstanceRule = "components"
    left_out: Masks | None = None
    predicted_everywhere: Masks = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "predicted_everywhere", self.masks)
        if self.scored is not None:
            object.__setattr__(self, "masks", self.masks & self.scored)
            object.__setattr__(self, "truth", self.truth & self.scored)

    @cached_property
    def true_positives(self) -> npt.NDArray[np.int64]:
        """True-positive pixels per patch, (N,)."""
        return np.count_nonzero(self.masks & self.truth, axis=(1, 2))

    @cached_property
    def predicted(self) -> npt.NDArray[np.int64]:
        """Predicted foreground pixels per patch, (N,)."""
        return np.count_nonzero(self.masks, axis=(1, 2))

    @cached_property
    def actual(self) -> npt.NDArray[np.int64]:
        """True foreground pixels per patch, (N,)."""
        return np.count_nonzero(self.truth, axis=(1, 2))

    @cached_property
    def pixels(self) -> npt.NDArray[np.int64]:
        """Scored pixels per patch, (N,)."""
        if self.scored is None:
            return np.full(len(self.masks), np.prod(self.masks.shape[1:]), np.int64)
        return np.count_nonzero(self.scored, axis=(1, 2))

    @cached_property
    def _scored_for_cells(self) -> Masks | None:
        """Pixels that count in scores of cells, (N, H, W); None for all."""
        if self.left_out is None:
            return self.scored
        return ~self.left_out if self.scored is None else self.scored & ~self.left_out

    @cached_property
    def true_instances(self) -> Labels:
        """Ids of the true cells where they are scored, 0 elsewhere, (N, H, W)."""
        labels = label_components(self.truth) if self.true_labels is None else self.true_labels
        return np.where(self.truth if self.left_out is None else self.truth & ~self.left_out, labels, 0)

    @cached_property
    def predicted_instances(self) -> Labels:
        """Ids of the predicted cells where they are scored, 0 elsewhere, (N, H, W).

        Without a cell that lies for the most part where nothing is scored, and meets no true cell: its rim would be an
        invented cell. And without one that lies on cells that are left out more than on others.
        """
        everywhere = self.predicted_labels
        if everywhere is None:
            everywhere = INSTANCE_RULES[self.rule](self.predicted_everywhere)
        true = self.true_instances > 0
        if self.left_out is not None:
            patches = zip(everywhere, true, self.left_out, strict=True)
            everywhere = np.stack([_leave_out(*one) for one in patches])
        if self.scored is None:
            return everywhere
        return np.stack([_keep_scored(*one) for one in zip(everywhere, true, self.scored, strict=True)])

    @cached_property
    def overlaps(self) -> tuple[Overlaps, ...]:
        """Overlaps of the true and the predicted cells of each patch, (N,)."""
        return tuple(map(find_overlaps, self.true_instances, self.predicted_instances))

    @cached_property
    def matched_iou(self) -> tuple[npt.NDArray[np.float64], ...]:
        """IoU of the cells that match at 0.5 (see `matched_pairs`), of each patch, (N,)."""
        return tuple(one.iou[matched_pairs(one)] for one in self.overlaps)

    @cached_property
    def outline_distances(self) -> tuple[tuple[Distances, Distances], ...]:
        """Distances of the true and of the predicted outlines of each patch (see `outlines`), (N,)."""
        scored = [None] * len(self.masks) if self._scored_for_cells is None else self._scored_for_cells
        patches = zip(self.true_instances, self.predicted_instances, scored, strict=True)
        return tuple(
            outline_distances(find_outlines(true, at), find_outlines(found, at)) for true, found, at in patches
        )


def _leave_out(labels: Labels, true: Masks, left_out: Masks) -> Labels:
    """The predicted cells of one patch without those that lie on cells that are left out more than on others."""
    on = find_overlaps(np.where(left_out, 1, 2 * true).astype(np.int32), labels)
    pixels = np.zeros((3, len(on.predicted_ids)), np.int64)
    pixels[on.true_ids[on.of_true], on.of_predicted] = on.shared
    lost = on.predicted_ids[pixels[1] > pixels[2]]
    return np.where(left_out | np.isin(labels, lost), 0, labels)


def _keep_scored(labels: Labels, truth: Masks, scored: Masks) -> Labels:
    """The predicted cells of one patch where they are scored; see `Comparison.predicted_instances`."""
    whole = find_overlaps(np.where(scored, labels, 0), labels)
    on_cells = find_overlaps(truth.astype(np.int32), labels).of_predicted
    is_kept = np.zeros(len(whole.predicted_ids), bool)
    is_kept[on_cells] = True
    is_kept[whole.of_predicted] |= 2 * whole.shared >= whole.predicted_areas[whole.of_predicted]
    return np.where(scored & np.isin(labels, whole.predicted_ids[is_kept]), labels, 0)


class Metric(Protocol):
    """A score of predicted masks against the ground truth, per patch.

    Attributes
    ----------
    name
        Column in the tables.
    version
        Number to increase whenever the same masks would score differently.
    pooled
        How the scores of a condition's patches are aggregated. A ``ratio`` is one of sums over the patches (`ratios`):
        a mean over patches would give a patch of one cell the weight of one of a hundred.
    best
        Which value is best: the highest, the lowest, or the one nearest to the metric named by `target`.
    target
        Name of the metric to match where `best` is ``nearest``.
    range
        Values that a score can have: a stored one outside of them is refused as damage.
    ratios
        Of a pooled ratio, what it is the mean of.
    group
        Metrics of a group are computed where one of them is asked for, all of them together; those without a group
        always.
    is_part
        Whether it serves only as a part of ratios: reports show it in no chart or table of its own.
    """

    name: str
    version: int
    pooled: Literal["mean", "sum", "ratio"]
    best: Literal["highest", "lowest", "nearest"]
    target: str = ""
    range: ScoreRange = ScoreRange()
    ratios: tuple[Ratio, ...] = ()
    group: str = ""
    is_part: bool = False

    @abstractmethod
    def score(self, comparison: Comparison) -> npt.NDArray[np.float64]:
        """Score each patch: float64, (N,), within `range`; NaN where the metric is undefined."""
        ...


def score_patches(metric: Metric, comparison: Comparison) -> npt.NDArray[np.float64]:
    """Score each patch, (N,); only a sum is defined where no pixel is scored."""
    with np.errstate(invalid="ignore"):  # 0 / 0, which is overwritten
        scores = metric.score(comparison)
    return np.where(comparison.pixels == 0, np.nan, scores) if metric.pooled != "sum" else scores


METRICS: Registry[Metric] = Registry("robustbench_cells.metrics", "metric", Metric, "robustbench_cells.metrics")


class PooledRatio(Metric):
    """A ratio of counts that are metrics themselves; its score of one patch is the ratio there."""

    pooled = "ratio"
    best: Literal["highest", "lowest"] = "highest"
    range = ScoreRange(0.0, 1.0)

    def score(self, comparison: Comparison) -> npt.NDArray[np.float64]:
        """Divide the counts of each patch; NaN where the denominator is 0."""
        counts = {name: METRICS.get(name).score(comparison) for ratio in self.ratios for name in ratio.names}
        with np.errstate(invalid="ignore", divide="ignore"):
            parts = [weighted_sum(ratio.part, counts) / weighted_sum(ratio.whole, counts) for ratio in self.ratios]
        return np.asarray(sum(np.where(np.isfinite(one), one, np.nan) for one in parts) / len(parts))


def weighted_sum(
    weights: Mapping[str, float], values: Mapping[str, npt.NDArray[np.float64]]
) -> npt.NDArray[np.float64]:
    """Sum of the named values, each times its weight."""
    return np.asarray(sum(weight * values[name] for name, weight in weights.items()))


def metrics_of(asked: Collection[str], *, cells: bool = False) -> tuple[Metric, ...]:
    """The metrics of a run: those without a group, and the whole group of each that is asked for by name.

    Parameters
    ----------
    asked
        Names of metrics.
    cells
        Whether cells as instances are scored in any case.

    Raises
    ------
    UnknownNameError
        If there is no such metric.
    """
    groups = {"", *(METRICS.get(name).group for name in asked), *(["instances"] if cells else [])}
    return tuple(metric for metric in METRICS if metric.group in groups)
