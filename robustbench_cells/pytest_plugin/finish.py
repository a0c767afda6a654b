"""The end of a run: results are stored first, then judged, then pictured and reported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from robustbench_cells.engine.evaluate import GridCell
from robustbench_cells.engine.run import BenchmarkRun
from robustbench_cells.engine.tasks import Timing
from robustbench_cells.errors import GateError, ResultsError, RobustbenchError
from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.gate.policy import GatePolicy
from robustbench_cells.reporting.gate_files import publish, withdraw
from robustbench_cells.reporting.gate_text import gate_lines, summarise_gate
from robustbench_cells.reporting.outputs import write_reports
from robustbench_cells.reporting.report import Report
from robustbench_cells.reporting.terminal import terminal_table
from robustbench_cells.results.example_patches import ExamplePatches, load_examples, save_examples
from robustbench_cells.results.storage import save
from robustbench_cells.results.tables import Results

FAILED, UNUSABLE = 1, 4  # pytest's exit codes: tests failed, usage error
_COLOURS = {GateOutcome.NON_INFERIOR: "green", GateOutcome.REGRESSED: "red", GateOutcome.INCONCLUSIVE: "yellow"}


@dataclass
class RunSummary:
    """What came of a run, for the terminal, the exit code and the JUnit report.

    Attributes
    ----------
    title, lines
        Of the section on the run.
    verdict
        Of the gate, line by line; empty where no baseline was named.
    colour
        Of the verdict.
    exit_code
        If all tests passed.
    properties
        Name and value of each, for the JUnit report.
    """

    title: str = "robustness"
    lines: list[str] = field(default_factory=list)
    verdict: Sequence[str] = ()
    colour: str = "red"
    exit_code: int = 0
    properties: list[tuple[str, str]] = field(default_factory=list)


def finish_run(
    session: BenchmarkRun,
    judge: GatePolicy | None,
    cases: Iterable[GridCell],
    effort: Timing,
    folder: Path,
    *,
    command: str,
    interrupted: bool,
) -> RunSummary:
    """Store, judge, picture and report what was found; whatever goes wrong, what was done before it stays.

    Parameters
    ----------
    session
        It is closed.
    judge
        Where a baseline was named.
    cases, effort
        Of all processes.
    folder
        Of the reports.
    command
        That the user gave.
    interrupted
        Whether the run was: there is no verdict then, and no picture.
    """
    ending = RunSummary()
    results = None
    try:
        results = session.results(cases, effort, command)
        if results is None:
            ending.lines = [f"no test gave a result, so nothing was written; what is in {folder} is older"]
        else:
            ending.title = f"robustness on {results.run['dataset']['title']}"
            ending.lines = [terminal_table(results), f"{len(results.records)} records: {effort.describe()}"]
            save(results, folder)
            withdraw(folder)
        verdict = _settle(ending, judge, results, folder, interrupted=interrupted) if judge else None
        if results:
            pictures, lack = (None, "") if interrupted else _pictures(session, results, folder)
            told = None if verdict is None else summarise_gate(verdict)
            paths = write_reports(Report(results, pictures, told), folder)
            gate = [folder / "gate.md"] if judge else []
            ending.lines.append(f"reports: {', '.join(str(path) for path in [*paths, *gate])}{lack}")
    except (OSError, RobustbenchError) as error:
        ending.lines.append(f"ERROR: {error}")
        ending.exit_code = ending.exit_code or FAILED
        if judge and not ending.verdict:
            ending.verdict = ["no verdict: see the error above"]
    finally:
        session.close()
    return ending


def _settle(
    ending: RunSummary, judge: GatePolicy, results: Results | None, folder: Path, *, interrupted: bool
) -> Gate | str:
    """The verdict by the baseline, or why there is none; in a file too, if there are results."""
    try:
        if results is None:
            raise GateError("no test gave a result")
        if interrupted:
            raise GateError("the run was interrupted; the same command goes on")
        gate = judge.judge(results)
    except GateError as error:
        ending.exit_code = UNUSABLE
        ending.verdict = [f"no verdict: {error}"]
        ending.properties.append(("gate", f"none: {error}"))
        if results:
            publish(str(error), folder)
        return str(error)
    ending.verdict = gate_lines(gate, f"{folder / 'index.html'}; or -k with the name of a condition").splitlines()
    ending.colour = _COLOURS[gate.verdict]
    ending.exit_code = judge.exit_code(gate)
    ending.properties.append(("gate", str(gate.verdict)))
    for one in gate.decisions:
        low, high = one.interval
        told = f"{one.verdict}: {one.difference.estimate.value:+.4f} [{low:+.4f}, {high:+.4f}]"
        ending.properties.append((f"gate {one.name}", told))
    publish(gate, folder)
    return gate


def _pictures(session: BenchmarkRun, results: Results, folder: Path) -> tuple[ExamplePatches | None, str]:
    """Those of these results, made anew where there are none, and what is to be said if that fails."""
    try:
        if known := load_examples(results, folder):
            return known, ""
    except ResultsError:
        pass  # they are replaced
    try:
        if pictures := session.pictures(results):
            save_examples(pictures, results, folder)
    except Exception as error:  # of the data set, an artefact or the disk: a report without is better than none
        return None, f", without pictures ({type(error).__name__}: {error})"
    return pictures, ""
