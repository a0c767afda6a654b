"""``python -m robustbench_cells.report``: the reports again, from stored results, without running a model."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from robustbench_cells.errors import RobustbenchError


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m robustbench_cells.report",
        description="Write the reports again from the results that a run of the benchmark stored. No model is run.",
        epilog="Example: python -m robustbench_cells.report --results reports",
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("reports"),
        help="folder with run.json and patches.csv.gz (default: reports)",
    )
    parser.add_argument(
        "--inside",
        type=Path,
        metavar="FOLDER",
        help="results of the same frames and segmenters inside the field of interest (a run with --rb-margin)",
    )
    parser.add_argument("--out", type=Path, help="folder to write to (default: that of the results)")
    options = parser.parse_args(arguments)
    from robustbench_cells.reporting import write_reports
    from robustbench_cells.results import beside, load

    try:
        results = load(options.results)
        if options.inside:
            results = beside(results, load(options.inside))
        paths = write_reports(results, options.out or options.results)
    except (RobustbenchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for path in paths:
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
