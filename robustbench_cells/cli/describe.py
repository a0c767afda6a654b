"""``describe``: statistics of data sets."""

from __future__ import annotations

import argparse

from robustbench_cells.cli._dataset import add_dataset, add_dataset_options, open_selection

NAME = "describe"
HELP = "compare statistics of data sets"


def configure(parser: argparse.ArgumentParser) -> None:
    """See `Command.configure`."""
    parser.description = "Print statistics of frames and their labels, one column per data set."
    parser.epilog = "Example: robustbench-cells describe synthetic DATA/PhC-C2DL-PSC"
    add_dataset(parser, several=True)
    parser.add_argument(
        "--frames", metavar="N", type=int, default=12, help="frames of each, evenly spread (default: 12)"
    )
    add_dataset_options(parser, "split", "white-level", "channel", "ignore-label")


def run(options: argparse.Namespace) -> int:
    """See `Command.run`."""
    from tabulate import tabulate

    from robustbench_cells.datasets.description import describe

    selections = [open_selection(options, where, options.frames) for where in options.dataset]
    tables = [describe(selection.read(frame) for frame in selection.frames) for selection in selections]
    rows = [(name, *(table[name] for table in tables)) for name in tables[0]]
    print(tabulate(rows, ("", *(selection.title for selection in selections)), floatfmt=".1f"))
    return 0
