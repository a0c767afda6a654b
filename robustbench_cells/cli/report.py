"""``python -m robustbench_cells.report``: the reports again, from stored results, without running a model."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from robustbench_cells.errors import RobustbenchError

if TYPE_CHECKING:
    from robustbench_cells.reporting.report import Report
    from robustbench_cells.results.example_patches import ExamplePatches
    from robustbench_cells.results.tables import Results


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m robustbench_cells.report",
        description="Write the reports again from the results that a run of the benchmark stored. No model is run. "
        "index.html is the one to open.",
        epilog="Examples: python -m robustbench_cells.report --results reports; "
        "python -m robustbench_cells.report --compare reports/baseline reports --out compared",
    )
    parser.add_argument(
        "--results",
        type=Path,
        help="folder with run.json and patches.csv.gz (default: reports)",
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
        help="lay two runs side by side instead, and judge the second by the first where that can be done",
    )
    parser.add_argument(
        "--out", type=Path, help="folder to write to (default: that of the results; of two, RUN_B/compared)"
    )
    options = parser.parse_args(arguments)
    if options.compare and (options.results or options.inside):
        parser.error("--compare takes two runs and neither --results nor --inside")
    from robustbench_cells.reporting.outputs import write_reports

    try:
        if options.compare:
            folder, report = options.compare[1] / "compared", _compared(*options.compare)
        else:
            folder = options.results or Path("reports")
            report = _again(folder, options.inside)
        write_reports(report, options.out or folder, wrote=lambda path: print(f"wrote {path}", flush=True))
    except (RobustbenchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _again(folder: Path, inside: Path | None) -> Report:
    from robustbench_cells.reporting.gate_text import load_gate
    from robustbench_cells.reporting.report import Report
    from robustbench_cells.results.merging import with_inside
    from robustbench_cells.results.storage import load

    results = load(folder)
    return Report(
        with_inside(results, load(inside)) if inside else results, _pictures(results, folder), load_gate(folder)
    )


def _pictures(results: Results, folder: Path) -> ExamplePatches | None:
    from robustbench_cells.errors import ResultsError
    from robustbench_cells.results.example_patches import load_examples

    try:
        return load_examples(results, folder)
    except ResultsError as error:
        print(f"warning: no pictures: {error}", file=sys.stderr)
        return None


def _compared(first: Path, second: Path) -> Report:
    from robustbench_cells.errors import GateError
    from robustbench_cells.gate.comparison import Gate, compare
    from robustbench_cells.gate.criteria import CRITERIA
    from robustbench_cells.reporting.gate_text import summarise_gate
    from robustbench_cells.reporting.report import Report
    from robustbench_cells.results.merging import merge_names, merge_runs
    from robustbench_cells.results.storage import load

    runs = load(first), load(second)
    verdict: Gate | str
    try:
        verdict = compare(*runs, {"jaccard": CRITERIA.get("jaccard").tolerance})
    except GateError as error:
        verdict = str(error)
    both = [_pictures(run, folder) for run, folder in zip(runs, (first, second), strict=True)]
    times = merge_names(*(pictures.milliseconds if pictures else {} for pictures in both))
    return Report(merge_runs(*runs), verdict=summarise_gate(verdict), times=times)
