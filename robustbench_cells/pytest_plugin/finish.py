"""What the terminal, the exit code and the JUnit report say at the end of a run."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from robustbench_cells.api.finish import FinishedRun, RanTests, describe_error
from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.gate.policy import GatePolicy
from robustbench_cells.reporting.gate_rows import format_difference
from robustbench_cells.reporting.gate_text import gate_lines
from robustbench_cells.reporting.terminal import terminal_table

FAILED, UNUSABLE = 1, 4  # pytest's exit codes: tests failed, usage error
_COLOURS = {GateOutcome.NON_INFERIOR: "green", GateOutcome.REGRESSED: "red", GateOutcome.INCONCLUSIVE: "yellow"}


@dataclass
class RunSummary:
    """A finished run for people and for CI.

    Attributes
    ----------
    title, lines
        Title and lines of the section on the run.
    verdict
        Lines of the gate's verdict; empty where no baseline was named.
    colour
        Colour of the verdict.
    exit_code
        Exit code of the session if all tests passed.
    properties
        Name and value of each property of the JUnit report.
    """

    title: str = "robustness"
    lines: list[str] = field(default_factory=list)
    verdict: Sequence[str] = ()
    colour: str = "red"
    exit_code: int = 0
    properties: list[tuple[str, str]] = field(default_factory=list)


def summarise_run(finished: FinishedRun, policy: GatePolicy | None, ran: RanTests, folder: Path) -> RunSummary:
    """Say what became of a run, its verdict and its reports."""
    summary = RunSummary()
    results = finished.results
    if results:
        summary.title = f"robustness on {results.run.dataset.title}"
        failures = {(cell.segmenter, cell.condition): cell.failure or "failed" for cell in ran.cells if not cell.valid}
        summary.lines = [terminal_table(results, failures), f"{len(results.records)} records: {ran.timing.describe()}"]
    elif not finished.error:
        summary.lines = [f"no test gave a result, so nothing was written; what is in {folder} is older"]
        summary.exit_code = UNUSABLE
    if policy and isinstance(finished.verdict, Gate):
        _add_verdict(summary, finished.verdict, policy, folder)
    elif policy and finished.verdict is not None:
        summary.exit_code = UNUSABLE
        summary.verdict = [f"no verdict: {finished.verdict}"]
        summary.properties.append(("gate", f"none: {finished.verdict}"))
    summary.lines += [f"incomplete run, no basis for a verdict: {reason}" for reason in ran.incomplete]
    if finished.paths:
        gate = [folder / "gate.md"] if policy else []
        lack = f", without example patches ({finished.missing_examples})" if finished.missing_examples else ""
        summary.lines.append(f"reports: {', '.join(str(path) for path in [*finished.paths, *gate])}{lack}")
    if finished.error:
        summary.lines.append(
            f"ERROR: {folder}: not everything could be written ({describe_error(finished.error)}); the same command "
            "takes from the record cache what was computed"
        )
        summary.exit_code = UNUSABLE
    return summary


def _add_verdict(summary: RunSummary, gate: Gate, policy: GatePolicy, folder: Path) -> None:
    both = shlex.join(map(str, (*policy.folders[:1], folder)))
    look = (
        f"{folder / 'index.html'} has curves and example patches, and -k with the name of a condition judges it alone; "
        f"robustbench-cells report --compare {both} draws both curves"
    )
    summary.verdict = gate_lines(gate, look).splitlines()
    summary.colour = _COLOURS[gate.verdict]
    summary.exit_code = policy.exit_code(gate)
    summary.properties.append(("gate", str(gate.verdict)))
    for one in gate.decisions:
        summary.properties.append((f"gate {one.name}", f"{one.verdict}: {format_difference(one)}"))
