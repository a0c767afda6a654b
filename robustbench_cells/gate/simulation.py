"""How often the gate is right: simulated retrainings, resampled from the effect of a real one on each frame.

The differences between two networks are correlated between conditions and between neighbouring frames. Their scores
show how: the paired differences, centred, are resampled in blocks of consecutive frames (a circular block bootstrap,
Politis and Romano 1992) of twice the gate's block length, and a true drop is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from robustbench_cells.errors import ResultsError
from robustbench_cells.files.csv_tables import read_csv
from robustbench_cells.gate.criteria import CRITERIA, PairedDifference
from robustbench_cells.gate.decision import Decision, GateOutcome, assign_verdicts, overall_verdict
from robustbench_cells.gate.demands import make_demands
from robustbench_cells.gate.sequential import LOOKS, InterimTest, interim_looks
from robustbench_cells.gate.statistics import block_sums, jackknife
from robustbench_cells.metrics import METRICS
from robustbench_cells.randomness import generator
from robustbench_cells.results.intervals import BLOCK, Floats, assign_blocks
from robustbench_cells.results.tables import Results

_COLUMNS = ["condition", "frame", "first", "second"]


@dataclass(frozen=True, eq=False)
class Retrainings:
    """The effect of retraining on each frame.

    Attributes
    ----------
    conditions
        Names of the conditions, as in test ids.
    baseline
        Mean Jaccard of the first network, (conditions,).
    differences
        Mean Jaccard of the second network on a frame less that of the first, centred, (frames, conditions).
    """

    conditions: Sequence[str]
    baseline: Floats
    differences: Floats

    @classmethod
    def from_frame_scores(cls, table: pd.DataFrame) -> Retrainings:
        """Make them from a table of `frame_scores`."""
        first, second = (table.pivot(index="frame", columns="condition", values=name) for name in ("first", "second"))
        differences = (second - first).to_numpy(float)
        return cls([str(name) for name in first], first.mean().to_numpy(float), differences - differences.mean(axis=0))

    def draw(self, frames: int, rng: np.random.Generator) -> Floats:
        """Draw the differences of a simulated retraining, (frames, conditions)."""
        length, count = 2 * BLOCK, len(self.differences)
        starts = rng.integers(count, size=-(-frames // length))
        places = (starts[:, None] + np.arange(length)).ravel()[:frames] % count
        return float(rng.choice([-1, 1])) * self.differences[places]

    def decide(self, differences: Floats, tolerance: float, *, sequential: bool) -> tuple[list[Decision], float]:
        """The gate's decisions on differences (frames, conditions), and the share of the differences that it used."""
        frames = [str(frame) for frame in range(len(differences))]
        interim_test = InterimTest(make_demands({"jaccard": tolerance}), len(self.conditions))
        decisions: list[Decision] = []
        used = 0
        for column in range(len(self.conditions)):
            for look in interim_looks(frames) if sequential else [frames]:
                places = [int(frame) for frame in look]
                one = self._look(column, differences[:, column], places, tolerance, LOOKS if sequential else 1)
                if interim_test.is_decided([one]):
                    break
            decisions.append(one)
            used += len(look)
        return assign_verdicts(decisions), used / differences.size

    def _look(self, column: int, differences: Floats, look: Sequence[int], tolerance: float, looks: int) -> Decision:
        values = np.column_stack([differences[look], np.ones(len(look))])
        estimate = jackknife(block_sums(values, assign_blocks(look, BLOCK)), lambda sums: sums[..., 0] / sums[..., 1])
        base = float(self.baseline[column])
        difference = PairedDifference(self.conditions[column], None, base, base + estimate.value, estimate)
        return Decision(CRITERIA.get("jaccard"), "candidate", difference, tolerance, looks)


def frame_scores(results: Results, first: str, second: str) -> pd.DataFrame:
    """Mean Jaccard of two networks on each frame under each condition.

    Parameters
    ----------
    results
        Results of a run with both networks.
    first, second
        Names of the networks.

    Returns
    -------
    pandas.DataFrame
        condition, frame (position in the sequence), first, second.

    Raises
    ------
    ResultsError
        If one of them is not in the results, or they did not run on the same conditions and frames.
    """
    records = results.records
    sides = {}
    for name in (first, second):
        rows = records[records["segmenter"] == name]
        if rows.empty:
            raise ResultsError(f"the results have no {name} (but {', '.join(records['segmenter'].unique())})")
        sides[name] = rows.groupby(["artefact", "intensity", "frame"], sort=False)["jaccard"].mean()
    table = pd.concat(sides, axis=1).reset_index()
    if table[[first, second]].isna().any(axis=None):
        raise ResultsError(f"{first} and {second} were not run on the same conditions and frames")
    table["condition"] = table["artefact"].where(
        table["artefact"] == "clean", table["artefact"] + "-" + table["intensity"].map("{:g}".format)
    )
    table["frame"] = table["frame"].map(results.run.dataset.frames.index)  # position in the sequence
    return table.rename(columns={first: "first", second: "second"})[_COLUMNS]


def read_frame_scores(path: Path) -> pd.DataFrame:
    """Read a table of `frame_scores` from a CSV file.

    Raises
    ------
    ResultsError
        If the file is not such a table.
    """
    try:
        table = read_csv(path, comment="#")
        table = table[_COLUMNS].astype({"condition": str, "frame": int, "first": float, "second": float})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultsError(f"{path}: not a table with the columns {', '.join(_COLUMNS)} ({error})") from error
    counts = table.groupby("condition")["frame"].agg(["size", "nunique"])
    allowed = METRICS.get("jaccard").range
    if (wrong := allowed.excludes(table[["first", "second"]].to_numpy(float))).any():
        raise ResultsError(f"{path}: {int(wrong.sum())} scores are no Jaccard, whose values are {allowed}")
    if table.isna().any(axis=None) or counts.to_numpy().min() != counts.to_numpy().max() or len(counts) == 0:
        raise ResultsError(f"{path}: every condition must have every frame exactly once, with both scores")
    return table


@dataclass(frozen=True)
class OutcomeRates:
    """Rates of the gate's outcomes for one kind of retraining.

    Attributes
    ----------
    kind
        Kind of retraining.
    passed, regressed, inconclusive
        Shares of the retrainings with that outcome.
    forward_passes
        Share of the forward passes that were needed.
    """

    kind: str
    passed: float
    regressed: float
    inconclusive: float
    forward_passes: float


def simulate(
    retrainings: Retrainings,
    *,
    frames: int,
    tolerance: float,
    runs: int,
    seed: int,
    sequential: bool = False,
    only: str = "",
) -> Iterator[OutcomeRates]:
    """Run the gate on ``runs`` retrainings of each kind: no drop, a drop of the tolerance, and of twice the tolerance.

    Parameters
    ----------
    retrainings
        Effect of retraining, to resample.
    frames
        Number of frames of the candidate run.
    tolerance
        Tolerance of the gate, Jaccard.
    runs
        Number of retrainings of each kind.
    seed
        Seed of the simulation.
    sequential
        Whether the gate stops early (see `sequential`).
    only
        Text that the name of a kind must contain.

    Yields
    ------
    OutcomeRates
        One per kind.

    Raises
    ------
    ResultsError
        If no kind contains that text.
    """
    count = len(retrainings.conditions)
    kinds = {
        "no drop": np.zeros(count),
        "a drop of the tolerance everywhere": np.full(count, tolerance),
        "a drop of twice the tolerance everywhere": np.full(count, 2 * tolerance),
    } | {
        f"a drop of twice the tolerance at {name}": 2 * tolerance * np.eye(count)[column]
        for column, name in enumerate(retrainings.conditions)
    }
    kinds = {kind: drop for kind, drop in kinds.items() if only in kind}
    if not kinds:
        raise ResultsError(f"no kind of retraining contains {only!r}")
    for kind, drop in kinds.items():
        rng = generator(seed, "simulation", kind)
        counts = dict.fromkeys(GateOutcome, 0)
        forward_passes = 0.0
        for _ in range(runs):
            decisions, used = retrainings.decide(retrainings.draw(frames, rng) - drop, tolerance, sequential=sequential)
            counts[overall_verdict(decisions)] += 1
            forward_passes += used
        yield OutcomeRates(
            kind,
            counts[GateOutcome.NON_INFERIOR] / runs,
            counts[GateOutcome.REGRESSED] / runs,
            counts[GateOutcome.INCONCLUSIVE] / runs,
            forward_passes / runs,
        )
