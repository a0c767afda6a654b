"""The selected tests of the grid, and how each phase of each of them ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robustbench_cells.engine.evaluate import GridCell

GridKey = tuple[str, str]  # names of a condition and of a segmenter

_PHASES = ("setup", "call", "teardown")
_MOST_NAMED = 5
_WITHOUT = "without an outcome"
_ADVICE = {  # by the first word of a problem
    "skipped": " (deselect what is not to be judged, by -k or --deselect)",
    "without": " (another fixture rb_outcome is in force and did not ask for the plugin's: let it take rb_outcome, or "
    "give it another name)",
}
_ATTRIBUTE = "robustbench_cells"  # of pytest's report, which takes it from process to process


def make_id(key: GridKey) -> str:
    """The id of a test, such as ``unet_original-noise-50``."""
    condition, segmenter = key
    return f"{segmenter}-{condition}"


@dataclass(frozen=True)
class PhaseReport:
    """What the report of one phase of a test carries.

    Attributes
    ----------
    number
        Place of the test among the selected tests of the grid.
    valid
        Whether its outcome is valid; None but for the test itself, and where it had none.
    failure
        Why it is not, in a word.
    digest
        Digest of its records, see `engine.evaluate.GridCell`.
    timing
        Time spent so far by the process, as `engine.tasks.Timing` names it.
    broken
        Why no later test of the process could do better; empty as a rule.
    stopped
        Why its model is left out of the rest of the run, if it is.
    """

    number: int
    valid: bool | None = None
    failure: str = ""
    digest: str = ""
    timing: dict[str, Any] = field(default_factory=dict)
    broken: str = ""
    stopped: str = ""

    @classmethod
    def of_test(
        cls, number: int, cell: GridCell | None, timing: dict[str, Any], broken: str, stopped: str
    ) -> PhaseReport:
        """The report of a test whose outcome is that of a cell of the grid; None for a phase that has none."""
        if cell is None:
            return cls(number, timing=timing, broken=broken)
        return cls(number, cell.valid, cell.failure, cell.digest, timing, broken, stopped)

    def attach(self, report: Any) -> None:
        """Put it into a report of pytest, as plain values."""
        setattr(report, _ATTRIBUTE, asdict(self))

    @classmethod
    def of(cls, report: Any) -> PhaseReport | None:
        """What a report of pytest carries, if it is one of the grid."""
        content = getattr(report, _ATTRIBUTE, None)
        return None if content is None else cls(**content)


@dataclass
class _Progress:
    """One test: how its phases ended, and whether its outcome is valid."""

    key: GridKey
    phases: dict[str, str] = field(default_factory=dict)
    valid: bool | None = None
    failure: str = ""
    digest: str = ""

    def add(self, phase: str, outcome: str, report: PhaseReport) -> None:
        if phase == _PHASES[0]:  # of the first attempt, or of another one
            self.phases = {}
        if self.phases.get(phase, "passed") == "passed":  # parts of a test report too, and one may fail
            self.phases[phase] = outcome
        if report.valid is not None:
            self.valid, self.failure, self.digest = report.valid, report.failure, report.digest

    def problem(self) -> str:
        """What became of the test instead of passing; empty if it passed."""
        found = [f"{outcome} in {phase}" for phase, outcome in self.phases.items() if outcome != "passed"]
        if found:
            return found[0]
        if self.phases.keys() != set(_PHASES):
            return "not finished"
        return _WITHOUT if self.valid is None else ""


class GridTests:
    """The selected tests of the grid, in all processes.

    Attributes
    ----------
    lost
        Reasons why tests may be missing: a worker that died, a module that could not be collected.
    timings
        Time spent so far by each process, as `engine.tasks.Timing` names it.
    broken
        Failure of the record cache or of the cluster; empty if there is none.
    stopped
        Why models are left out of the rest of the run, in the order in which it happened.
    added
        What ran in addition to the tests, at intensities between those of the grid.
    """

    def __init__(self) -> None:
        self.lost: list[str] = []
        self.timings: dict[str, dict[str, Any]] = {}
        self.broken = ""
        self.stopped: dict[str, None] = {}
        self.added: list[GridCell] = []
        self._tests: dict[tuple[str, int], _Progress] = {}

    def select(self, keys: Iterable[GridKey], worker: str = "") -> None:
        """Take note of the selected tests, in their order; of one worker, where each runs all of them."""
        for number, key in enumerate(keys):
            self._tests.setdefault((worker, number), _Progress(key))

    def add(self, report: PhaseReport, phase: str, outcome: str, worker: str = "", process: str = "") -> None:
        """Take note of how a phase of a test ended, and in which process."""
        self._tests[worker, report.number].add(phase, outcome, report)
        self.timings[process] = report.timing
        self.broken = self.broken or report.broken
        if report.stopped:
            self.stopped[report.stopped] = None

    def wanted(self) -> dict[str, list[str]]:
        """Names of the segmenters under each condition."""
        found: dict[str, dict[str, None]] = {}
        for condition, name in (test.key for test in self._tests.values()):
            found.setdefault(condition, {})[name] = None
        return {condition: list(names) for condition, names in found.items()}

    def cells(self) -> Iterator[GridCell]:
        """Every test that had an outcome, and what ran in addition."""
        from robustbench_cells.engine.evaluate import GridCell

        for test in self._tests.values():
            if test.valid is not None:
                condition, name = test.key
                yield GridCell(name, condition, test.valid, test.failure, test.digest)
        yield from self.added

    def missing(self) -> list[str]:
        """Reasons why tests are missing, which no exit code of pytest need show."""
        return [*self.lost, *self._problems("not finished", _WITHOUT)]

    def problems(self) -> list[str]:
        """Reasons why the tests are no basis for a verdict; those with an invalid outcome are not among them."""
        return [*([self.broken] if self.broken else []), *self.lost, *self._problems()]

    def _problems(self, *only: str) -> list[str]:
        named: dict[str, dict[str, None]] = {}
        for test in self._tests.values():
            if (problem := test.problem()) and test.valid is not False and (not only or problem in only):
                named.setdefault(problem, {})[make_id(test.key)] = None
        return [f"{_remedy(problem)}{_shorten(list(tests))}" for problem, tests in named.items()]


def _remedy(problem: str) -> str:
    return f"tests {problem}{_ADVICE.get(problem.partition(' ')[0], '')}: "


def _shorten(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more}"
