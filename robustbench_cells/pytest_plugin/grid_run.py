"""One run of the grid under pytest: by itself, as the controller of pytest-xdist, or as one of its workers."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from robustbench_cells.pytest_plugin.ids import LIKE_A_GRID_ID, GridKey, find_key
from robustbench_cells.pytest_plugin.options import gate_policy_of, option, request_of
from robustbench_cells.pytest_plugin.progress import announcer

if TYPE_CHECKING:
    from robustbench_cells.api.request import Request
    from robustbench_cells.engine.evaluate import Outcome
    from robustbench_cells.engine.run import BenchmarkRun
    from robustbench_cells.gate.policy import GatePolicy
    from robustbench_cells.pytest_plugin.finish import RunSummary

FIXTURE = "rb_outcome"


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
        self._announce: Callable[[str], None] = lambda line: None
        self._wanted: dict[str, list[str]] = {}
        self._cells: list[Any] = []
        self._timings: dict[str, Any] = {}  # the latest of each process
        self._policy: GatePolicy | None = None
        self._summary: RunSummary | None = None
        self._broken = ""

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

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Open the data set and load the models that the selected tests need: a mistake ends the run immediately."""
        for item in session.items:
            if isinstance(item, pytest.Function) and FIXTURE in item.fixturenames and not self.mistake:
                call: Any = item.callspec
                self._want(call.params[FIXTURE])
        if self._worker is None and not self._config.option.collectonly:
            self._begin()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Do the same for all workers, as soon as the first has reported what it collected."""
        if self.run is not None:
            return
        if any(LIKE_A_GRID_ID.search(one) for one in ids):
            keys = self.keys()
            for one in ids:
                if key := find_key(one, keys):
                    self._want(key)
        self._begin()

    def _want(self, key: GridKey) -> None:
        condition, name = key
        names = self._wanted.setdefault(condition, [])
        if name not in names:
            names.append(name)

    def _begin(self) -> None:
        if self.mistake:
            raise self.mistake
        if not self._wanted:
            if self._config.getoption("rb_baseline") is not None:
                raise pytest.UsageError(
                    "--rb-baseline: no test of the grid is left to be judged; give a suite with one, and check -k"
                )
            return
        if option(self._config, "dask") and self._config.pluginmanager.hasplugin("dsession"):
            raise pytest.UsageError("--rb-dask with -n: the workers of the cluster are enough; leave -n out")
        self._require_folder()
        from robustbench_cells.models.loading import warn_of_left_out

        warn_of_left_out(self.request().models)
        self._open()

    def _require_folder(self) -> None:
        folder, baseline = Path(option(self._config, "reports")), option(self._config, "baseline")
        if baseline and Path(baseline).resolve() == folder.resolve():
            raise pytest.UsageError(f"--rb-baseline {baseline}: this run would overwrite it; give another --rb-reports")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise pytest.UsageError(
                f"--rb-reports {folder}: cannot be written to ({error}); give another folder"
            ) from error

    def _open(self) -> None:
        from robustbench_cells.api.request import open_request, use_cluster
        from robustbench_cells.errors import RobustbenchError

        cache = Path(option(self._config, "store") or Path(option(self._config, "reports")) / "records.sqlite")
        alone = self._worker is None
        self._announce = announcer(self._config)
        try:
            self._policy = gate_policy_of(self._config)
            run = open_request(
                self.request(),
                self._wanted,
                cache,
                share_batches=alone,
                on_progress=lambda progress: self._announce(str(progress)),
                on_wait=self._announce,
            )
            if self._policy:
                self._policy.require_comparable(run.manifest())
                if self._policy.sequential:
                    run.stopping = self._policy.early_stopping(run.manifest(), self._wanted)
            if alone and (address := option(self._config, "dask")):
                use_cluster(run, self.request(), address, option(self._config, "dask-patches"))
        except RobustbenchError as error:
            raise pytest.UsageError(str(error)) from error
        self.run = run

    def pytest_warning_recorded(self, warning_message: Any) -> None:
        """Show before the run what may spoil it: pytest shows it after the last test."""
        from robustbench_cells.errors import DeclarationWarning, MissingExtraWarning

        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        if reporter and issubclass(warning_message.category, DeclarationWarning | MissingExtraWarning):
            reporter.ensure_newline()
            reporter.write_line(f"warning: {warning_message.message}", yellow=True)

    def outcome(self, condition: str, name: str) -> Outcome:
        """The result of one segmenter under one condition."""
        from robustbench_cells.errors import CacheError, ClusterError

        if self._broken:
            pytest.fail(self._broken, pytrace=False)
        if self.run is None:
            from robustbench_cells.models.runtimes.threads import share_cores

            share_cores(self._worker["workercount"])
            self._open()
        assert self.run is not None  # noqa: S101
        try:
            return self.run.outcome(condition, name)
        except (CacheError, ClusterError) as error:  # no later test could do better
            if self._worker is None:
                pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
            self._broken = str(error)  # a worker's exit would be taken for a crash
            pytest.fail(self._broken, pytrace=False)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Put into the report of a test what it was about, for `pytest_runtest_logreport` in the controller."""
        report = yield
        if call.when == "call" and isinstance(item, pytest.Function) and FIXTURE in item.funcargs and self.run:
            outcome: Any = item.funcargs[FIXTURE]
            report.rb_cell = [outcome.segmenter, outcome.condition.name, outcome.valid]
            report.rb_timing = self.run.timing.as_dict()
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Gather what ran, in whichever process."""
        if hasattr(report, "rb_cell"):
            self._cells.append(report.rb_cell)
            self._timings[getattr(report, "worker_id", "")] = report.rb_timing

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # before the JUnit report is written; the verdict is the last line
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, Any, Any]:
        """Store the results and write the reports, once for all processes; let the verdict be the last word."""
        if self.run is not None and self._worker is None:
            self._finish(session, exitstatus)
        result = yield
        if self._summary and self._summary.verdict:
            reporter: Any = self._config.pluginmanager.getplugin("terminalreporter")
            reporter.write_line(f"gate: {self._summary.verdict[0]}", **self._emphasis())
        return result

    def _finish(self, session: pytest.Session, exitstatus: int) -> None:
        from robustbench_cells.api.finish import finish_run
        from robustbench_cells.engine.evaluate import GridCell
        from robustbench_cells.engine.tasks import Timing
        from robustbench_cells.pytest_plugin.finish import summarise_run

        assert self.run is not None  # noqa: S101
        folder = Path(option(self._config, "reports"))
        timing = sum((Timing(**spent) for spent in self._timings.values()), Timing())
        finished = finish_run(
            self.run,
            self._policy,
            [GridCell(*cell) for cell in self._cells],
            timing,
            folder,
            command=shlex.join(["pytest", *map(str, self._config.invocation_params.args)]),
            interrupted=exitstatus == pytest.ExitCode.INTERRUPTED,
            announce=self._announce,
        )
        self._summary = summarise_run(finished, self._policy, timing, folder)
        session.exitstatus = session.exitstatus or self._summary.exit_code
        for plugin in self._config.pluginmanager.get_plugins():
            if hasattr(plugin, "add_global_property"):  # the writer of --junitxml
                for name, value in self._summary.properties:
                    plugin.add_global_property(name, value)

    @pytest.hookimpl(trylast=True)  # below the table of pytest-benchmark
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Mean Jaccard of each segmenter under each condition, where the reports are, and the verdict."""
        if self._summary is None:
            return
        terminalreporter.section(self._summary.title)
        for line in self._summary.lines:
            terminalreporter.write_line(line)
        if self._summary.verdict:
            terminalreporter.section("gate")
            terminalreporter.write_line(self._summary.verdict[0], **self._emphasis())
            for line in self._summary.verdict[1:]:
                terminalreporter.write_line(line)

    def _emphasis(self) -> dict[str, bool]:
        return {"bold": True, self._summary.colour: True} if self._summary else {}
