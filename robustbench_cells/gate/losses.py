"""Where a model lost: its curve over each axis beside that of the model in use, and the frames that carry the loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from robustbench_cells.gate.criteria import PairedRecords
from robustbench_cells.results.curves import axis_mean
from robustbench_cells.results.intervals import Floats

_NAMED = 5  # frames


@dataclass(frozen=True)
class LosingFrames:
    """The frames on which a model lost.

    A frame's part is what it adds to the axis's difference: the parts of all frames add up to it.

    Attributes
    ----------
    total
        Number of frames.
    losing
        Number of those that lost.
    half
        Number of frames, the worst first, that carry half of all losses.
    worst
        Name of each of the worst frames, and its share of all losses.
    """

    total: int
    losing: int
    half: int
    worst: Sequence[tuple[str, float]]


@dataclass(frozen=True)
class AxisLoss:
    """Mean Jaccard of the model in use and of the candidate over an axis.

    Attributes
    ----------
    segmenter, axis
        Name of the model in the candidate run, and artefact or ``clean``.
    intensities
        Intensities, ascending.
    baseline, candidate
        Mean Jaccard at each of them, of the model in use and of the candidate.
    frames
        The frames on which the candidate lost.
    """

    segmenter: str
    axis: str
    intensities: Sequence[float]
    baseline: Sequence[float]
    candidate: Sequence[float]
    frames: LosingFrames


def find_losses(pair: PairedRecords, segmenter: str) -> Iterator[AxisLoss]:
    """Compare two models over each axis; frames that stopped early count where they were used."""
    axes: dict[str, list[tuple[float, pd.DataFrame]]] = {}
    for artefact, intensity, rows in pair.conditions():
        if intensity not in pair.refined.get(artefact, ()):
            axes.setdefault(artefact, []).append((intensity, rows))
    for axis, conditions in axes.items():
        levels, tables = zip(*sorted(conditions, key=lambda one: one[0]), strict=True)
        old, new = (tuple(float(rows[column].mean()) for rows in tables) for column in ("jaccard_old", "jaccard_new"))
        yield AxisLoss(
            segmenter, axis, levels, old, new, _losing_frames(*frame_parts(tables, pair.axis(axis).positions(levels)))
        )


def frame_parts(tables: Sequence[pd.DataFrame], places: Sequence[float]) -> tuple[list[str], Floats]:
    """Names of the frames, and what each adds to the axis's difference; places are those of `Axis.positions`."""
    names = sorted({str(name) for rows in tables for name in rows["frame"].unique()})
    parts = np.zeros((len(names), len(tables)))
    for number, rows in enumerate(tables):
        at: npt.NDArray[np.int64] = np.searchsorted(names, rows["frame"].astype(str).to_numpy())
        np.add.at(parts[:, number], at, (rows["jaccard_new"] - rows["jaccard_old"]).to_numpy(float) / len(rows))
    return names, axis_mean(parts, places)


def _losing_frames(names: Sequence[str], parts: Floats) -> LosingFrames:
    order = np.argsort(parts, kind="stable")
    losses = -np.minimum(parts[order], 0)
    losing, total = int((losses > 0).sum()), float(losses.sum())
    if not losing:
        return LosingFrames(len(names), 0, 0, ())
    half = int(np.searchsorted(np.cumsum(losses), total / 2)) + 1
    worst = [(names[at], float(loss / total)) for at, loss in zip(order, losses, strict=True) if loss > 0]
    return LosingFrames(len(names), losing, half, tuple(worst[:_NAMED]))
