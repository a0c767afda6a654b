"""``coverage``: how often the 95 % intervals hold the truth, on simulated frames."""

from __future__ import annotations

import argparse
import sys

from robustbench_cells.errors import ResultsError

NAME = "coverage"
HELP = "measure how often the confidence intervals hold the truth"


def configure(parser: argparse.ArgumentParser) -> None:
    """See `Command.configure`."""
    from robustbench_cells.results.coverage import CORRELATIONS, FRAMES
    from robustbench_cells.results.intervals import BLOCK

    parser.description = (
        "Simulate runs of known scores, with frames that are correlated from one to the next, and print how often the "
        "intervals of means, areas, relative scores, count ratios and paired differences hold the truth."
    )
    parser.epilog = "Example: robustbench-cells coverage --frames 24 60 --correlation 0 0.6"
    parser.add_argument(
        "--frames", metavar="N", type=int, nargs="+", default=FRAMES, help="numbers of frames (default: 8 24 60 240)"
    )
    parser.add_argument(
        "--correlation",
        metavar="R",
        type=float,
        nargs="+",
        default=CORRELATIONS,
        help="correlations of neighbours (default: 0 0.3 0.6 0.8)",
    )
    parser.add_argument(
        "--block", metavar="FRAMES", type=int, default=BLOCK, help=f"as --rb-block of a run (default: {BLOCK})"
    )
    parser.add_argument("-k", metavar="WORDS", default="", help="only the statistics whose name has these words")
    parser.add_argument(
        "--runs", metavar="N", type=int, default=4000, help="simulated runs of each kind (default: 4000)"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="seed of the simulation (default: 0)")


def run(options: argparse.Namespace) -> int:
    """See `Command.run`."""
    if options.runs < 2 or min(options.frames) < 2 or options.block < 1:
        raise ResultsError("--runs and --frames are at least 2, --block at least 1")
    if not all(0 <= value < 1 for value in options.correlation):
        raise ResultsError("--correlation: each is at least 0 and below 1")
    from tabulate import tabulate

    from robustbench_cells.results.coverage import Coverage, simulate_coverage

    found: dict[tuple[int, float], list[Coverage]] = {}
    for one in simulate_coverage(
        frames=options.frames,
        correlations=options.correlation,
        block=options.block,
        runs=options.runs,
        seed=options.seed,
        only=options.k,
    ):
        print(f"{one.frames} frames, correlation {one.correlation:g}: {one.statistic} …", file=sys.stderr, flush=True)
        found.setdefault((one.frames, one.correlation), []).append(one)
    if not found:
        raise ResultsError(f"no statistic's name contains {options.k!r}")
    (names, *_) = ([one.statistic for one in row] for row in found.values())
    headers = ["frames", "correlation", *names, "width", "few blocks"]
    rows = [
        (
            str(frames),
            f"{correlation:g}",
            *(f"{one.held:.1%}" for one in row),
            f"{sum(one.width for one in row) / len(row):.2f}",
            f"{sum(one.few for one in row) / len(row):.0%}",
        )
        for (frames, correlation), row in found.items()
    ]
    print(
        f"\n{options.runs} runs, at least {options.block} frames count as one; share of the intervals that hold the "
        "truth, and their\nmean width in that of an interval from the true standard error\n"
    )
    print(tabulate(rows, headers, "pipe", disable_numparse=True, colalign=["right"] * len(headers)))
    return 0
