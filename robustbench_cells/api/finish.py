"""The end of a run: results are stored, judged, illustrated and reported; the verdict comes last, or there is none."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from robustbench_cells.api.examples import render_report_examples
from robustbench_cells.engine.evaluate import GridCell
from robustbench_cells.engine.run import BenchmarkRun
from robustbench_cells.engine.tasks import Timing
from robustbench_cells.errors import GateError, ResultsError, RobustbenchError, refuse_exits
from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.policy import GatePolicy
from robustbench_cells.printable import printable, printable_lines
from robustbench_cells.reporting.gate_files import save_verdict, withdraw
from robustbench_cells.reporting.gate_text import summarise_gate
from robustbench_cells.reporting.outputs import write_reports
from robustbench_cells.reporting.report import Report
from robustbench_cells.results.example_patches import ExamplePatches, load_examples, save_examples
from robustbench_cells.results.storage import save
from robustbench_cells.results.tables import Results
from robustbench_cells.results.unfinished import mark_unfinished


@dataclass(frozen=True)
class RanTests:
    """What the tests of a run were, in all processes.

    Attributes
    ----------
    cells
        Tests of the grid that ran.
    incomplete
        Reasons why they are no basis for a verdict; empty where every selected test ended well.
    timing
        Time spent.
    command
        Command line of the run.
    """

    cells: Sequence[GridCell] = ()
    incomplete: Sequence[str] = ()
    timing: Timing = field(default_factory=Timing)
    command: str = ""


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
        What went wrong after the last test: there is no verdict then. None if nothing did.
    """

    results: Results | None = None
    verdict: Gate | str | None = None
    paths: Sequence[Path] = field(default_factory=list)
    missing_examples: str = ""
    error: Exception | None = None
    _report: Report | None = None


def begin_run(folder: Path, policy: GatePolicy | None, command: str) -> None:
    """Leave in a folder that a run has begun: if it never ends, nothing there can be taken for its results or verdict.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    withdraw(folder)
    mark_unfinished(folder, command)
    if policy:
        save_verdict("the run has not ended, or it was killed", folder)


def finish_run(
    run: BenchmarkRun,
    policy: GatePolicy | None,
    ran: RanTests,
    folder: Path,
    *,
    announce: Callable[[str], None] = lambda line: None,
) -> FinishedRun:
    """Store, judge, illustrate, report, and write the verdict; whatever goes wrong, what was done before stays.

    Parameters
    ----------
    run
        It is closed.
    policy
        What the run is judged by, where a baseline was named.
    ran
        Tests that ran. Where they are incomplete there is no verdict; where one failed, no model runs again for example
        patches either.
    folder
        Folder of the reports.
    announce
        Called with a line of text before each segmenter's example patches.
    """
    finished = FinishedRun()
    try:
        with refuse_exits("what ends the run"):
            results = finished.results = run.results(ran.cells, ran.timing, ran.command, ran.incomplete)
            if results:
                save(results, folder)
            verdict = _judge(policy, results, ran.incomplete) if policy else None
            if results:
                finished._report = Report(results, gate=None if verdict is None else summarise_gate(verdict))
                examples, finished.missing_examples = _examples(run, results, folder, announce)
                finished._report = replace(finished._report, examples=examples)
                finished.paths = write_reports(finished._report, folder)
            if verdict is not None:
                save_verdict(verdict, folder)
            finished.verdict = verdict
    except Exception as error:  # a metric, a criterion or an output may be third-party code
        retract(finished, policy, folder, error)
    finally:
        run.close()
    return finished


def retract(finished: FinishedRun, policy: GatePolicy | None, folder: Path, error: Exception) -> None:
    """Take back the verdict of a run, wherever it was written: not everything could be.

    Parameters
    ----------
    finished
        Outcome of the run; it gets the error, and loses its verdict.
    policy, folder
        See `finish_run`.
    error
        What went wrong.
    """
    finished.error = error
    if policy is None:
        return
    reason = finished.verdict = f"not everything could be written to {folder} ({describe_error(error)})"
    for step in (_replace_page, _replace_verdict):
        with suppress(Exception), refuse_exits(folder.name):  # the first error is the one to report
            step(finished, reason, folder)


def describe_error(error: Exception) -> str:
    """The error in a line; its kind and where it arose too, where its text alone would not do."""
    text = str(error)
    if text and isinstance(error, OSError | RobustbenchError):
        return printable_lines(text)
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__}: {printable(text)}" + (
        f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    )


def _replace_page(finished: FinishedRun, reason: str, folder: Path) -> None:
    if finished._report:
        finished.paths = ()
        finished.paths = write_reports(replace(finished._report, gate=summarise_gate(reason)), folder)


def _replace_verdict(finished: FinishedRun, reason: str, folder: Path) -> None:
    withdraw(folder)
    save_verdict(reason, folder)


def _judge(policy: GatePolicy, results: Results | None, incomplete: Sequence[str]) -> Gate | str:
    """The comparison with the baseline, or why there is none."""
    try:
        if incomplete:
            raise GateError("; ".join(incomplete))
        if results is None:
            raise GateError("no test gave a result")
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
    if results.run.incomplete or results.run.tests.failed:
        return None, "no model runs again after a failed run"
    try:
        with refuse_exits("example patches"):
            examples = render_report_examples(run, results, announce)
    except Exception as error:  # a data set, an artefact or memory: a report without is better than none
        return None, printable(f"{type(error).__name__}: {error}")
    if examples:
        save_examples(examples, results, folder)
    return examples, ""
