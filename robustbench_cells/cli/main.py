"""``python -m robustbench_cells``: what there is, what data look like, and the other commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from robustbench_cells import __version__
from robustbench_cells.cli import card, data, export, gate, report, results, simulate, train
from robustbench_cells.cli.describe import describe_datasets
from robustbench_cells.cli.list_plugins import list_plugins
from robustbench_cells.errors import RobustbenchError

_ELSEWHERE: dict[str, tuple[Callable[[list[str]], int], str]] = {
    "report": (report.main, "write the reports again from stored results"),
    "data": (data.main, "download public data sets"),
    "card": (card.main, "write texts and scores into model cards"),
    "export": (export.main, "write a model for other programs"),
    "train": (train.main, "train a recipe"),
    "results": (results.main, "list, export or prune the records that were kept"),
    "gate": (gate.main, "judge a candidate run by a baseline run"),
    "simulate": (simulate.main, "how often the gate is right"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if given and given[0] in _ELSEWHERE:
        return _ELSEWHERE[given[0]][0](given[1:])
    parser = argparse.ArgumentParser(
        prog="python -m robustbench_cells",
        description="How far may a microscope image drift before a segmentation model breaks? The benchmark itself is "
        "run by pytest: `pytest --help` shows its options under 'robustness of cell segmentation'.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser(
        "list", help="show artefacts, segmenters, data sets, metrics, profiles, recipes, claims and reports"
    )
    describe = commands.add_parser("describe", help="print statistics of data sets, side by side")
    describe.add_argument("dataset", nargs="+", help="'synthetic', a folder or files, as `list` shows")
    describe.add_argument("--split", help="split of each (default: each one's own, as in a run)")
    describe.add_argument("--frames", type=int, default=12, help="frames of each, evenly spread (default: 12)")
    describe.add_argument("--white-level", type=int, help="the value of 16-bit files that is white")
    for name, (_, words) in _ELSEWHERE.items():
        commands.add_parser(name, help=words, add_help=False)
    options = parser.parse_args(given)
    try:
        print(list_plugins() if options.command == "list" else describe_datasets(options))
    except RobustbenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
