"""The pytest plugin: the fixture ``rb_outcome``, its parametrisation, and what the terminal shows.

A test that takes ``rb_outcome`` runs once for each segmenter and condition of the grid. Nothing but pytest is imported
until there is one.
"""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from robustbench_cells.pytest_plugin.ids import LIKE_A_GRID_ID, case_id, case_of, whole_grid
from robustbench_cells.pytest_plugin.options import add_options, gate_policy_of, option, settings_of
from robustbench_cells.pytest_plugin.progress import announcer

if TYPE_CHECKING:
    from robustbench_cells.engine.condition import Condition
    from robustbench_cells.engine.evaluate import Outcome
    from robustbench_cells.engine.run import BenchmarkRun
    from robustbench_cells.gate.policy import GatePolicy
    from robustbench_cells.pytest_plugin.finish import RunSummary

    GridCell = tuple[Condition, str]

_FIXTURE = "rb_outcome"
_GRID = "robustbench_cells-grid"


def pytest_addoption(parser: pytest.Parser) -> None:
    """See `options`."""
    add_options(parser)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each segmenter and condition, with ids such as ``unet_original-noise-50``."""
    if _FIXTURE not in metafunc.fixturenames:
        return
    grid: Any = metafunc.config.pluginmanager.get_plugin(_GRID)
    try:
        cases = whole_grid(metafunc.config)
    except pytest.UsageError as error:
        grid.mistake, cases = error, []  # an exception here would be reported as one of the test file
    metafunc.parametrize(_FIXTURE, cases, indirect=True, ids=[case_id(*case) for case in cases])


@pytest.fixture
def rb_outcome(request: pytest.FixtureRequest) -> Outcome:
    """What one segmenter did under one condition: records, faults, error (`evaluate.Outcome`)."""
    grid: Any = request.config.pluginmanager.get_plugin(_GRID)
    return grid.outcome(*request.param)


def pytest_configure(config: pytest.Config) -> None:
    """What a run of the grid needs to remember is a plugin of its own."""
    config.pluginmanager.register(GridRun(config), _GRID)


class GridRun:
    """One run of the grid in this process: by itself, as the controller of pytest-xdist, or as one of its workers.

    Attributes
    ----------
    mistake
        In the options; it ends the run once all is collected.
    session
        Open from the end of the collection; in a worker, from its first test.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.mistake: pytest.UsageError | None = None
        self.session: BenchmarkRun | None = None
        self._config = config
        self._worker: Any = getattr(config, "workerinput", None)
        self._wanted: dict[str, list[str]] = {}
        self._cases: list[Any] = []
        self._efforts: dict[str, Any] = {}  # what each process had spent when it last told
        self._judge: GatePolicy | None = None
        self._ending: RunSummary | None = None
        self._broken = ""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Open the data set and load the models that the selected tests need: a mistake ends the run at once."""
        for item in session.items:
            if isinstance(item, pytest.Function) and _FIXTURE in item.fixturenames and not self.mistake:
                call: Any = item.callspec
                self._want(*call.params[_FIXTURE])
        if self._worker is None and not self._config.option.collectonly:
            self._begin()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Do the same for all workers, as soon as the first has told what it collected."""
        if self.session is None and any(LIKE_A_GRID_ID.search(one) for one in ids):
            cases = {case_id(*case): case for case in whole_grid(self._config)}
            for one in ids:
                if case := case_of(one, cases):
                    self._want(*case)
        if self.session is None:
            self._begin()

    def _want(self, condition: Condition, name: str) -> None:
        names = self._wanted.setdefault(condition.name, [])
        if name not in names:
            names.append(name)

    def _begin(self) -> None:
        if self.mistake:
            raise self.mistake
        if not self._wanted:
            if self._config.getoption("rb_baseline") is not None:
                raise pytest.UsageError(
                    "--rb-baseline: no test of the grid is left to be judged; give a suite with one, and look at -k"
                )
            return
        if option(self._config, "dask") and self._config.pluginmanager.hasplugin("dsession"):
            raise pytest.UsageError("--rb-dask with -n: the workers of the cluster are enough; leave -n out")
        folder = Path(option(self._config, "reports"))
        baseline = option(self._config, "baseline")
        if baseline and Path(baseline).resolve() == folder.resolve():
            raise pytest.UsageError(
                f"--rb-baseline {baseline}: this run would write over it; give another --rb-reports"
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise pytest.UsageError(
                f"--rb-reports {folder}: cannot be written to ({error}); give another folder"
            ) from error
        self._open()

    def _open(self) -> None:
        from robustbench_cells.engine.run import BenchmarkRun
        from robustbench_cells.errors import RobustbenchError

        path = Path(option(self._config, "store") or Path(option(self._config, "reports")) / "records.sqlite")
        alone = self._worker is None
        try:
            self._judge = gate_policy_of(self._config)
            session = BenchmarkRun(
                settings_of(self._config), self._wanted, path, announcer(self._config), share_batches=alone
            )
            if self._judge:
                self._judge.require_comparable(session.facts())
                if self._judge.sequential:
                    session.rule = self._judge.rule(session.facts(), self._wanted)
            if alone and (address := option(self._config, "dask")):
                session.use_cluster(address, option(self._config, "dask-patches"))
        except RobustbenchError as error:
            raise pytest.UsageError(str(error)) from error
        self.session = session

    def pytest_warning_recorded(self, warning_message: Any) -> None:
        """Show before the run what may spoil it: pytest shows it after the last test."""
        from robustbench_cells.errors import DeclarationWarning

        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        if reporter and issubclass(warning_message.category, DeclarationWarning):
            reporter.ensure_newline()
            reporter.write_line(f"warning: {warning_message.message}", yellow=True)

    def outcome(self, condition: Condition, name: str) -> Outcome:
        """What one segmenter did under one condition."""
        from robustbench_cells.errors import CacheError, ClusterError

        if self._broken:
            pytest.fail(self._broken, pytrace=False)
        if self.session is None:
            from robustbench_cells.models.runtimes.threads import share_cores

            share_cores(self._worker["workercount"])
            self._open()
        assert self.session is not None  # noqa: S101
        try:
            return self.session.outcome(condition, name)
        except (CacheError, ClusterError) as error:  # no later test could do better
            if self._worker is None:
                pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
            self._broken = str(error)  # a worker's exit would be taken for a crash
            pytest.fail(self._broken, pytrace=False)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Put into the report of a test what it was about, for `pytest_runtest_logreport` in the controller."""
        report = yield
        if call.when == "call" and isinstance(item, pytest.Function) and _FIXTURE in item.funcargs and self.session:
            outcome: Any = item.funcargs[_FIXTURE]
            report.rb_case = [outcome.segmenter, outcome.condition.name, outcome.valid]
            report.rb_effort = self.session.effort.as_dict()
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Gather what ran, in whichever process."""
        if hasattr(report, "rb_case"):
            self._cases.append(report.rb_case)
            self._efforts[getattr(report, "worker_id", "")] = report.rb_effort

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # before the JUnit report is written, and after all is said
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, Any, Any]:
        """Store the results and write the reports, once for all processes; let the verdict be the last word."""
        if self.session is not None and self._worker is None:
            self._finish(session, exitstatus)
        result = yield
        if self._ending and self._ending.verdict:
            reporter: Any = self._config.pluginmanager.getplugin("terminalreporter")
            reporter.write_line(f"gate: {self._ending.verdict[0]}", **self._emphasis())
        return result

    def _finish(self, session: pytest.Session, exitstatus: int) -> None:
        from robustbench_cells.engine.evaluate import GridCell
        from robustbench_cells.engine.tasks import Timing
        from robustbench_cells.pytest_plugin.finish import finish_run

        assert self.session is not None  # noqa: S101
        self._ending = finish_run(
            self.session,
            self._judge,
            [GridCell(*case) for case in self._cases],
            sum((Timing(**spent) for spent in self._efforts.values()), Timing()),
            Path(option(self._config, "reports")),
            command=shlex.join(["pytest", *map(str, self._config.invocation_params.args)]),
            interrupted=exitstatus == pytest.ExitCode.INTERRUPTED,
        )
        session.exitstatus = session.exitstatus or self._ending.exit_code
        for plugin in self._config.pluginmanager.get_plugins():
            if hasattr(plugin, "add_global_property"):  # the writer of --junitxml
                for name, value in self._ending.properties:
                    plugin.add_global_property(name, value)

    @pytest.hookimpl(trylast=True)  # below the table of pytest-benchmark
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Mean Jaccard of each segmenter under each condition, where the reports are, and the verdict."""
        if self._ending is None:
            return
        terminalreporter.section(self._ending.title)
        for line in self._ending.lines:
            terminalreporter.write_line(line)
        if self._ending.verdict:
            terminalreporter.section("gate")
            terminalreporter.write_line(self._ending.verdict[0], **self._emphasis())
            for line in self._ending.verdict[1:]:
                terminalreporter.write_line(line)

    def _emphasis(self) -> dict[str, bool]:
        return {"bold": True, self._ending.colour: True} if self._ending else {}
