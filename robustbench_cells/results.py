"""Results on disk and in tables.

``patches.csv.gz`` holds every record and ``run.json`` says what made them; every table and figure comes from these two.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from robustbench_cells.errors import ResultsError
from robustbench_cells.files import replacing, write_text
from robustbench_cells.types import Record

RECORDS_FILE = "patches.csv.gz"
RUN_FILE = "run.json"
VERSION = 1

_TEXT = {"segmenter": str, "artefact": str, "frame": str}
_KEYS = ["segmenter", "artefact", "intensity", "frame", "patch"]


@dataclass(frozen=True, eq=False)
class Results:
    """What a run found.

    Attributes
    ----------
    records
        A row for each record: segmenter, artefact, intensity, frame, patch, and a column for each metric.
    run
        What made them: data set, segmenters, artefacts, metrics, settings, versions, machine. As in ``run.json``.
    """

    records: pd.DataFrame
    run: Mapping[str, Any]


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
    return pd.DataFrame(rows).sort_values(_KEYS, ignore_index=True)


def save(results: Results, folder: Path) -> None:
    """Write the records and the facts of a run into a folder, each atomically."""
    with replacing(folder / RECORDS_FILE) as temporary:
        # No time stamp: the same records give the same bytes.
        temporary.write_bytes(gzip.compress(results.records.to_csv(index=False).encode(), mtime=0))
    write_text(folder / RUN_FILE, json.dumps(results.run, indent=2, ensure_ascii=False) + "\n")


def load(folder: Path) -> Results:
    """Read what `save` wrote.

    Raises
    ------
    ResultsError
        If there is nothing, or it is damaged or of another version.
    """
    for name in (RUN_FILE, RECORDS_FILE):
        if not (folder / name).is_file():
            raise ResultsError(
                f"{folder / name}: no stored results; run `pytest benchmarks/ --rb-reports {folder}` first"
            )
    try:
        run = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
        version = run["version"]
        records = pd.read_csv(folder / RECORDS_FILE, dtype=_TEXT)
    except (ValueError, KeyError, TypeError, EOFError, OSError) as error:
        raise ResultsError(f"{folder}: the stored results are damaged ({error}); run the benchmark again") from error
    if version != VERSION:
        raise ResultsError(f"{folder / RUN_FILE}: is of version {version}, this program reads {VERSION}; run it again")
    missing = [name for name in [*_KEYS, *run["metrics"]] if name not in records]
    if missing:
        raise ResultsError(f"{folder / RECORDS_FILE}: has no column {', '.join(missing)}; run the benchmark again")
    return Results(records, run)


def summarise(results: Results) -> pd.DataFrame:
    """One row for each segmenter and condition, clean first.

    Returns
    -------
    pandas.DataFrame
        segmenter, artefact, parameter, unit, intensity, frames, patches, each metric pooled over the patches (mean or
        sum, as the metric says), and ``*_undefined``: how many patches a mean leaves out, for the metrics that can be
        undefined. A mean over no patch is NaN.
    """
    metrics: Mapping[str, Mapping[str, Any]] = results.run["metrics"]
    groups = results.records.groupby(["artefact", "intensity", "segmenter"], sort=True)
    summary = groups.agg(
        frames=("frame", "nunique"),
        patches=("patch", "size"),
        **{name: (name, facts["pooled"]) for name, facts in metrics.items()},
    )
    for name, facts in metrics.items():
        undefined = results.records[name].isna()
        if facts["pooled"] == "sum":
            summary[name] = summary[name].astype(int)
        elif undefined.any():
            summary[f"{name}_undefined"] = groups[name].agg(lambda scores: int(scores.isna().sum()))
    summary = summary.reset_index().sort_values("artefact", key=lambda names: names != "clean", kind="stable")
    artefacts: Mapping[str, Mapping[str, Any]] = results.run["artefacts"]
    for column in ("unit", "parameter"):
        values = [artefacts.get(name, {}).get(column, "") for name in summary["artefact"]]
        summary.insert(list(summary).index("artefact") + 1, column, values)
    first = ["segmenter", "artefact", "parameter", "unit", "intensity"]
    return summary[first + [column for column in summary if column not in first]]
