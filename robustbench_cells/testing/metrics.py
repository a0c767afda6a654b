"""The rules for a metric."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from robustbench_cells.metrics import METRICS, Comparison, Metric
from robustbench_cells.testing.plugins import (
    check_plugin,
    draw_labels,
    each_rule,
    require,
    require_identifier,
    require_version,
)
from robustbench_cells.types import Masks


def check_scores(metric: Metric, masks: Masks, truth: Masks) -> None:
    """Check the scores of one batch: float64, one for each patch by itself, finite or NaN, inputs untouched."""
    before = masks.copy(), truth.copy()
    scores = metric.score(Comparison(masks, truth))
    found = f"{metric.name}: {getattr(scores, 'dtype', type(scores))} of shape {getattr(scores, 'shape', None)}"
    fits = isinstance(scores, np.ndarray) and scores.dtype == np.float64 and scores.shape == (len(masks),)
    require(fits, f"{found} for {len(masks)} patches; float64 of shape (N,) is needed")
    require(not np.isinf(scores).any(), f"{metric.name}: a score is infinite; NaN says that it is undefined")
    wrong = metric.range.excludes(scores)
    require(not wrong.any(), f"{metric.name}: a score of {scores[wrong][:1]}, but its range is {metric.range}")
    untouched = np.array_equal(masks, before[0]) and np.array_equal(truth, before[1])
    require(untouched, f"{metric.name}: the masks that were given are changed; work on a copy")
    for row in range(len(masks)):
        alone = metric.score(Comparison(masks[row : row + 1], truth[row : row + 1]))
        same = np.array_equal(alone, scores[row : row + 1], equal_nan=True)
        require(same, f"{metric.name}: the score of a patch depends on the others of its batch")


def _declares_what_it_is(metric: Metric) -> None:
    check_plugin(metric)
    require_identifier(metric.name)
    require_version(metric.name, metric.version)
    require(
        metric.pooled in {"mean", "sum", "ratio"},
        f"{metric.name}: pooled {metric.pooled!r}; 'mean', 'sum' or 'ratio' is needed",
    )
    require(
        bool(metric.ratios) == (metric.pooled == "ratio"),
        f"{metric.name}: pooled as {metric.pooled}, with {len(metric.ratios)} `ratios`; a ratio has some, others none",
    )
    for part in {name for ratio in metric.ratios for name in ratio.names}:
        is_count = part in METRICS and METRICS.get(part).pooled == "sum"
        require(is_count, f"{metric.name}: a ratio of {part!r}, which is no metric that is pooled as 'sum'")
    known = metric.best in {"highest", "lowest"} or (metric.best == "nearest" and metric.target in METRICS)
    require(
        known,
        f"{metric.name}: best {metric.best!r}; 'highest', 'lowest', or 'nearest' with the name of a metric as target",
    )


def _scores_each_patch_by_itself(metric: Metric) -> None:
    rng = np.random.default_rng(0)
    for share in (0, 0.1, 1):
        masks, truth = rng.random((5, 20, 30)) < share, rng.random((5, 20, 30)) < 0.3
        masks[-1], truth[-1] = False, False  # empty against empty
        check_scores(metric, masks, truth)


def _is_best_for_the_truth_itself(metric: Metric) -> None:
    truth = draw_labels((80, 90), 1)[None] > 0
    shifted = np.roll(truth, 25, axis=2)
    perfect, other = (float(metric.score(Comparison(masks, truth))[0]) for masks in (truth, shifted))
    figures = f"{metric.name}: the truth itself scores {perfect:g}, the truth shifted by 25 px {other:g}"
    if metric.best == "nearest":
        target = float(METRICS.get(metric.target).score(Comparison(truth, truth))[0])
        require(
            perfect == target, f"{metric.name}: the truth itself scores {perfect:g}, but {metric.target} {target:g}"
        )
    elif metric.best == "highest":
        require(not perfect <= other, f"{figures}, though the highest is best")
    else:
        require(not perfect >= other or perfect == metric.range.low, f"{figures}, though the lowest is best")


def _leaves_out_what_is_not_scored(metric: Metric) -> None:
    rng = np.random.default_rng(1)
    masks, truth = (np.roll(draw_labels((80, 90), 2)[None] > 0, shift, axis=2) for shift in (0, 2))
    masks, truth = (np.concatenate([part, rng.random(part.shape) < 0.3]) for part in (masks, truth))
    kept = truth[:, :, :40]
    expected = metric.score(Comparison(masks[:, :, :40], kept))
    scored = np.zeros(truth.shape, bool)
    scored[:, :, :40] = True
    masks[:, :, 40] = False  # so that none reaches from one part into the other
    found = metric.score(Comparison(masks, truth, scored))
    require(
        np.array_equal(found, expected, equal_nan=True),
        f"{metric.name}: {found} where the right half is not scored, {expected} on the left half alone; count pixels "
        "by comparison.pixels, and take the masks of the comparison as they are",
    )


METRIC_RULES = (
    _declares_what_it_is,
    _scores_each_patch_by_itself,
    _is_best_for_the_truth_itself,
    _leaves_out_what_is_not_scored,
)


def check_metric(metric: Metric) -> None:
    """Check every rule for a metric.

    Parameters
    ----------
    metric
        One object of the class that is registered.

    Raises
    ------
    AssertionError
        If a rule does not hold.

    Examples
    --------
    >>> from robustbench_cells.metrics import METRICS
    >>> check_metric(METRICS.get("jaccard"))
    """
    for rule in METRIC_RULES:
        rule(metric)


class MetricContract:
    """Subclass it in a test file, and set `metric`: a test for each rule.

    Attributes
    ----------
    metric
        One object of the class that is registered.
    """

    metric: Metric

    @each_rule(METRIC_RULES)
    def test_contract(self, rule: Callable[[Metric], None]) -> None:
        """One rule."""
        rule(self.metric)
