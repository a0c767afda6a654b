"""One run of the grid under pytest: by itself, as the controller of pytest-xdist, or as one of its workers."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from robustbench_cells.encoding import use_alike
from robustbench_cells.pytest_plugin.collected import Collected
from robustbench_cells.pytest_plugin.explanation import explain_failure
from robustbench_cells.pytest_plugin.grid_end import GridEnd
from robustbench_cells.pytest_plugin.grid_tests import GridKey, GridTests, PhaseReport
from robustbench_cells.pytest_plugin.ini_files import require_ini_in_force
from robustbench_cells.pytest_plugin.keyword_notes import note_on_nothing, selection_notes
from robustbench_cells.pytest_plugin.options import gate_policy_of, option, request_of, ungated_notes
from robustbench_cells.pytest_plugin.progress import announcer

if TYPE_CHECKING:
    from robustbench_cells.api.request import Request
    from robustbench_cells.engine.evaluate import Outcome
    from robustbench_cells.engine.run import BenchmarkRun

FIXTURE = "rb_outcome"
_FOLDER = "robustbench_cells_collected"  # key of a worker's input
_LISTS = ("collectonly", "setupplan", "showfixtures", "show_fixtures_per_test")  # options that run no test
_TEST = pytest.StashKey[tuple[int, GridKey]]()  # its place among the tests of the grid, and what it is about


class GridRun:
    """The hooks of a run, and what it has to remember between them.

    Attributes
    ----------
    mistake
        Mistake in the options; it ends the run once everything is collected.
    run
        Run of the benchmark, open from the end of the collection; in a worker, from its first test.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.mistake: pytest.UsageError | None = None
        self.run: BenchmarkRun | None = None
        self._config = config
        self._request: Request | None = None
        self._worker: Any = getattr(config, "workerinput", None)
        self._collected_in: tempfile.TemporaryDirectory[str] | None = None
        self._announce: Callable[[str], None] = lambda line: None
        self._asked_for: set[GridKey] = set()
        self._tests = GridTests()
        self._end = GridEnd(config)

    def request(self) -> Request:  # no property: pytest before 8.4 reads those of every plug-in
        """What the options ask for; a mistake raises a `UsageError`."""
        from robustbench_cells.errors import RobustbenchError

        try:
            self._request = self._request or request_of(self._config)
        except RobustbenchError as error:
            raise pytest.UsageError(str(error)) from error
        return self._request

    def keys(self) -> list[GridKey]:
        """Every condition with every segmenter; a mistake in the options raises a `UsageError`."""
        from robustbench_cells.errors import RobustbenchError

        try:
            names = list(self.request().sources)
            return [(condition.name, name) for condition in self.request().conditions for name in names]
        except RobustbenchError as error:
            raise pytest.UsageError(str(error)) from error

    @pytest.hookimpl(tryfirst=True)  # before pytest-xdist lets its controller know
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Open the data set and load the models that the selected tests need: a mistake ends the run immediately."""
        collected = self._collect(session)
        self._tests.select(collected.keys)
        if self._worker is not None:
            collected.send(self._worker[_FOLDER], self._worker["workerid"])
        elif not any(self._config.getoption(name, False) for name in _LISTS):
            self._begin(collected)

    def _collect(self, session: pytest.Session) -> Collected:
        items = [one for one in session.items if isinstance(one, pytest.Function) and FIXTURE in one.fixturenames]
        keys = []
        for number, item in enumerate(items if self.mistake is None else ()):
            call: Any = item.callspec
            keys.append(call.params[FIXTURE])
            item.stash[_TEST] = number, keys[-1]
        return Collected(
            keys,
            list(dict.fromkeys(str(item.path.parent) for item in items)),
            str(self._config.inipath or ""),
            str(self.mistake or ""),
            has_grid=self._request is not None,
        )

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Name the folder in which each worker leaves what it collected."""
        self._collected_in = self._collected_in or tempfile.TemporaryDirectory(prefix="robustbench-cells-")
        node.workerinput[_FOLDER] = self._collected_in.name

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any) -> None:
        """Do the same for all workers, as soon as the first has reported what it collected."""
        assert self._collected_in is not None  # noqa: S101
        collected = Collected.receive(self._collected_in.name, node.workerinput["workerid"])
        self._tests.select(collected.keys, self._runner(node))
        if self.run is None:
            self._begin(collected)

    def _runner(self, node: Any) -> str:
        """The name of a worker where each runs every test; else they share them out."""
        return str(node.gateway.id) if self._config.getoption("dist", "no") == "each" else ""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Remember that a worker died, whichever test it was at, if any."""
        if error:
            self._tests.lost.append(f"worker {node.gateway.id} died")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember what could not be collected: there may be tests of the grid in it."""
        if report.failed:
            self._tests.lost.append(f"{report.nodeid} could not be collected")

    def _begin(self, collected: Collected) -> None:
        if collected.mistake:
            raise pytest.UsageError(collected.mistake)
        require_ini_in_force(self._config, collected)
        keyword = self._config.option.keyword
        if not collected.keys:
            note = note_on_nothing(keyword, self.request()) if keyword and collected.has_grid else ""
            if self._config.getoption("rb_baseline") is not None:
                raise pytest.UsageError(
                    "--rb-baseline: no test of the grid is left to be judged; "
                    f"{note or 'give a suite with one, and check -k'}"
                )
            self._end.notes += [note] if note else []
            return
        self._end.notes += selection_notes(keyword, self.request(), self._tests.wanted()) + ungated_notes(self._config)
        if option(self._config, "dask") and self._config.pluginmanager.hasplugin("dsession"):
            raise pytest.UsageError("--rb-dask with -n: the workers of the cluster are enough; leave -n out")
        use_alike(sys.__stdout__)  # the names of models and data sets may hold any character
        self._require_folder()
        run = self._open()
        try:
            self._end.begin(run)
        except OSError as error:
            run.close()
            raise self._unwritable(error) from error
        self.run = run

    def _require_folder(self) -> None:
        folder = Path(option(self._config, "reports"))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> pytest.UsageError:
        folder = option(self._config, "reports")
        return pytest.UsageError(f"--rb-reports {folder}: cannot be written to ({error}); give another folder")

    def _open(self) -> BenchmarkRun:
        from robustbench_cells.api.request import open_request, use_cluster
        from robustbench_cells.errors import InputWarning, RobustbenchError
        from robustbench_cells.models.loading import warn_of_left_out

        cache = Path(option(self._config, "store") or Path(option(self._config, "reports")) / "records.sqlite")
        alone = self._worker is None
        self._announce = announcer(self._config)
        try:
            if alone:
                warn_of_left_out(self.request().models)
            policy = self._end.policy = gate_policy_of(self._config)
            run = open_request(
                self.request(),
                self._tests.wanted(),
                cache,
                share_batches=alone,
                on_progress=lambda progress: self._announce(str(progress)),
                on_wait=self._announce,
            )
            if policy:
                if policy.sequential:
                    run.stopping = policy.early_stopping(run.manifest(), self._tests.wanted())
                else:
                    policy.require_comparable(run.manifest())
            if alone:  # each worker loads what its tests need
                run.load_models()
            if alone and (address := option(self._config, "dask")):
                use_cluster(run, self.request(), address, option(self._config, "dask-patches"))
        except (RobustbenchError, InputWarning) as error:  # the warning, where pytest turns warnings into errors
            raise pytest.UsageError(str(error)) from error
        return run

    def pytest_warning_recorded(self, warning_message: Any, when: str) -> None:
        """Show before the run what may spoil it: pytest shows it after the last test, with those of other tests."""
        from robustbench_cells.errors import InputWarning

        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        if reporter and when != "runtest" and issubclass(warning_message.category, InputWarning):
            reporter.ensure_newline()
            reporter.write_line(f"warning: {warning_message.message}", yellow=True)

    def outcome(self, condition: str, name: str) -> Outcome:
        """The result of one segmenter under one condition."""
        from robustbench_cells.errors import CacheError, ClusterError

        if not self._tests.broken:
            if self.run is None:
                from robustbench_cells.models.runtimes.threads import share_cores

                share_cores(self._worker["workercount"])
                self.run = self._open()
            try:
                outcome = self.run.outcome(condition, name)
            except (CacheError, ClusterError) as error:  # no later test could do better
                if self._worker is None:
                    pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
                self._tests.broken = str(error)  # a worker's exit would be taken for a crash
            else:
                self._asked_for.add((condition, name))
                return outcome
        pytest.fail(self._tests.broken, pytrace=False)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Once all tests have run, in whichever process, bisect the brackets of break-points if that was asked for."""
        result = yield
        if self.run and self._worker is None and self.request().refine and not self._tests.problems():
            self._refine(session, self.run)
        return result

    def _refine(self, session: pytest.Session, run: BenchmarkRun) -> None:
        from robustbench_cells.engine.refine import refine
        from robustbench_cells.errors import CacheError, ClusterError

        try:
            self._tests.added = refine(run, list(self._tests.cells()))
        except (CacheError, ClusterError) as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
        self._tests.timings[""] = run.timing.as_dict()
        for cell in self._tests.added:
            if not cell.valid:
                outcome = run.outcome(cell.condition, cell.segmenter)
                reason = outcome.error or "; ".join(outcome.problems)
                session.testsfailed += 1
                self._tests.lost.append(f"{cell.segmenter}-{cell.condition} failed ({reason})")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Put into the report of a test what it was about, for `pytest_runtest_logreport` in the controller."""
        report = yield
        if _TEST in item.stash:
            cell, stopped, (number, key) = None, "", item.stash[_TEST]
            if call.when == "call" and self.run and key in self._asked_for:  # whatever the test was given in its place
                stopped = explain_failure(report, self.run.outcome(*key), call.excinfo and call.excinfo.value)
                cell = self.run.cells[key[::-1]]
            timing = self.run.timing.as_dict() if self.run else {}
            PhaseReport.of_test(number, cell, timing, self._tests.broken, stopped).attach(report)
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Gather what ran, in whichever process."""
        if self._worker is None and (phase := PhaseReport.of(report)):
            node = getattr(report, "node", None)
            runner = self._runner(node) if node else ""
            self._tests.add(phase, report.when, report.outcome, runner, getattr(report, "worker_id", ""))

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # before the JUnit report is written; the verdict is the last line
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, Any, Any]:
        """Store the results and write the reports, once for all processes; let the verdict be the last word."""
        if self._worker is not None:
            return (yield)
        if self.run is not None:
            self._end.finish(session, exitstatus, self.run, self._tests, self._announce)
        else:
            self._end.say_if_nothing_is_judged(exitstatus)
        try:
            result = yield
        except OSError as error:
            if self._end.policy is None:
                raise
            result = None
            self._end.retract(session, error)
        self._end.last_word(session)
        return result

    @pytest.hookimpl(trylast=True)  # below the table of pytest-benchmark
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Mean Jaccard of each segmenter under each condition, where the reports are, and the verdict."""
        self._end.show(terminalreporter)
