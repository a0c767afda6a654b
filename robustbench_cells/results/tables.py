"""Results of a run: the records and the tables made from them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from robustbench_cells.errors import ResultsError
from robustbench_cells.printable import is_printable, printable
from robustbench_cells.results.intervals import Floats, FrameOrder, estimates, ratio
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.pooling import values_of
from robustbench_cells.types import CLEAN, Record, ScoreRange, condition_name

_CONDITION = ["artefact", "intensity", "segmenter"]
_PATCH = ["segmenter", "frame", "patch"]
_NAMES = ["segmenter", "artefact", "frame"]
KEYS = ["segmenter", "artefact", "intensity", "frame", "patch"]


@dataclass(frozen=True, eq=False)
class Results:
    """Records of a run and how they were made.

    Attributes
    ----------
    records
        One row per record: segmenter, artefact, intensity, frame, patch, and one column per metric.
    run
        Manifest of the run.
    inside
        Results of another run, inside the field of interest of the same frames, if there is one.
    """

    records: pd.DataFrame
    run: RunManifest
    inside: Results | None = None

    def __post_init__(self) -> None:
        """Show control characters in names as escapes, as the manifest does."""
        hidden = {
            column: {name: printable(name) for name in self.records[column].unique() if not is_printable(name)}
            for column in _NAMES
        }
        if any(hidden.values()):
            object.__setattr__(self, "records", self.records.replace(hidden))

    @cached_property
    def summary(self) -> pd.DataFrame:
        """See `summarise`; computed once for all reports."""
        return summarise(self)

    @cached_property
    def on_grid(self) -> Results:
        """The same without the intensities that were added for break-points, at which not every segmenter ran."""
        if not self.run.settings.refined:
            return self
        is_added = added_rows(self.records, self.run)
        inside = self.inside.on_grid if self.inside else None
        return Results(self.records[~is_added].reset_index(drop=True), self.run, inside)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the records, in hexadecimal."""
        rows = pd.util.hash_pandas_object(self.records[[*KEYS, *sorted(self.run.metrics)]], index=False)
        return hashlib.sha256(rows.to_numpy().tobytes()).hexdigest()

    @cached_property
    def frame_order(self) -> FrameOrder:
        """Order of the run's frames in time."""
        positions = np.sort(np.asarray(self.run.dataset.positions, np.int64))
        return FrameOrder(positions, self.run.settings.block)

    @cached_property
    def _frame_numbers(self) -> dict[str, int]:
        dataset = self.run.dataset
        ranks = np.argsort(np.argsort(dataset.positions, kind="stable"), kind="stable")
        return dict(zip(dataset.frames, ranks.tolist(), strict=True))

    def frame_sums(self, rows: pd.DataFrame, groups: npt.NDArray[Any], columns: Floats) -> Floats:
        """Sum values over the patches of each group and frame, as `intervals.estimates` takes them.

        Parameters
        ----------
        rows
            Records of these results.
        groups
            Group of each record, numbered from 0, (records,).
        columns
            Values of each record, (records, columns).

        Returns
        -------
        numpy.ndarray
            (groups, frames, columns), the frames as in `frame_order`.
        """
        sums = np.zeros((int(groups.max()) + 1, len(self.run.dataset.frames), columns.shape[1]))
        np.add.at(sums, (groups, rows["frame"].map(self._frame_numbers).to_numpy(np.int64)), columns)
        return sums

    def curve_rows(self, artefact: str) -> pd.DataFrame:
        """Rows of the summary that make an artefact's curves, by intensity.

        Where ``clean`` is the measurement at the neutral intensity, and the scale has a place for that, curves start
        with it, on the patches that the artefact took.
        """
        info = self.run.artefacts[artefact]
        ran = self.summary[self.summary["artefact"] == artefact]
        if info.is_clean_at_neutral and info.axis.holds(info.neutral) and (self.records["artefact"] == CLEAN).any():
            clean = self.clean_beside(artefact).summary
            has_own = ran.loc[ran["intensity"] == info.neutral, "segmenter"]
            start = clean[clean["segmenter"].isin(set(ran["segmenter"]) - set(has_own))]
            start = start.assign(
                artefact=artefact, parameter=info.parameter, unit=info.unit, intensity=float(info.neutral)
            )
            ran = pd.concat([start, ran])
        return ran.sort_values("intensity", kind="stable")

    def clean_beside(self, artefact: str) -> Results:
        """The condition ``clean`` on the patches that each segmenter has of an artefact, which may take fewer.

        On all of them for a segmenter that has none of these.
        """
        clean = self.records[self.records["artefact"] == CLEAN]
        rows = on_patches(clean, self.records[self.records["artefact"] == artefact], _PATCH)
        others = clean[~clean["segmenter"].isin(rows["segmenter"])]
        rows = pd.concat([rows, others]).sort_index()
        patches = tuple(rows.index)
        if patches not in self._beside:  # most artefacts take the same patches
            self._beside[patches] = Results(rows.reset_index(drop=True), self.run)
        return self._beside[patches]

    @cached_property
    def _beside(self) -> dict[tuple[int, ...], Results]:
        return {}

    def score_sums(self, rows: pd.DataFrame, groups: npt.NDArray[Any], metric: str) -> Floats:
        """Sum and number of a metric's defined values (`pooling`), (groups, frames, 2); see `frame_sums`."""
        scores = values_of(rows, metric, self.run.metrics[metric], groups)
        defined = ~np.isnan(scores)
        return self.frame_sums(rows, groups, np.column_stack([np.where(defined, scores, 0.0), defined]))

    @cached_property
    def single_artefacts(self) -> list[str]:
        """Names of the artefacts that ran, without the combined ones, in alphabetical order."""
        ran = set(self.records["artefact"])
        return [name for name, info in sorted(self.run.artefacts.items()) if info.together is None and name in ran]

    @cached_property
    def combined_artefacts(self) -> list[str]:
        """Names of the combined artefacts that ran, in alphabetical order."""
        ran = set(self.records["artefact"])
        return [name for name, info in sorted(self.run.artefacts.items()) if info.together and name in ran]

    def drawn_beside(self, artefact: str) -> list[str]:
        """Names of the artefacts whose curves are drawn into the panel of one.

        These are the measured axes that are about it; of a combined artefact, the swept one alone.
        """
        if together := self.run.artefacts[artefact].together:
            return [name for name in self.single_artefacts if name == together.swept]
        return [name for name in self.single_artefacts if self.run.artefacts[name].over == artefact]


def on_patches(rows: pd.DataFrame, others: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Those rows whose patches are among those of others; a patch is what the columns say."""
    taken = pd.MultiIndex.from_frame(others[columns].drop_duplicates())
    return rows[pd.MultiIndex.from_frame(rows[columns]).isin(taken)]


def added_rows(records: pd.DataFrame, run: RunManifest) -> pd.Series:
    """Which records are at intensities that were added for break-points."""
    is_added = pd.Series(False, records.index)
    for artefact, levels in run.settings.refined.items():
        is_added |= (records["artefact"] == artefact) & records["intensity"].isin(levels)
    return is_added


def records_table(records: Iterable[Record]) -> pd.DataFrame:
    """Records as rows, in an order independent of that of the run.

    Raises
    ------
    ResultsError
        If there is no record.
    """
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
        raise ResultsError("no record to tabulate: no condition ran to the end")
    return pd.DataFrame(rows).sort_values(KEYS, ignore_index=True)


def impossible_scores(records: pd.DataFrame, ranges: Mapping[str, ScoreRange]) -> Iterator[str]:
    """Report each metric that has scores outside of its range, with the first of them and where it stands."""
    for name, allowed in ranges.items():
        wrong = allowed.excludes(records[name].to_numpy(float))
        if wrong.any():
            row = records[wrong].iloc[0]
            yield (
                f"{name} is {row[name]:g} in patch {row['patch']} of frame {row['frame']}, {row['segmenter']} under "
                f"{condition_name(row['artefact'], row['intensity'])}, but its values are {allowed}"
            )


def summarise(results: Results) -> pd.DataFrame:
    """Pool the records of each segmenter and condition, clean first.

    Returns
    -------
    pandas.DataFrame
        segmenter, artefact, parameter, unit, intensity, frames, patches, each metric pooled over the patches (mean, sum
        or ratio of sums, as the metric declares), and for each mean and ratio its 95 % interval over blocks of frames,
        ``*_low`` and ``*_high`` (see `intervals`), ``*_blocks``, the number of blocks that it is based on, and
        ``*_undefined``, the number of patches on which the metric is undefined: a mean leaves them out, a ratio takes
        their counts. A mean over no patch is NaN.
    """
    groups = results.records.groupby(_CONDITION, sort=True)
    summary = groups.agg(frames=("frame", "nunique"), patches=("patch", "size"))
    number_of = groups.ngroup().to_numpy()
    columns: dict[str, pd.Series] = {}
    extra: dict[str, pd.Series] = {}
    for name, info in results.run.metrics.items():
        if info.pooled == "sum":
            totals = groups[name].sum(min_count=1)  # no silent 0
            columns[name] = totals.astype(int) if (totals % 1 == 0).all() else totals
        else:
            means = estimates(results.score_sums(results.records, number_of, name), ratio, results.frame_order)
            columns[name] = pd.Series(means.values, summary.index) if info.ratios else groups[name].mean()
            low, high = map(info.range.clip, means.limits())
            for end, limit in (("low", low), ("high", high), ("blocks", means.blocks)):
                extra[f"{name}_{end}"] = pd.Series(limit, summary.index)
            extra[f"{name}_undefined"] = groups["patch"].size() - groups[name].count()
    summary = pd.concat([summary, pd.DataFrame({**columns, **extra}, summary.index)], axis=1).reset_index()
    summary = summary.sort_values("artefact", key=lambda names: names != CLEAN, kind="stable")
    artefacts = results.run.artefacts
    for column in ("unit", "parameter"):
        values = [getattr(artefacts.get(name), column, "") for name in summary["artefact"]]
        summary.insert(list(summary).index("artefact") + 1, column, values)
    first = ["segmenter", "artefact", "parameter", "unit", "intensity"]
    return summary[first + [column for column in summary if column not in first]]
