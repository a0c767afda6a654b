"""Results on disk and in tables.

``patches.csv.gz`` holds every record and ``run.json`` says what made them; every table and figure comes from these two.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from robustbench_cells.errors import ResultsError
from robustbench_cells.results.intervals import blocks, mean_interval
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.types import CLEAN, Record

_CONDITION = ["artefact", "intensity", "segmenter"]
KEYS = ["segmenter", "artefact", "intensity", "frame", "patch"]


@dataclass(frozen=True, eq=False)
class Results:
    """What a run found.

    Attributes
    ----------
    records
        A row for each record: segmenter, artefact, intensity, frame, patch, and a column for each metric.
    run
        What made the records: data set, segmenters, artefacts, metrics, settings, versions, machine.
    inside
        What another run found inside the field of interest of the same frames, if there is one.
    """

    records: pd.DataFrame
    run: RunManifest
    inside: Results | None = None

    @cached_property
    def summary(self) -> pd.DataFrame:
        """See `summarise`; made once for all reports."""
        return summarise(self)

    @cached_property
    def fingerprint(self) -> str:
        """Of the records, in hexadecimal."""
        rows = pd.util.hash_pandas_object(self.records[[*KEYS, *sorted(self.run.metrics)]], index=False)
        return hashlib.sha256(rows.to_numpy().tobytes()).hexdigest()

    @cached_property
    def blocks(self) -> pd.Series:
        """The block of each record's frame."""
        dataset = self.run.dataset
        numbers = blocks(dataset.positions, self.run.settings.block)
        return self.records["frame"].map(dict(zip(dataset.frames, numbers.tolist(), strict=True))).rename("block")

    @cached_property
    def single_artefacts(self) -> list[str]:
        """The artefacts that ran alone, in the order of their names: not two together."""
        facts = self.run.artefacts
        return [
            name for name in sorted(facts) if facts[name].together is None and name in set(self.records["artefact"])
        ]


def records_table(records: Iterable[Record]) -> pd.DataFrame:
    """Records as rows, in an order that does not depend on that of the run."""
    rows = [
        {
            "segmenter": record.segmenter,
            "artefact": record.artefact,
            "intensity": record.intensity,
            "frame": record.frame,
            "patch": record.patch,
            **record.scores,
        }
        for record in records
    ]
    if not rows:
        raise ResultsError("no record to tabulate: no condition ran to its end")
    return pd.DataFrame(rows).sort_values(KEYS, ignore_index=True)


def block_count(run: RunManifest) -> int:
    """How many blocks of frames the intervals of a run rest on."""
    return len(set(blocks(run.dataset.positions, run.settings.block).tolist()))


def summarise(results: Results) -> pd.DataFrame:
    """One row for each segmenter and condition, clean first.

    Returns
    -------
    pandas.DataFrame
        segmenter, artefact, parameter, unit, intensity, frames, patches, each metric pooled over the patches (mean or
        sum, as the metric says), and of each mean ``*_low`` and ``*_high``, its 95 % interval over blocks of frames
        (`statistics.mean_interval`), and ``*_undefined``: how many patches it leaves out. A mean over no patch is NaN.
    """
    groups = results.records.groupby(_CONDITION, sort=True)
    summary = groups.agg(frames=("frame", "nunique"), patches=("patch", "size"))
    block = results.blocks
    others: dict[str, pd.Series] = {}
    for name, info in results.run.metrics.items():
        if info.pooled == "sum":
            totals = groups[name].sum(min_count=1)  # no silent 0
            summary[name] = totals.astype(int) if (totals % 1 == 0).all() else totals
        else:
            summary[name] = groups[name].mean()
            sums = results.records[name].groupby([*(results.records[key] for key in _CONDITION), block])
            parts = sums.agg(["sum", "count"])
            ends = {key: mean_interval(part.to_numpy(float)) for key, part in parts.groupby(level=_CONDITION)}
            others[f"{name}_low"] = pd.Series({key: low for key, (low, _) in ends.items()})
            others[f"{name}_high"] = pd.Series({key: high for key, (_, high) in ends.items()})
            others[f"{name}_undefined"] = groups["patch"].size() - groups[name].count()
    summary = summary.assign(**others).reset_index()
    summary = summary.sort_values("artefact", key=lambda names: names != CLEAN, kind="stable")
    artefacts = results.run.artefacts
    for column in ("unit", "parameter"):
        values = [getattr(artefacts.get(name), column, "") for name in summary["artefact"]]
        summary.insert(list(summary).index("artefact") + 1, column, values)
    first = ["segmenter", "artefact", "parameter", "unit", "intensity"]
    return summary[first + [column for column in summary if column not in first]]
