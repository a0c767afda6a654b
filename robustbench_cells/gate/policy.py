"""What a gate demands: baselines, criteria with tolerances, and which outcomes pass."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from robustbench_cells.errors import GateError
from robustbench_cells.gate.baselines import Baselines
from robustbench_cells.gate.comparability import require_comparable
from robustbench_cells.gate.comparison import Gate, compare
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.gate.demands import Demand, parse_demands
from robustbench_cells.gate.sequential import EarlyStopping, early_stopping
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.tables import Results

PASSES, FAILS, ERROR, INCONCLUSIVE = 0, 1, 2, 8  # exit codes; pytest uses those in between


@dataclass(frozen=True)
class GatePolicy:
    """How candidate runs are judged.

    Attributes
    ----------
    baselines
        Results of the model in use, and of other seeds of its recipe.
    demands
        What must not get worse, and by how much it may.
    against
        Name in the baseline of each model that was renamed.
    accept_inconclusive
        Whether an inconclusive verdict passes.
    by_file_alone
        Whether a loss within what retraining does counts as if that were not known.
    sequential
        Whether a condition uses only the frames that it takes to decide it.
    folders
        Folders of the baseline runs; empty where these are no files.
    """

    baselines: Baselines
    demands: Sequence[Demand]
    against: Mapping[str, str]
    accept_inconclusive: bool = False
    by_file_alone: bool = False
    sequential: bool = False
    folders: Sequence[Path] = ()

    @classmethod
    def from_options(
        cls,
        folders: Sequence[Path],
        criteria: Sequence[str] = (),
        against: Sequence[str] = (),
        *,
        inconclusive: str = "fail",
        within_spread: str = "pass",
        sequential: bool = False,
    ) -> GatePolicy:
        """Make a policy from command-line options.

        Parameters
        ----------
        folders
            Folders of the baseline runs, that of the model in use first.
        criteria
            ``CRITERION[:ARTEFACT][=TOLERANCE]`` each; see `parse_demands`.
        against
            ``NEW=OLD`` each.
        inconclusive, within_spread
            ``fail`` or ``pass``.
        sequential
            See the attribute.

        Raises
        ------
        RobustbenchError
            If a baseline cannot be read, or an option is malformed.
        """
        demands = parse_demands(criteria)
        renamed = parse_against(against)
        for option, value in (("inconclusive", inconclusive), ("within spread", within_spread)):
            if value not in ("fail", "pass"):
                raise GateError(f"{option}: {value!r} must be fail or pass")
        return cls(
            Baselines.load(folders),
            demands,
            renamed,
            accept_inconclusive=inconclusive == "pass",
            by_file_alone=within_spread == "fail",
            sequential=sequential,
            folders=tuple(folders),
        )

    def require_comparable(self, run: RunManifest) -> None:
        """Raise a `GateError` if a run with this manifest is not comparable: before any model runs."""
        require_comparable(self.baselines, run, self.demands, self.against, sequential=self.sequential)

    def early_stopping(self, run: RunManifest, wanted: Mapping[str, Collection[str]]) -> EarlyStopping:
        """See `sequential.early_stopping`, which refuses what `require_comparable` does."""
        return early_stopping(self.baselines, run, self.demands, self.against, wanted)

    def compare(self, candidate: Results) -> Gate:
        """See `comparison.compare`."""
        return compare(
            self.baselines,
            candidate,
            self.demands,
            self.against,
            sequential=self.sequential,
            by_file_alone=self.by_file_alone,
        )

    def exit_code(self, gate: Gate) -> int:
        """0 if it passes, 1 if the candidate is worse, 8 if it is inconclusive and that does not pass."""
        if gate.verdict is GateOutcome.INCONCLUSIVE:
            return PASSES if self.accept_inconclusive else INCONCLUSIVE
        return FAILS if gate.verdict is GateOutcome.REGRESSED else PASSES


def parse_against(texts: Sequence[str]) -> dict[str, str]:
    """Name in the baseline of each model that was renamed, from ``NEW=OLD`` each.

    Raises
    ------
    GateError
        If a text is malformed, or a model is mapped twice.
    """
    renamed: dict[str, str] = {}
    for text in texts:
        new, _, old = text.partition("=")
        if not new or not old:
            raise GateError(f"{text}: must be NEW=OLD, the model's name in the candidate run and in the baseline")
        if renamed.setdefault(new, old) != old:
            raise GateError(f"{new}: is mapped to {renamed[new]} and to {old}; map it once")
    return renamed
