"""Runs with the counts of cells that the scores of instances are ratios of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from robustbench_cells.metrics import metrics_of
from robustbench_cells.results.manifest import MetricInfo, RunManifest
from robustbench_cells.results.tables import Results

GROUP = [metric for metric in metrics_of(["ap50"]) if metric.group]
COUNTS = [metric.name for metric in GROUP if metric.pooled == "sum"]


def with_cells(results: Results, worse: float = 0.0, seed: int = 0) -> Results:
    """The same run with counts of cells in each patch, of which a share is lost; patches differ in their number."""
    table, rng = results.records, np.random.default_rng(seed)
    own = np.random.default_rng(1)  # of the truth, which is the same in each run
    true = pd.Series(own.integers(0, 40, len(table)), table.index).astype(float)
    keep = np.where(table["segmenter"] == "background", 0.0, 0.8 - worse)
    lost = {name: rng.binomial(true.astype(int), share) for name, share in (("merged", 0.02), ("split", 0.01))}
    counts = pd.DataFrame(0.0, table.index, COUNTS)
    for name in COUNTS:
        if name.startswith(("matched", "held", "outline_found", "outline_right")):
            counts[name] = np.floor(true * keep)
    counts = counts.assign(
        instances_true=true,
        instances_predicted=np.floor(true * (keep > 0)),
        outline_true=true,
        outline_predicted=true,
        count_difference=true - np.floor(true * keep),
        missed=true - np.floor(true * keep),
        invented=np.floor(true * worse),
        merged=lost["merged"] + np.floor(true * worse),
        split=lost["split"] + np.floor(true * worse),
    )
    scores = pd.DataFrame({metric.name: 0.5 for metric in GROUP if metric.pooled == "ratio"}, table.index)
    scores["hd95"] = np.where(keep > 0, 3.0 + 20 * worse, np.nan)
    described = {
        one.name: MetricInfo(
            one.version, one.pooled, one.best, one.target, one.range, one.ratios, one.group, one.is_part
        )
        for one in GROUP
    }
    run = replace(results.run, metrics={**results.run.metrics, **described})
    return Results(table.join(counts).join(scores), RunManifest.from_json(run.to_json()))
