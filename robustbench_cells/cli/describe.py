"""``describe``: statistics of data sets."""

from __future__ import annotations

import argparse


def describe_datasets(options: argparse.Namespace) -> str:
    """A table with a column for each data set."""
    from tabulate import tabulate

    from robustbench_cells.datasets.description import describe
    from robustbench_cells.datasets.opening import open_dataset

    selections = [
        open_dataset(where, options.split, frames=options.frames, white_level=options.white_level)
        for where in options.dataset
    ]
    tables = [describe(selection.read(frame) for frame in selection.frames) for selection in selections]
    rows = [(name, *(table[name] for table in tables)) for name in tables[0]]
    return tabulate(rows, ("", *(selection.title for selection in selections)), floatfmt=".1f")
