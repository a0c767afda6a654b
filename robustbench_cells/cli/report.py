"""``report``: the reports again, from stored results, without running a model."""

from __future__ import annotations

import argparse
from pathlib import Path

from robustbench_cells.errors import ResultsError

NAME = "report"
HELP = "write the reports again from stored results, or compare two runs"


def configure(parser: argparse.ArgumentParser) -> None:
    """See `Command.configure`."""
    parser.description = (
        "Write the reports again from the results that a run of the benchmark stored. No model is run. index.html is "
        "the one to open."
    )
    parser.epilog = (
        "Examples: robustbench-cells report --results reports; "
        "robustbench-cells report --compare reports/baseline reports --out compared"
    )
    parser.add_argument(
        "--results", metavar="DIR", type=Path, help="folder with run.json and patches.csv.gz (default: reports)"
    )
    parser.add_argument(
        "--inside",
        type=Path,
        metavar="FOLDER",
        help="results of the same frames and segmenters inside the field of interest (a run with --rb-margin)",
    )
    parser.add_argument(
        "--compare",
        type=Path,
        nargs=2,
        metavar=("RUN_A", "RUN_B"),
        help="compare two runs instead, and judge the second by the first where that is possible",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        help="folder to write to (default: that of the results; of two, RUN_B/compared)",
    )


def run(options: argparse.Namespace) -> int:
    """See `Command.run`."""
    from robustbench_cells.api.report_again import report_of_comparison, report_of_run
    from robustbench_cells.reporting.outputs import write_reports

    if options.compare and (options.results or options.inside):
        raise ResultsError("--compare takes two runs, and neither --results nor --inside")
    if options.compare:
        folder, report = options.compare[1] / "compared", report_of_comparison(*options.compare)
    else:
        folder = options.results or Path("reports")
        report = report_of_run(folder, options.inside)
    write_reports(report, options.out or folder, on_written=lambda path: print(f"wrote {path}", flush=True))
    return 0
