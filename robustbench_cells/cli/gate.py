"""``gate``: a candidate run judged by a baseline run, without a model at hand."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from robustbench_cells.errors import RobustbenchError
from robustbench_cells.gate.criteria import CRITERIA
from robustbench_cells.gate.policy import ERROR, GatePolicy
from robustbench_cells.reporting.gate_files import publish
from robustbench_cells.reporting.gate_text import (
    gate_lines,
)
from robustbench_cells.results.storage import load


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    known = ", ".join(f"{criterion.name}={criterion.tolerance:g}" for criterion in CRITERIA)
    parser = argparse.ArgumentParser(
        prog="python -m robustbench_cells gate",
        description="Judge a candidate run by a baseline run, condition by condition. No model is run.",
        epilog="Exit code: 0 it passes, 1 it is worse, 8 the frames cannot tell, 2 the two cannot be compared. "
        "Example: python -m robustbench_cells gate --baseline reports/baseline --candidate reports",
    )
    parser.add_argument("--baseline", type=Path, required=True, metavar="DIR", help="stored results to judge by")
    parser.add_argument("--candidate", type=Path, required=True, metavar="DIR", help="stored results to judge")
    parser.add_argument(
        "--gate",
        action="append",
        metavar="ASPECT[=TOLERANCE]",
        help=f"what else must not get worse, or by how much something may; repeatable (there are: {known})",
    )
    parser.add_argument(
        "--against", action="append", metavar="NEW=OLD", help="a model that the baseline calls otherwise"
    )
    parser.add_argument(
        "--inconclusive",
        choices=("fail", "pass"),
        default="fail",
        help="what frames that cannot tell mean (default: fail)",
    )
    parser.add_argument(
        "--sequential",
        action="store_true",
        help="look at no more frames of a condition than decide it, as a run with --rb-sequential does",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where gate.md goes (default: the candidate's folder)")
    options = parser.parse_args(arguments)
    try:
        judge = GatePolicy.of(
            options.baseline,
            options.gate or (),
            options.against or (),
            options.inconclusive,
            sequential=options.sequential,
        )
        gate = judge.judge(load(options.candidate))
        print(gate_lines(gate, f"{options.candidate}/summary.md, beside that of {options.baseline}"))
    except RobustbenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return ERROR
    folder = options.out or options.candidate
    try:
        print(f"wrote {publish(gate, folder)}")
    except OSError as error:
        print(f"error: {folder}: cannot be written to ({error}); give another folder by --out", file=sys.stderr)
        return ERROR
    return judge.exit_code(gate)
