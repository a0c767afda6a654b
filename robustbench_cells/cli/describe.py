"""``describe``: statistics of data sets."""

from __future__ import annotations

import argparse

NAME = "describe"
HELP = "compare statistics of data sets"


def configure(parser: argparse.ArgumentParser) -> None:
    """See `Command.configure`."""
    parser.description = "Print statistics of frames and their labels, one column per data set."
    parser.epilog = "Example: robustbench-cells describe synthetic DATA/PhC-C2DL-PSC"
    parser.add_argument("dataset", nargs="+", help="'synthetic', a folder or files, as `list` shows")
    parser.add_argument("--split", metavar="NAME", help="split of each (default: each one's own, as in a run)")
    parser.add_argument(
        "--frames", metavar="N", type=int, default=12, help="frames of each, evenly spread (default: 12)"
    )
    parser.add_argument("--white-level", metavar="VALUE", type=int, help="the value of 16-bit files that is white")
    parser.add_argument(
        "--ignore-label", metavar="VALUE", type=int, help="the value of mask pixels that the annotators left open"
    )


def run(options: argparse.Namespace) -> int:
    """See `Command.run`."""
    from tabulate import tabulate

    from robustbench_cells.datasets.description import describe
    from robustbench_cells.datasets.opening import open_dataset

    selections = [
        open_dataset(
            where,
            options.split,
            frames=options.frames,
            white_level=options.white_level,
            ignore_label=options.ignore_label,
        )
        for where in options.dataset
    ]
    tables = [describe(selection.read(frame) for frame in selection.frames) for selection in selections]
    rows = [(name, *(table[name] for table in tables)) for name in tables[0]]
    print(tabulate(rows, ("", *(selection.title for selection in selections)), floatfmt=".1f"))
    return 0
