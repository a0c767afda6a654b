"""Table for the terminal at the end of a run."""

from __future__ import annotations

from tabulate import tabulate

from robustbench_cells.results.tables import Results


def terminal_table(results: Results) -> str:
    """Mean Jaccard, one row per condition and one column per segmenter."""
    summary = results.summary
    clean = summary["parameter"] == ""
    shown = summary["artefact"].where(clean, summary["artefact"] + " " + summary["intensity"].map("{:g}".format))
    values = summary.assign(condition=shown).pivot(index="condition", columns="segmenter", values="jaccard")
    values = values.loc[shown.drop_duplicates()]
    headers = ["mean Jaccard", *values.columns]
    body = [
        [name, *(f"{value:.3f}" for value in row)] for name, row in zip(values.index, values.to_numpy(), strict=True)
    ]
    return tabulate(body, headers, disable_numparse=True, colalign=["left", *["right"] * len(values.columns)])
