"""``python -m robustbench_cells gate``: a candidate run judged by a baseline run, without a model at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from robustbench_cells.errors import GateError
from robustbench_cells.gate.comparability import require_comparable
from robustbench_cells.gate.comparison import Gate, compare
from robustbench_cells.gate.criteria import CRITERIA
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.gate.sequential import EarlyStopping, early_stopping
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.storage import load
from robustbench_cells.results.tables import Results

PASSES, FAILS, ERROR, INCONCLUSIVE = 0, 1, 2, 8  # exit codes; pytest has others between
_ALWAYS = "jaccard"


def default_tolerances() -> dict[str, float]:
    """The criteria that are always looked at, with their tolerances."""
    return {_ALWAYS: CRITERIA.get(_ALWAYS).tolerance}


@dataclass(frozen=True)
class GatePolicy:
    """Compares runs with one baseline.

    Attributes
    ----------
    baseline
        The stored run.
    tolerances
        Of each criterion that is looked at.
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
        criteria: Sequence[str],
        against: Sequence[str],
        inconclusive: str,
        *,
        sequential: bool = False,
    ) -> GatePolicy:
        """From what a user gives.

        Parameters
        ----------
        folder
            Of the baseline run.
        criteria
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
        if twice := [name for name, count in Counter(text.partition("=")[0] for text in criteria).items() if count > 1]:
            raise GateError(f"{', '.join(twice)}: is given more than one tolerance")
        for text in (_ALWAYS, *criteria):
            name, given, value = text.partition("=")
            criterion = CRITERIA.get(name)
            try:
                tolerances[criterion.name] = float(value) if given else criterion.tolerance
            except ValueError as error:
                raise GateError(
                    f"{text}: the tolerance of {name} is a number, as in {name}={criterion.tolerance}"
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

    def require_comparable(self, run: RunManifest) -> None:
        """Raise a `GateError` if a run of these facts could not be judged: before it is run."""
        require_comparable(self.baseline, run, self.tolerances, self.against, sequential=self.sequential)

    def early_stopping(self, run: RunManifest, wanted: Mapping[str, Collection[str]]) -> EarlyStopping:
        """See `gate.early_stopping`."""
        return early_stopping(self.baseline, run, self.tolerances, self.against, wanted)

    def judge(self, candidate: Results) -> Gate:
        """See `gate.compare`."""
        return compare(self.baseline, candidate, self.tolerances, self.against, sequential=self.sequential)

    def exit_code(self, gate: Gate) -> int:
        """0 if it passes, 1 if the candidate is worse, 8 if it is inconclusive and that does not pass."""
        if gate.verdict is GateOutcome.INCONCLUSIVE:
            return PASSES if self.forgiving else INCONCLUSIVE
        return FAILS if gate.verdict is GateOutcome.REGRESSED else PASSES
