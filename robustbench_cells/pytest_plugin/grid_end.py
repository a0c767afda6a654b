"""The end of a run under pytest: results, verdict, exit code, terminal and JUnit report."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from robustbench_cells.printable import printable, printable_lines
from robustbench_cells.pytest_plugin.grid_tests import GridTests
from robustbench_cells.pytest_plugin.options import option

if TYPE_CHECKING:
    from robustbench_cells.api.finish import FinishedRun
    from robustbench_cells.engine.evaluate import GridCell
    from robustbench_cells.engine.run import BenchmarkRun
    from robustbench_cells.gate.policy import GatePolicy
    from robustbench_cells.pytest_plugin.finish import RunSummary

_ENDED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


class GridEnd:
    """What is written and said once the last test has run.

    Attributes
    ----------
    policy
        What the run is judged by, if it is.
    notes
        Lines on what was selected and asked for.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.policy: GatePolicy | None = None
        self.notes: list[str] = []
        self._config = config
        self._finished: FinishedRun | None = None
        self._summary: RunSummary | None = None
        self._folder = Path()  # of the results
        self._acceptance = ""  # what became of the baseline

    @property
    def _asked_for(self) -> Path:
        return Path(option(self._config, "reports"))

    @property
    def _command(self) -> str:
        return shlex.join(["pytest", *map(str, self._config.invocation_params.args)])

    def begin(self, run: BenchmarkRun) -> None:
        """Choose the folder of the results, by what is selected; see `api.finish.begin_run`."""
        from robustbench_cells.api.finish import begin_run
        from robustbench_cells.engine.evaluate import GridCell

        selected = [GridCell(name, condition, True) for condition, names in run.wanted.items() for name in names]
        self._choose_folder(run, selected)
        begin_run(self._folder, self.policy, self._command)

    def _choose_folder(self, run: BenchmarkRun, cells: list[GridCell]) -> None:
        from robustbench_cells.results.parts import folder_of_results

        self._folder = folder_of_results(run.manifest(cells), self._asked_for)

    def finish(
        self,
        session: pytest.Session,
        exitstatus: int,
        run: BenchmarkRun,
        tests: GridTests,
        announce: Callable[[str], None],
    ) -> None:
        """Store, judge and report, and set the exit code.

        Parameters
        ----------
        session, exitstatus
            Session that ends, and the exit code so far.
        run, tests
            The run, and its tests in all processes.
        announce
            Called with lines of progress.
        """
        from robustbench_cells.api.finish import RanTests, finish_run
        from robustbench_cells.engine.tasks import Timing
        from robustbench_cells.pytest_plugin.finish import UNUSABLE, summarise_run
        from robustbench_cells.pytest_plugin.gate_tests import log_gate_tests

        cells = list(tests.cells())
        self._choose_folder(run, cells)  # again: it may have ended early
        reasons = [printable(reason) for reason in (*_stopped(exitstatus), *tests.problems())]
        timing = sum((Timing(**spent) for spent in tests.timings.values()), Timing())
        ran = RanTests(cells, reasons, timing, self._command)
        self._finished = finish_run(run, self.policy, ran, self._folder, announce=announce)
        self._summary = summarise_run(self._finished, self.policy, ran, self._folder)
        self._summary.lines += [f"left out of the rest of the run: {reason}" for reason in tests.stopped]
        if self._finished.results and self._folder != self._asked_for:
            self._summary.lines.append(
                f"this is a part of what {self._asked_for} holds: its results and reports are in {self._folder}, and "
                f"{self._asked_for} keeps the whole run"
            )
        if self.policy and self._finished.verdict is not None:
            log_gate_tests(session, self._finished.verdict, self.policy)
        if tests.broken:  # no test failed
            session.exitstatus = UNUSABLE
        session.exitstatus = session.exitstatus or self._summary.exit_code or (UNUSABLE if tests.missing() else 0)
        for plugin in self._config.pluginmanager.get_plugins():
            if hasattr(plugin, "add_global_property"):  # the writer of --junitxml
                for name, value in self._summary.properties:
                    plugin.add_global_property(name, value)

    def say_if_nothing_is_judged(self, exitstatus: int) -> None:
        """Say so where an ini file names a baseline and no test of the grid is selected: it may be a mistake."""
        baselines = option(self._config, "baseline")
        if baselines and exitstatus in _ENDED and not self._config.option.collectonly:
            from robustbench_cells.pytest_plugin.finish import RunSummary

            named = ", ".join(baselines)
            self._summary = RunSummary(verdict=[f"nothing is judged by {named}: no test of the grid ran"])

    def retract(self, session: pytest.Session, error: OSError) -> None:
        """Take back the verdict: a file of another part of pytest could not be written."""
        from robustbench_cells.api.finish import retract
        from robustbench_cells.pytest_plugin.finish import UNUSABLE, RunSummary

        if self._finished is None:
            raise error
        retract(self._finished, self.policy, self._folder, error)
        self._summary = RunSummary(verdict=[f"no verdict: {self._finished.verdict}"])
        session.exitstatus = UNUSABLE

    def show(self, reporter: Any) -> None:
        """Write the sections of the terminal."""
        lines = [printable_lines(line) for line in (*(self._summary.lines if self._summary else ()), *self.notes)]
        if not lines:
            return
        reporter.section(printable(self._summary.title) if self._summary else "robustness")
        for line in lines:
            reporter.write_line(line)
        if self._summary and self._summary.lines and self._summary.verdict:
            first, *others = map(printable_lines, self._summary.verdict)
            reporter.section("gate")
            reporter.write_line(first, **self._emphasis())
            for line in others:
                reporter.write_line(line)

    def _accept(self, session: pytest.Session) -> None:
        """Make the run the baseline where that was asked for and the gate passes; what cannot be is exit code 4."""
        if self._finished is None or not (self.policy and option(self._config, "accept")):
            return
        from robustbench_cells.api.accept import accept
        from robustbench_cells.errors import RobustbenchError
        from robustbench_cells.gate.comparison import Gate
        from robustbench_cells.gate.decision import GateOutcome
        from robustbench_cells.pytest_plugin.finish import UNUSABLE
        from robustbench_cells.reporting.accept_text import accept_lines

        baseline = Path(option(self._config, "baseline")[0])
        gate = self._finished.verdict
        passes = isinstance(gate, Gate) and gate.verdict is GateOutcome.NON_INFERIOR
        if session.exitstatus or not passes:
            self._acceptance = f"not accepted: {baseline} stays as it is, since the run does not pass"
            return
        try:
            accepted = accept(self._folder, baseline, self.policy.against)
        except (RobustbenchError, OSError) as error:
            session.exitstatus = UNUSABLE
            self._acceptance = f"not accepted: {error}"
        else:
            self._acceptance = accept_lines(accepted.gate, accepted.remarks, self._folder, baseline)

    def last_word(self, session: pytest.Session) -> None:
        """Repeat the verdict in one line, on stderr where pytest has no terminal, and in the summary of a CI job.

        Nothing can take it back then, so it is here that the run becomes the baseline, if that was asked for.
        """
        self._accept(session)
        if self._finished and self._finished.verdict is not None:
            from robustbench_cells.reporting.gate_files import append_to_job

            append_to_job(self._finished.verdict)
        if self._summary is None or not self._summary.verdict:
            return
        reporter: Any = self._config.pluginmanager.getplugin("terminalreporter")
        line = f"gate: {printable(self._summary.verdict[0])}"
        if reporter:
            reporter.write_line(line, **self._emphasis())
        else:
            print(line, file=sys.stderr)
        for line in map(printable_lines, self._acceptance.splitlines()):
            reporter.write_line(line) if reporter else print(line, file=sys.stderr)

    def _emphasis(self) -> dict[str, bool]:
        return {"bold": True, self._summary.colour: True} if self._summary else {}


def _stopped(exitstatus: int) -> list[str]:
    """Why the run ended before its last test, if it did."""
    if exitstatus == pytest.ExitCode.INTERRUPTED:
        return ["the run was interrupted; the same command resumes it"]
    return [] if exitstatus in _ENDED else [f"pytest stopped with exit code {int(exitstatus)}"]
