"""``simulate``: how often the gate is right, on simulated retrainings."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from robustbench_cells.errors import ResultsError

NAME = "simulate"
HELP = "measure how often the gate is right"


def configure(parser: argparse.ArgumentParser) -> None:
    """See `Command.configure`."""
    parser.description = (
        "Judge thousands of simulated retrainings, built from what two real networks do to each frame, and print how "
        "often the gate is right. One table per number of frames."
    )
    parser.epilog = "Example: robustbench-cells simulate docs/gate/one_more_epoch.csv"
    parser.add_argument("source", type=Path, help="a CSV file of frame scores, or stored results (with --pair)")
    parser.add_argument("--pair", nargs=2, metavar=("FIRST", "SECOND"), help="two models of the stored results")
    parser.add_argument(
        "--write", type=Path, metavar="CSV", help="keep the frame scores of the pair, and simulate nothing"
    )
    parser.add_argument(
        "-k", metavar="WORDS", default="", help="only the kinds of retraining whose name has these words"
    )
    parser.add_argument(
        "--frames", metavar="N", type=int, nargs="+", help="frames of the gate (default: as many as there are)"
    )
    parser.add_argument(
        "--tolerance", metavar="SCORE", type=float, default=0.01, help="tolerance of the gate, Jaccard (default: 0.01)"
    )
    parser.add_argument("--runs", metavar="N", type=int, default=1000, help="retrainings of each kind (default: 1000)")
    parser.add_argument(
        "--sequential", action="store_true", help="stop at a quarter or a half of the frames where that decides"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="seed of the simulation (default: 0)")


def run(options: argparse.Namespace) -> int:
    """See `Command.run`."""
    if options.runs < 1 or min(options.frames or [2]) < 2:
        raise ResultsError("--runs is at least 1 and --frames at least 2")
    from tabulate import tabulate

    from robustbench_cells.files.atomic import write_text
    from robustbench_cells.gate.comparability import refuse
    from robustbench_cells.gate.demands import tolerance_problems
    from robustbench_cells.gate.simulation import Retrainings, frame_scores, read_frame_scores, simulate
    from robustbench_cells.results.storage import load

    refuse(tolerance_problems("jaccard", options.tolerance))
    if options.source.is_dir() and not options.pair:
        raise ResultsError(f"{options.source}: is a folder of stored results; say which two models by --pair")
    table = frame_scores(load(options.source), *options.pair) if options.pair else read_frame_scores(options.source)
    if options.write:
        write_text(options.write, table.to_csv(index=False, float_format="%.5f"))
        print(f"wrote {options.write}")
        return 0
    retrainings = Retrainings.from_frame_scores(table)
    for frames in options.frames or [len(retrainings.differences)]:
        rows = []
        for rates in simulate(
            retrainings,
            frames=frames,
            tolerance=options.tolerance,
            runs=options.runs,
            seed=options.seed,
            sequential=options.sequential,
            only=options.k,
        ):
            print(f"{rates.kind} …", file=sys.stderr, flush=True)
            shares = (rates.passed, rates.inconclusive, rates.regressed, rates.forward_passes)
            rows.append((rates.kind, *(f"{share:.1%}" for share in shares)))
        print(
            f"\n{options.runs} retrainings of each kind, {frames} frames, {len(retrainings.conditions)} conditions, "
            f"tolerance {options.tolerance:g}{', sequential' if options.sequential else ''}\n"
        )
        headers = ["retraining", "passes", "inconclusive", "regressed", "forward passes"]
        width = 5 if options.sequential else 4  # otherwise it takes all of them
        print(
            tabulate(
                [row[:width] for row in rows], headers[:width], "pipe", colalign=("left", *["right"] * (width - 1))
            )
        )
    return 0
