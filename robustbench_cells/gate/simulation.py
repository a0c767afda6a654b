"""How often the gate is right: retrainings by the thousand, made up from what real ones do to each frame.

Two networks differ on each frame, together over conditions and from one frame to the next. That is taken from their
scores: the paired differences, centred, are resampled in blocks of consecutive frames (a circular block bootstrap,
Politis and Romano 1992) of twice the gate's length. Onto such a difference a true drop is laid.
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
from robustbench_cells.gate.decision import Decision, GateOutcome, overall, settle
from robustbench_cells.gate.sequential import LOOKS, InterimTest, interim_looks
from robustbench_cells.gate.statistics import block_sums, jackknife
from robustbench_cells.randomness import generator
from robustbench_cells.results.intervals import BLOCK, Floats, blocks
from robustbench_cells.results.tables import Results

_COLUMNS = ["condition", "frame", "first", "second"]


@dataclass(frozen=True, eq=False)
class Retrainings:
    """What retraining does to each frame.

    Attributes
    ----------
    conditions
        Names, as in test ids.
    baseline
        (conditions,): mean Jaccard of the first network.
    differences
        (frames, conditions): the second's mean Jaccard on a frame less the first's, centred.
    """

    conditions: Sequence[str]
    baseline: Floats
    differences: Floats

    @classmethod
    def of(cls, table: pd.DataFrame) -> Retrainings:
        """From a table of `frame_scores`."""
        first, second = (table.pivot(index="frame", columns="condition", values=name) for name in ("first", "second"))
        differences = (second - first).to_numpy(float)
        return cls([str(name) for name in first], first.mean().to_numpy(float), differences - differences.mean(axis=0))

    def draw(self, frames: int, rng: np.random.Generator) -> Floats:
        """Differences of one more retraining, (frames, conditions)."""
        length, count = 2 * BLOCK, len(self.differences)
        starts = rng.integers(count, size=-(-frames // length))
        places = (starts[:, None] + np.arange(length)).ravel()[:frames] % count
        return float(rng.choice([-1, 1])) * self.differences[places]

    def judge(self, differences: Floats, tolerance: float, *, sequential: bool) -> tuple[list[Decision], float]:
        """What the gate says of differences (frames, conditions), and the share of them that it looked at."""
        frames = [str(frame) for frame in range(len(differences))]
        interim_test = InterimTest({"jaccard": tolerance}, {}, len(self.conditions))
        found: list[Decision] = []
        used = 0
        for column in range(len(self.conditions)):
            for look in interim_looks(frames) if sequential else [frames]:
                places = [int(frame) for frame in look]
                one = self._look(column, differences[:, column], places, tolerance, LOOKS if sequential else 1)
                if interim_test.is_decided([one]):
                    break
            found.append(one)
            used += len(look)
        return settle(found), used / differences.size

    def _look(self, column: int, differences: Floats, look: Sequence[int], tolerance: float, count: int) -> Decision:
        values = np.column_stack([differences[look], np.ones(len(look))])
        estimate = jackknife(block_sums(values, blocks(look, BLOCK)), lambda sums: sums[..., 0] / sums[..., 1])
        base = float(self.baseline[column])
        found = PairedDifference(self.conditions[column], None, base, base + estimate.value, estimate)
        return Decision(CRITERIA.get("jaccard"), "candidate", found, tolerance, count)


def frame_scores(results: Results, first: str, second: str) -> pd.DataFrame:
    """The mean Jaccard of two networks on each frame under each condition: condition, frame, first, second.

    Raises
    ------
    ResultsError
        If one of them is not in the results, or they do not cover the same.
    """
    records = results.records
    sides = {}
    for name in (first, second):
        rows = records[records["segmenter"] == name]
        if rows.empty:
            raise ResultsError(f"the results have no {name}; there are: {', '.join(records['segmenter'].unique())}")
        sides[name] = rows.groupby(["artefact", "intensity", "frame"], sort=False)["jaccard"].mean()
    table = pd.concat(sides, axis=1).reset_index()
    if table[[first, second]].isna().any(axis=None):
        raise ResultsError(f"{first} and {second} were not run on the same conditions and frames")
    table["condition"] = table["artefact"].where(
        table["artefact"] == "clean", table["artefact"] + "-" + table["intensity"].map("{:g}".format)
    )
    table["frame"] = table["frame"].map(results.run.dataset.frames.index)  # the place in the sequence
    return table.rename(columns={first: "first", second: "second"})[_COLUMNS]


def read_frame_scores(path: Path) -> pd.DataFrame:
    """What `frame_scores` gave, from a CSV file.

    Raises
    ------
    ResultsError
        If it is not such a file.
    """
    try:
        table = read_csv(path, comment="#")
        table = table[_COLUMNS].astype({"condition": str, "frame": int, "first": float, "second": float})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultsError(f"{path}: is no table of {', '.join(_COLUMNS)} ({error})") from error
    counts = table.groupby("condition")["frame"].agg(["size", "nunique"])
    if table.isna().any(axis=None) or counts.to_numpy().min() != counts.to_numpy().max() or len(counts) == 0:
        raise ResultsError(f"{path}: each condition needs each frame once, and both scores of it")
    return table


@dataclass(frozen=True)
class Tally:
    """Shares of the retrainings of one kind that the gate passed, stopped as surely worse, and could not tell.

    ``spent`` is the share of the forward passes that it took.
    """

    kind: str
    passed: float
    stopped: float
    inconclusive: float
    spent: float

    @property
    def caught(self) -> float:
        """The share that did not pass."""
        return 1 - self.passed


def simulate(
    retrainings: Retrainings,
    *,
    frames: int,
    tolerance: float,
    runs: int,
    seed: int,
    sequential: bool = False,
    only: str = "",
) -> Iterator[Tally]:
    """Judge ``runs`` retrainings of each kind: no worse, just as bad as is tolerated, and worse in several ways.

    Parameters
    ----------
    frames, tolerance
        Of the gate.
    runs
        Retrainings of each kind.
    seed
        The same gives the same figures.
    sequential
        Whether the gate stops once it is sure (`sequential`).
    only
        Words that the name of a kind must have.

    Yields
    ------
    Tally
        One for each kind.

    Raises
    ------
    ResultsError
        If no kind has those words.
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
        raise ResultsError(f"no kind of retraining has the words {only!r} in its name")
    for kind, drop in kinds.items():
        rng = generator(seed, "simulation", kind)
        counts = dict.fromkeys(GateOutcome, 0)
        spent = 0.0
        for _ in range(runs):
            found, used = retrainings.judge(retrainings.draw(frames, rng) - drop, tolerance, sequential=sequential)
            counts[overall(found)] += 1
            spent += used
        yield Tally(
            kind,
            counts[GateOutcome.NON_INFERIOR] / runs,
            counts[GateOutcome.REGRESSED] / runs,
            counts[GateOutcome.INCONCLUSIVE] / runs,
            spent / runs,
        )
