"""The pytest plugin: options, the fixture ``rb_outcome``, its parametrisation, and what the terminal shows.

A test that takes ``rb_outcome`` runs once for each segmenter and condition of the grid. Nothing but pytest is imported
until there is one.
"""

from __future__ import annotations

import shlex
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from robustbench_cells.evaluate import Outcome
    from robustbench_cells.results import Results
    from robustbench_cells.session import BenchmarkSession, Settings

_FIXTURE = "rb_outcome"
_SECONDS_BETWEEN_LINES = 20  # of progress, in a log
_SESSION: pytest.StashKey[BenchmarkSession] = pytest.StashKey()
_RESULTS: pytest.StashKey[Results] = pytest.StashKey()
_MISTAKE: pytest.StashKey[str] = pytest.StashKey()
_WRITTEN: pytest.StashKey[str] = pytest.StashKey()

_OPTIONS: dict[str, dict[str, Any]] = {
    "dataset": {
        "default": "synthetic",
        "help": "'synthetic', or a folder (`robustbench_cells list` shows the layouts)",
    },
    "split": {"help": "split of the data set (default: its own, mostly 'test')"},
    "model": {
        "action": "append",
        "metavar": "NAME|FILE",
        "help": "a shipped model, a baseline or a model file; repeatable (default: all shipped models and baselines)",
    },
    "profile": {"default": "default", "help": "grid to run: quick, default or paper"},
    "frames": {"type": int, "help": "use this many frames, evenly spread (default: all of the split)"},
    "seed": {"type": int, "default": 0, "help": "of patches and artefacts (default: 0)"},
    "margin": {"type": int, "default": 0, "help": "field of interest: pixels left out at each border (default: 0)"},
    "white-level": {
        "type": int,
        "help": "the value of 16-bit files that is white, for example 4095 for 12-bit cameras",
    },
    "reports": {"default": "reports", "metavar": "DIR", "help": "folder for results and reports (default: reports)"},
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Each option ``--rb-x`` has an ini key ``rb_x``, which the command line overrides."""
    group = parser.getgroup("robustbench", "robustness of cell segmentation")
    for name, words in _OPTIONS.items():
        key = f"rb_{name.replace('-', '_')}"
        shown = {word: value for word, value in words.items() if word != "default"}
        group.addoption(f"--rb-{name}", dest=key, default=None, **shown)
        kind: Any = "args" if words.get("action") else "string"
        parser.addini(key, words["help"], type=kind, default=None)


def _option(config: pytest.Config, name: str) -> Any:
    key, words = f"rb_{name.replace('-', '_')}", _OPTIONS[name]
    given = config.getoption(key)
    if given is None:
        given = config.getini(key) or words.get("default")
    convert = words.get("type", lambda value: value)
    try:
        return None if given is None else convert(given)
    except ValueError as error:
        raise pytest.UsageError(f"{key} = {given}: a whole number is needed") from error


def _settings(config: pytest.Config) -> Settings:
    from robustbench_cells.session import Settings

    values = {name.replace("-", "_"): _option(config, name) for name in _OPTIONS if name not in ("reports", "model")}
    return Settings(models=tuple(_option(config, "model") or ()), **values)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each segmenter and condition, with ids such as ``unet_original-noise-50``."""
    if _FIXTURE not in metafunc.fixturenames:
        return
    from robustbench_cells.errors import RobustbenchError
    from robustbench_cells.session import grid, profile_of, segmenter_sources

    try:
        settings = _settings(metafunc.config)
        conditions, names = grid(profile_of(settings)), list(segmenter_sources(settings.models))
    except (RobustbenchError, pytest.UsageError) as error:
        metafunc.config.stash[_MISTAKE] = str(error)  # an exception here would be reported as one of the test file
        conditions, names = [], []
    cases = [(condition, name) for condition in conditions for name in names]
    ids = [f"{name}-{condition.name}" for condition, name in cases]
    metafunc.parametrize(_FIXTURE, cases, indirect=True, ids=ids)


def _cases(items: list[pytest.Item]) -> Iterator[tuple[Any, str]]:
    for item in items:
        if isinstance(item, pytest.Function) and _FIXTURE in item.fixturenames:
            call: Any = item.callspec
            yield call.params[_FIXTURE]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Open the data set and load the models that the selected tests need, so that a mistake ends the run at once."""
    if _MISTAKE in session.config.stash:
        raise pytest.UsageError(session.config.stash[_MISTAKE])
    cases = list(_cases(session.items))
    if not cases or session.config.option.collectonly or hasattr(session.config, "workerinput"):
        return
    from robustbench_cells.errors import RobustbenchError
    from robustbench_cells.session import BenchmarkSession

    folder = Path(_option(session.config, "reports"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise pytest.UsageError(
            f"--rb-reports {folder}: cannot be written to ({error}); give another folder"
        ) from error
    wanted: dict[str, list[str]] = {}
    for condition, name in cases:
        wanted.setdefault(condition.name, [])
        if name not in wanted[condition.name]:
            wanted[condition.name].append(name)
    try:
        session.config.stash[_SESSION] = BenchmarkSession(_settings(session.config), wanted, _announcer(session.config))
    except RobustbenchError as error:
        raise pytest.UsageError(str(error)) from error


def _announcer(config: pytest.Config) -> Any:
    reporter: Any = config.pluginmanager.getplugin("terminalreporter")
    capture: Any = config.pluginmanager.getplugin("capturemanager")

    last = time.monotonic()

    def announce(line: str) -> None:
        """Overwrite one line in a terminal; in a log, write one now and then."""
        nonlocal last
        if reporter is None or capture is None:
            return
        with capture.global_and_fixture_disabled():
            if reporter.isatty:
                reporter.rewrite(line, erase=True)
            elif time.monotonic() - last > _SECONDS_BETWEEN_LINES:
                last = time.monotonic()
                reporter.ensure_newline()
                reporter.write_line(line)

    return announce


@pytest.fixture
def rb_outcome(request: pytest.FixtureRequest) -> Outcome:
    """What one segmenter did under one condition: records, faults, error (`evaluate.Outcome`)."""
    if _SESSION not in request.config.stash:
        pytest.fail("the robustness grid does not run under pytest-xdist yet: leave out -n", pytrace=False)
    condition, name = request.param
    return request.config.stash[_SESSION].outcome(condition, name)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Store the results and write the reports."""
    benchmark = session.config.stash.get(_SESSION, None)
    if benchmark is None or not benchmark.has_results:
        return
    from robustbench_cells.errors import RobustbenchError
    from robustbench_cells.reporting import write_reports
    from robustbench_cells.results import save

    folder = Path(_option(session.config, "reports"))
    arguments = [str(argument) for argument in session.config.invocation_params.args]
    results = benchmark.results(shlex.join(["pytest", *arguments]))
    session.config.stash[_RESULTS] = results
    try:
        save(results, folder)
        session.config.stash[_WRITTEN] = f"reports: {', '.join(str(path) for path in write_reports(results, folder))}"
    except (OSError, RobustbenchError) as error:
        session.config.stash[_WRITTEN] = f"ERROR: {error}"
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)  # below the table of pytest-benchmark
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Mean Jaccard of each segmenter under each condition, and where the reports are."""
    benchmark = config.stash.get(_SESSION, None)
    if benchmark is None:
        return
    if _RESULTS not in config.stash:
        folder = _option(config, "reports")
        terminalreporter.section("robustness", red=True)
        terminalreporter.write_line(f"no test gave a result, so nothing was written; what is in {folder} is older")
        return
    from robustbench_cells.reporting import terminal_table

    results = config.stash[_RESULTS]
    terminalreporter.section(f"robustness on {results.run['dataset']['title']}")
    terminalreporter.write_line(terminal_table(results))
    terminalreporter.write_line(
        f"{len(results.records)} records in {benchmark.evaluate_seconds:.0f} s; of that the engine itself took at most "
        f"{benchmark.engine_share:.0%}"
    )
    terminalreporter.write_line(config.stash[_WRITTEN])
