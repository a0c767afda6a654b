"""What retraining alone does to each axis, and what each harm costs in units of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.retrainings.evaluation import MODEL
from benchmarks.retrainings.networks import EQUAL
from benchmarks.retrainings.scores import KEPT, read_networks, read_run
from robustbench_cells.gate.statistics import block_sums, jackknife
from robustbench_cells.results.curves import axis_mean
from robustbench_cells.results.intervals import assign_blocks
from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN, condition_name

LARGE_ON_AXIS = 3.0  # standard deviations between seeds
LARGE_AT_CONDITION = 0.05  # Jaccard


def conditions_of_frames(results: Results) -> pd.DataFrame:
    """Mean Jaccard of each frame under each condition, (frames, conditions), in the order of the run's frames."""
    rows = results.records[results.records["segmenter"] == MODEL]
    table = rows.pivot_table(index="frame", columns=["artefact", "intensity"], values="jaccard")
    return table.loc[list(results.run.dataset.frames)]


def axes_of_frames(conditions: pd.DataFrame) -> pd.DataFrame:
    """Value of each axis on each frame, (frames, axes): clean, and the normalised area under each artefact's curve."""
    axes = {CLEAN: conditions[CLEAN].iloc[:, 0]}
    for artefact in conditions.columns.get_level_values("artefact").unique().drop(CLEAN):
        curve = conditions[artefact].sort_index(axis=1)
        axes[artefact] = pd.Series(axis_mean(curve.to_numpy(), [float(x) for x in curve]), curve.index)
    return pd.DataFrame(axes)


def frames_error(one: pd.DataFrame, other: pd.DataFrame, positions: Sequence[int], block: int) -> pd.Series:
    """Standard error, over blocks of frames, of the mean difference of two networks: one value per column."""
    blocks = assign_blocks(positions, block)
    differences = one - other
    return pd.Series(
        {
            name: jackknife(
                block_sums(np.column_stack([values, np.ones(len(values))]), blocks), lambda s: s[..., 0] / s[..., 1]
            ).error
            for name, values in differences.items()
        }
    )


def measure(frames: str, kept: Path = KEPT) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mean Jaccard of each network (rows) on each axis, and under each condition (columns)."""
    conditions = {name: conditions_of_frames(read_run(frames, name, kept)) for name in read_networks(kept)["name"]}
    axes = {name: axes_of_frames(table).mean() for name, table in conditions.items()}
    means = {name: table.mean() for name, table in conditions.items()}
    by_condition = pd.DataFrame(means).T
    by_condition.columns = [condition_name(str(artefact), float(level)) for artefact, level in by_condition.columns]
    return pd.DataFrame(axes).T, by_condition


def spread_table(frames: str, kept: Path = KEPT) -> pd.DataFrame:
    """Spread of the equal networks per axis and condition: mean, standard deviation, range, and the frames' own error.

    The error is the root mean square over all pairs of the standard error of a pair's difference.
    """
    networks = read_networks(kept)
    names = networks.loc[networks["kind"] == EQUAL, "name"]
    tables = {}
    for name in names:
        results = read_run(frames, name, kept)
        conditions = conditions_of_frames(results)
        axes = axes_of_frames(conditions)
        conditions.columns = [condition_name(str(artefact), float(level)) for artefact, level in conditions.columns]
        tables[name] = axes.join(conditions.drop(columns=CLEAN))
    run = results.run
    errors = [
        frames_error(tables[one], tables[other], run.dataset.positions, run.settings.block)
        for one, other in combinations(names, 2)
    ]
    means = pd.DataFrame({name: table.mean() for name, table in tables.items()}).T
    return pd.DataFrame(
        {
            "mean": means.mean(),
            "between seeds": means.std(),
            "lowest": means.min(),
            "highest": means.max(),
            "of the frames": np.sqrt(np.mean(np.square(errors), axis=0)),
        }
    )


@dataclass(frozen=True)
class Loss:
    """What a network loses against the mean of the equal ones.

    Attributes
    ----------
    network
        Name of the network.
    axes
        Loss on each axis, in Jaccard.
    spreads
        The same in standard deviations between the equal networks.
    largest, condition
        Largest loss at a single condition, and its name.
    """

    network: str
    axes: Mapping[str, float]
    spreads: Mapping[str, float]
    largest: float
    condition: str

    @property
    def is_large(self) -> bool:
        """Whether it loses more than three spreads on an axis, or more than 0.05 at a condition."""
        return max(self.spreads.values()) > LARGE_ON_AXIS or self.largest > LARGE_AT_CONDITION


def losses(frames: str, kept: Path = KEPT) -> Sequence[Loss]:
    """Loss of each network; its parent and it itself are not among the equal ones that it is compared with."""
    networks = read_networks(kept).set_index("name")
    axes, conditions = measure(frames, kept)
    found = []
    for name, parent in networks["parent"].items():
        equal = [one for one in networks.index[networks["kind"] == EQUAL] if one not in {name, parent}]
        lost = axes.loc[equal].mean() - axes.loc[name]
        at_conditions = conditions.loc[equal].mean() - conditions.loc[name]
        found.append(
            Loss(
                str(name),
                lost.to_dict(),
                (lost / axes.loc[equal].std()).to_dict(),
                float(at_conditions.max()),
                str(at_conditions.idxmax()),
            )
        )
    return found
