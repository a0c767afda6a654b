"""Figures of a metric from the rows of a summary."""

from __future__ import annotations

import pandas as pd

from robustbench_cells.results.scorecard import Figure


def figures_of(rows: pd.DataFrame, metric: str) -> list[Figure]:
    """A metric's value in each row (see `tables.summarise`), with its interval where the metric has one."""
    if f"{metric}_low" not in rows:
        return [Figure(float(value)) for value in rows[metric]]
    columns = [rows[f"{metric}{end}"] for end in ("", "_low", "_high", "_blocks")]
    return [
        Figure(float(value), float(low), float(high), int(blocks))
        for value, low, high, blocks in zip(*columns, strict=True)
    ]
