"""The end of a run: results are stored first, then judged, then illustrated and reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from robustbench_cells.api.examples import render_report_examples
from robustbench_cells.engine.evaluate import GridCell
from robustbench_cells.engine.run import BenchmarkRun
from robustbench_cells.engine.tasks import Timing
from robustbench_cells.errors import GateError, ResultsError, RobustbenchError
from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.policy import GatePolicy
from robustbench_cells.reporting.gate_files import publish, withdraw
from robustbench_cells.reporting.gate_text import summarise_gate
from robustbench_cells.reporting.outputs import write_reports
from robustbench_cells.reporting.report import Report
from robustbench_cells.results.example_patches import ExamplePatches, load_examples, save_examples
from robustbench_cells.results.storage import save
from robustbench_cells.results.tables import Results


@dataclass
class FinishedRun:
    """The outcome of a run.

    Attributes
    ----------
    results
        Records and manifest; None where no test gave a result.
    verdict
        The comparison with the baseline, or why there is none; None where no baseline was named.
    paths
        Files and folders that were written.
    missing_examples
        Reason why the report has no example patches; empty if it has.
    error
        What went wrong after the last test; None if nothing did.
    """

    results: Results | None = None
    verdict: Gate | str | None = None
    paths: Sequence[Path] = field(default_factory=list)
    missing_examples: str = ""
    error: Exception | None = None


def finish_run(
    run: BenchmarkRun,
    policy: GatePolicy | None,
    cells: Iterable[GridCell],
    timing: Timing,
    folder: Path,
    *,
    command: str,
    interrupted: bool,
    announce: Callable[[str], None] = lambda line: None,
) -> FinishedRun:
    """Store, judge, illustrate and report; whatever goes wrong, what was done before stays.

    Parameters
    ----------
    run
        It is closed.
    policy
        What the run is judged by, where a baseline was named.
    cells, timing
        Tests that ran, and time spent, in all processes.
    folder
        Folder of the reports.
    command
        Command line of the run.
    interrupted
        Whether the run was interrupted: there is no verdict and no example patch then.
    announce
        Called with a line of text before each segmenter's example patches.
    """
    finished = FinishedRun()
    try:
        results = finished.results = run.results(cells, timing, command)
        if results:
            save(results, folder)
            withdraw(folder)
        if policy:
            finished.verdict = _judge(policy, results, interrupted=interrupted)
            if results:
                publish(finished.verdict, folder)
        if results:
            examples = None
            if not interrupted:
                examples, finished.missing_examples = _examples(run, results, folder, announce)
            summary = None if finished.verdict is None else summarise_gate(finished.verdict)
            finished.paths = write_reports(Report(results, examples, summary), folder)
    except (OSError, RobustbenchError) as error:
        finished.error = error
    finally:
        run.close()
    return finished


def _judge(policy: GatePolicy, results: Results | None, *, interrupted: bool) -> Gate | str:
    """The comparison with the baseline, or why there is none."""
    try:
        if results is None:
            raise GateError("no test gave a result")
        if interrupted:
            raise GateError("the run was interrupted; the same command resumes it")
        return policy.compare(results)
    except GateError as error:
        return str(error)


def _examples(
    run: BenchmarkRun, results: Results, folder: Path, announce: Callable[[str], None]
) -> tuple[ExamplePatches | None, str]:
    """Those that are stored with these results, else new ones; and why there are none."""
    try:
        if stored := load_examples(results, folder):
            return stored, ""
    except ResultsError:
        pass  # they are replaced
    try:
        if examples := render_report_examples(run, results, announce):
            save_examples(examples, results, folder)
    except Exception as error:  # a data set, an artefact or the disk: a report without is better than none
        return None, f"{type(error).__name__}: {error}"
    return examples, ""
