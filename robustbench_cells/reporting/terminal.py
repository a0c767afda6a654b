"""Table for the terminal at the end of a run."""

from __future__ import annotations

from tabulate import tabulate

from robustbench_cells.reporting.interval_warnings import interval_warnings
from robustbench_cells.reporting.number_format import column_decimals
from robustbench_cells.reporting.summary_figures import figures_of
from robustbench_cells.results.tables import Results


def terminal_table(results: Results) -> str:
    """Mean Jaccard, one row per condition and one column per segmenter, and what to know of its intervals."""
    summary = results.summary
    clean = summary["parameter"] == ""
    shown = summary["artefact"].where(clean, summary["artefact"] + " " + summary["intensity"].map("{:g}".format))
    values = summary.assign(condition=shown).pivot(index="condition", columns="segmenter", values="jaccard")
    values = values.loc[shown.drop_duplicates()]
    headers = ["mean Jaccard", *values.columns]
    figures = {name: figures_of(rows, "jaccard") for name, rows in summary.groupby("segmenter")}
    decimals = [column_decimals(figures[name]) for name in values.columns]
    body = [
        [name, *(f"{value:.{count}f}" for value, count in zip(row, decimals, strict=True))]
        for name, row in zip(values.index, values.to_numpy(), strict=True)
    ]
    table = tabulate(body, headers, disable_numparse=True, colalign=["left", *["right"] * len(values.columns)])
    return "\n".join([table, *interval_warnings(results)])
