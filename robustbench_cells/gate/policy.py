"""What a gate demands: baseline, criteria with tolerances, and whether an inconclusive verdict passes."""

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

PASSES, FAILS, ERROR, INCONCLUSIVE = 0, 1, 2, 8  # exit codes; pytest uses those in between
_ALWAYS = "jaccard"


def default_tolerances() -> dict[str, float]:
    """Criteria that are always compared, with their tolerances."""
    return {_ALWAYS: CRITERIA.get(_ALWAYS).tolerance}


@dataclass(frozen=True)
class GatePolicy:
    """How candidate runs are compared with one baseline.

    Attributes
    ----------
    baseline
        Results of the baseline run.
    tolerances
        Tolerance of each criterion that is compared.
    against
        Name in the baseline of each model that was renamed.
    accept_inconclusive
        Whether an inconclusive verdict passes.
    sequential
        Whether a condition uses only the frames that it takes to decide it.
    """

    baseline: Results
    tolerances: Mapping[str, float]
    against: Mapping[str, str]
    accept_inconclusive: bool = False
    sequential: bool = False

    @classmethod
    def from_options(
        cls,
        folder: Path,
        criteria: Sequence[str],
        against: Sequence[str],
        inconclusive: str,
        *,
        sequential: bool = False,
    ) -> GatePolicy:
        """Make a policy from command-line options.

        Parameters
        ----------
        folder
            Folder of the baseline run.
        criteria
            ``CRITERION`` or ``CRITERION=TOLERANCE`` each; the Jaccard score is always among them.
        against
            ``NEW=OLD`` each.
        inconclusive
            ``fail`` or ``pass``.
        sequential
            See the attribute.

        Raises
        ------
        RobustbenchError
            If the baseline cannot be read, or an option is malformed.
        """
        tolerances = {}
        counts = Counter(text.partition("=")[0] for text in criteria)
        if duplicates := [name for name, count in counts.items() if count > 1]:
            raise GateError(f"{', '.join(duplicates)}: more than one tolerance is given")
        for text in (_ALWAYS, *criteria):
            name, given, value = text.partition("=")
            criterion = CRITERIA.get(name)
            try:
                tolerances[criterion.name] = float(value) if given else criterion.tolerance
            except ValueError as error:
                raise GateError(
                    f"{text}: the tolerance of {name} must be a number, as in {name}={criterion.tolerance}"
                ) from error
        renamed: dict[str, str] = {}
        for text in against:
            new, _, old = text.partition("=")
            if not new or not old:
                raise GateError(f"{text}: must be NEW=OLD, the model's name in the candidate run and in the baseline")
            if renamed.setdefault(new, old) != old:
                raise GateError(f"{new}: is mapped to {renamed[new]} and to {old}; map it once")
        if inconclusive not in ("fail", "pass"):
            raise GateError(f"inconclusive: {inconclusive!r} must be fail or pass")
        return cls(load(folder), tolerances, renamed, inconclusive == "pass", sequential)

    def require_comparable(self, run: RunManifest) -> None:
        """Raise a `GateError` if a run with this manifest is not comparable: before any model runs."""
        require_comparable(self.baseline, run, self.tolerances, self.against, sequential=self.sequential)

    def early_stopping(self, run: RunManifest, wanted: Mapping[str, Collection[str]]) -> EarlyStopping:
        """See `sequential.early_stopping`, which refuses what `require_comparable` does."""
        return early_stopping(self.baseline, run, self.tolerances, self.against, wanted)

    def compare(self, candidate: Results) -> Gate:
        """See `comparison.compare`."""
        return compare(self.baseline, candidate, self.tolerances, self.against, sequential=self.sequential)

    def exit_code(self, gate: Gate) -> int:
        """0 if it passes, 1 if the candidate is worse, 8 if it is inconclusive and that does not pass."""
        if gate.verdict is GateOutcome.INCONCLUSIVE:
            return PASSES if self.accept_inconclusive else INCONCLUSIVE
        return FAILS if gate.verdict is GateOutcome.REGRESSED else PASSES
