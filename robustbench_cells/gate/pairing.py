"""Two runs joined patch by patch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pandas as pd

from robustbench_cells.gate.criteria import PairedRecords
from robustbench_cells.results.intervals import assign_blocks
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.tables import Results, added_rows
from robustbench_cells.types import CLEAN, condition_name

CONDITION = ["artefact", "intensity"]
_PATCH = [*CONDITION, "frame", "patch"]


def add_blocks(rows: pd.DataFrame, run: RunManifest) -> pd.DataFrame:
    """Add columns with the position and the block of each row's frame."""
    dataset = run.dataset
    numbers = assign_blocks(dataset.positions, run.settings.block)
    position, block = (
        rows["frame"].map(dict(zip(dataset.frames, of_frame, strict=True)))
        for of_frame in (dataset.positions, numbers.tolist())
    )
    return rows.assign(position=position, block=block)


def paired_records(rows: pd.DataFrame, run: RunManifest) -> PairedRecords:
    """Records of two models, from rows with their blocks, for the criteria."""
    axes = {name: info.axis for name, info in run.artefacts.items()}
    units = {name: run.unit(name) for name in run.artefacts}
    return PairedRecords(rows, axes, run.settings.block, run.settings.refined, units)


def covered_patches(rows: pd.DataFrame, run: RunManifest) -> pd.DataFrame:
    """Patches of the conditions that both runs have, with their blocks."""
    is_covered = rows.groupby(CONDITION)["_merge"].transform(lambda sides: (sides != "left_only").any())
    return add_blocks(rows[is_covered.astype(bool)], run)


def pair_records(
    baseline: Results, candidate: Results, old: str, new: str, how: Literal["outer", "inner"] = "outer"
) -> pd.DataFrame:
    """Join the scores of both runs by patch; the column ``_merge`` says which run has the patch.

    At intensities that were added for break-points the baseline has only some models: the candidate's others are left
    out, and so are artefacts that the baseline's grid does not have.
    """
    one, other = (
        results.records[results.records["segmenter"] == name].drop(columns="segmenter")
        for results, name in ((baseline, old), (candidate, new))
    )
    rows = one.merge(other, on=_PATCH, how=how, suffixes=("_old", "_new"), indicator=True, validate="1:1")
    is_new = added_rows(rows, candidate.run) | ~rows["artefact"].isin([CLEAN, *baseline.run.artefacts])
    return rows[(rows["_merge"] != "right_only") | ~is_new].reset_index(drop=True)


def condition_sides(rows: pd.DataFrame) -> Iterator[tuple[str, set[str]]]:
    """Name of each condition, and which runs have patches of it (values of ``_merge``)."""
    for (artefact, intensity), group in rows.groupby(CONDITION):
        yield condition_name(str(artefact), float(str(intensity))), set(group["_merge"].astype(str))
