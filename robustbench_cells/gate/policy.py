"""``python -m robustbench_cells gate``: a candidate run judged by a baseline run, without a model at hand."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robustbench_cells.errors import GateError, RobustbenchError
from robustbench_cells.files.atomic import write_text
from robustbench_cells.gate.comparison import Gate, Rule, compare, require_comparable, stopping_rule
from robustbench_cells.gate.criteria import ASPECTS
from robustbench_cells.gate.decision import Verdict
from robustbench_cells.reporting.gate_text import (
    GATE_FILE,
    gate_lines,
    gate_markdown,
    no_verdict_markdown,
    save_told,
    tell,
)
from robustbench_cells.results.tables import Results, load

PASSES, FAILS, ERROR, INCONCLUSIVE = 0, 1, 2, 8  # exit codes; pytest has others between
_ALWAYS = "jaccard"
_FILE = "gate.md"
_SUMMARY = "GITHUB_STEP_SUMMARY"  # names the file that GitHub shows beside a job
_LIMIT = 2**20  # bytes of it, by GitHub's documentation


@dataclass(frozen=True)
class Judge:
    """Compares runs with one baseline.

    Attributes
    ----------
    baseline
        The stored run.
    tolerances
        Of each aspect that is looked at.
    against
        The baseline's names of models that are called otherwise in the candidate's run.
    forgiving
        Whether an inconclusive verdict passes.
    sequential
        Whether a condition is given no more frames than decide it.
    """

    baseline: Results
    tolerances: Mapping[str, float]
    against: Mapping[str, str]
    forgiving: bool = False
    sequential: bool = False

    @classmethod
    def of(
        cls,
        folder: Path,
        aspects: Sequence[str],
        against: Sequence[str],
        inconclusive: str,
        *,
        sequential: bool = False,
    ) -> Judge:
        """From what a user gives.

        Parameters
        ----------
        folder
            Of the baseline run.
        aspects
            Each ``ASPECT`` or ``ASPECT=TOLERANCE``; the Jaccard score is always among them.
        against
            Each ``NEW=OLD``.
        inconclusive
            ``fail`` or ``pass``.
        sequential
            See the attribute.

        Raises
        ------
        RobustbenchError
            If the baseline cannot be read, or something is not of that form.
        """
        tolerances = {}
        if twice := [name for name, count in Counter(text.partition("=")[0] for text in aspects).items() if count > 1]:
            raise GateError(f"{', '.join(twice)}: is given more than one tolerance")
        for text in (_ALWAYS, *aspects):
            name, given, value = text.partition("=")
            aspect = ASPECTS.get(name)
            try:
                tolerances[aspect.name] = float(value) if given else aspect.tolerance
            except ValueError as error:
                raise GateError(
                    f"{text}: the tolerance of {name} is a number, as in {name}={aspect.tolerance}"
                ) from error
        renamed = {}
        for text in against:
            new, _, old = text.partition("=")
            if not new or not old:
                raise GateError(f"{text}: NEW=OLD is needed, the candidate's name of a model and the baseline's")
            renamed[new] = old
        if inconclusive not in ("fail", "pass"):
            raise GateError(f"inconclusive: {inconclusive!r} is neither fail nor pass")
        return cls(load(folder), tolerances, renamed, inconclusive == "pass", sequential)

    def require_comparable(self, run: Mapping[str, Any]) -> None:
        """Raise a `GateError` if a run of these facts could not be judged: before it is run."""
        require_comparable(self.baseline, run, self.tolerances, self.against, sequential=self.sequential)

    def rule(self, run: Mapping[str, Any], wanted: Mapping[str, Collection[str]]) -> Rule:
        """See `gate.stopping_rule`."""
        return stopping_rule(self.baseline, run, self.tolerances, self.against, wanted)

    def judge(self, candidate: Results) -> Gate:
        """See `gate.compare`."""
        return compare(self.baseline, candidate, self.tolerances, self.against, sequential=self.sequential)

    def exit_code(self, gate: Gate) -> int:
        """0 if it passes, 1 if the candidate is worse, 8 if it is inconclusive and that does not pass."""
        if gate.verdict is Verdict.INCONCLUSIVE:
            return PASSES if self.forgiving else INCONCLUSIVE
        return FAILS if gate.verdict is Verdict.REGRESSES else PASSES


def publish(verdict: Gate | str, folder: Path) -> Path:
    """Write ``gate.md`` and ``gate.json`` into a folder, and append it to the summary of a GitHub job.

    Parameters
    ----------
    verdict
        A comparison, or why there is none.
    folder
        Of the reports.
    """

    def text(most_bytes: int) -> str:
        return no_verdict_markdown(verdict) if isinstance(verdict, str) else gate_markdown(verdict, most_bytes)

    path = folder / _FILE
    write_text(path, text(_LIMIT))
    save_told(tell(verdict), folder)
    if summary := os.environ.get(_SUMMARY):
        try:
            _append(Path(summary), text)
        except OSError as error:  # the verdict stands
            print(f"warning: {_SUMMARY} names {summary}, which cannot be written to ({error})", file=sys.stderr)
    return path


def _append(summary: Path, text: Callable[[int], str]) -> None:
    room = _LIMIT - (summary.stat().st_size if summary.exists() else 0)
    more = text(room - 1) + "\n"
    if len(more.encode()) <= room:  # GitHub shows none of a file that is too long
        with summary.open("a", encoding="utf-8") as file:
            file.write(more)


def withdraw(folder: Path) -> None:
    """Remove a verdict that other results were given."""
    for name in (_FILE, GATE_FILE):
        (folder / name).unlink(missing_ok=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    known = ", ".join(f"{aspect.name}={aspect.tolerance:g}" for aspect in ASPECTS)
    parser = argparse.ArgumentParser(
        prog="python -m robustbench_cells gate",
        description="Judge a candidate run by a baseline run, condition by condition. No model is run.",
        epilog="Exit code: 0 it passes, 1 it is worse, 8 the frames cannot tell, 2 the two cannot be compared. "
        "Example: python -m robustbench_cells gate --baseline reports/baseline --candidate reports",
    )
    parser.add_argument("--baseline", type=Path, required=True, metavar="DIR", help="stored results to judge by")
    parser.add_argument("--candidate", type=Path, required=True, metavar="DIR", help="stored results to judge")
    parser.add_argument(
        "--gate",
        action="append",
        metavar="ASPECT[=TOLERANCE]",
        help=f"what else must not get worse, or by how much something may; repeatable (there are: {known})",
    )
    parser.add_argument(
        "--against", action="append", metavar="NEW=OLD", help="a model that the baseline calls otherwise"
    )
    parser.add_argument(
        "--inconclusive",
        choices=("fail", "pass"),
        default="fail",
        help="what frames that cannot tell mean (default: fail)",
    )
    parser.add_argument(
        "--sequential",
        action="store_true",
        help="look at no more frames of a condition than decide it, as a run with --rb-sequential does",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where gate.md goes (default: the candidate's folder)")
    options = parser.parse_args(arguments)
    try:
        judge = Judge.of(
            options.baseline,
            options.gate or (),
            options.against or (),
            options.inconclusive,
            sequential=options.sequential,
        )
        gate = judge.judge(load(options.candidate))
        print(gate_lines(gate, f"{options.candidate}/summary.md, beside that of {options.baseline}"))
    except RobustbenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return ERROR
    folder = options.out or options.candidate
    try:
        print(f"wrote {publish(gate, folder)}")
    except OSError as error:
        print(f"error: {folder}: cannot be written to ({error}); give another folder by --out", file=sys.stderr)
        return ERROR
    return judge.exit_code(gate)


if __name__ == "__main__":
    sys.exit(main())
