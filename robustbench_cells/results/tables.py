"""Results on disk and in tables.

``patches.csv.gz`` holds every record and ``run.json`` says what made them; every table and figure comes from these two.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from robustbench_cells.errors import ResultsError
from robustbench_cells.files.atomic import keep_aside, read_json, replacing, write_text
from robustbench_cells.results.intervals import blocks, mean_interval
from robustbench_cells.types import CLEAN, Record

RECORDS_FILE = "patches.csv.gz"
RUN_FILE = "run.json"
VERSION = 2

_MOST_BYTES = 2**30  # of the table, unpacked
_MOST_RECORDS = 10_000_000
_MOST_HEAD = 2**14  # bytes of its first line

_TEXT = {"segmenter": str, "artefact": str, "frame": str}
_CONDITION = ["artefact", "intensity", "segmenter"]
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
    inside
        What another run found inside the field of interest of the same frames, if there is one.
    """

    records: pd.DataFrame
    run: Mapping[str, Any]
    inside: Results | None = None

    @cached_property
    def summary(self) -> pd.DataFrame:
        """See `summarise`; made once for all reports."""
        return summarise(self)

    @cached_property
    def fingerprint(self) -> str:
        """Of the records, in hexadecimal."""
        rows = pd.util.hash_pandas_object(self.records[[*_KEYS, *sorted(self.run["metrics"])]], index=False)
        return hashlib.sha256(rows.to_numpy().tobytes()).hexdigest()

    @cached_property
    def blocks(self) -> pd.Series:
        """The block of each record's frame."""
        dataset = self.run["dataset"]
        numbers = blocks(dataset["positions"], self.run["settings"]["block"])
        return self.records["frame"].map(dict(zip(dataset["frames"], numbers.tolist(), strict=True))).rename("block")

    @cached_property
    def single_artefacts(self) -> list[str]:
        """The artefacts that ran alone, in the order of their names: not two together."""
        facts = self.run["artefacts"]
        return [
            name for name in sorted(facts) if "together" not in facts[name] and name in set(self.records["artefact"])
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
    return pd.DataFrame(rows).sort_values(_KEYS, ignore_index=True)


def save(results: Results, folder: Path) -> None:
    """Write the records and the facts of a run into a folder, each atomically; the facts name their records.

    The results that were there go to the folder ``previous`` in it, in place of those before them.

    Raises
    ------
    ResultsError
        If these are more records than are read again.
    """
    table = results.records.to_csv(index=False).encode()
    _require_fitting(table, folder)
    for name in (RECORDS_FILE, RUN_FILE):
        keep_aside(folder / name)
    packed = gzip.compress(table, mtime=0)  # no time stamp: same in, same out
    with replacing(folder / RECORDS_FILE) as temporary:
        temporary.write_bytes(packed)
    facts = {**results.run, "records_sha256": hashlib.sha256(packed).hexdigest()}
    write_text(folder / RUN_FILE, json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


def load(folder: Path) -> Results:
    """Read what `save` wrote.

    Raises
    ------
    ResultsError
        If there is nothing, or it is damaged, of two runs, or of another version.
    """
    for name in (RUN_FILE, RECORDS_FILE):
        if not (folder / name).is_file():
            raise ResultsError(
                f"{folder / name}: no stored results; run pytest on your benchmark with --rb-reports {folder} first"
            )
    again = "run the benchmark again"
    try:
        run = read_json(folder / RUN_FILE)
        if run.get("version") != VERSION:
            raise ResultsError(
                f"{folder / RUN_FILE}: is of version {run.get('version')}, this program reads {VERSION}; {again}"
            )
        if (folder / RECORDS_FILE).stat().st_size > _MOST_BYTES:
            raise ResultsError(f"{folder / RECORDS_FILE}: has more than the {_MOST_BYTES >> 20} MiB that are read")
        packed = (folder / RECORDS_FILE).read_bytes()
        if run.pop("records_sha256", "") != hashlib.sha256(packed).hexdigest():
            raise ResultsError(f"{folder}: {RUN_FILE} is not of the run that {RECORDS_FILE} is of; {again}")
        _check_facts(run)
        empty = {name: [""] for name in run["metrics"]}
        wanted = {*_KEYS, *run["metrics"]}
        records = pd.read_csv(
            io.BytesIO(_unpacked(packed, folder)),
            dtype=_TEXT,
            keep_default_na=False,
            na_values=empty,
            usecols=wanted.__contains__,  # others take memory
        )
        missing = [name for name in [*_KEYS, *run["metrics"]] if name not in records]
        if missing:
            raise ResultsError(f"{folder / RECORDS_FILE}: has no column {', '.join(missing)}; {again}")
        records = records.astype({"intensity": float, "patch": int} | dict.fromkeys(run["metrics"], float))
        _check_records(records, run)
        return Results(records, run)
    except ResultsError:
        raise
    except Exception as error:  # damage makes json, gzip and pandas raise more than anybody has listed
        raise ResultsError(f"{folder}: the stored results are damaged ({error}); {again}") from error


def _unpacked(packed: bytes, folder: Path) -> bytes:
    """The table, if it has a size that it can have."""
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
        table = file.read(_MOST_BYTES + 1)
    _require_fitting(table, folder)
    head = table.partition(b"\n")[0]
    if len(head) > _MOST_HEAD:  # pandas takes hours over ten thousand columns of one name
        raise ValueError(f"{RECORDS_FILE} has columns whose names have {len(head)} bytes")
    return table


def _require_fitting(table: bytes, folder: Path) -> None:
    """Refuse more than is read, before it is written and before it takes memory."""
    if len(table) > _MOST_BYTES or table.count(b"\n") > _MOST_RECORDS:
        raise ResultsError(
            f"{folder / RECORDS_FILE}: more than {_MOST_RECORDS} records, or than {_MOST_BYTES >> 20} MiB of them, are "
            "neither written nor read; run fewer frames or models at a time (--rb-frames, --rb-model)"
        )


def _check_facts(run: Mapping[str, Any]) -> None:
    """Raise a `ValueError` if the facts are not what reports and the gate take for granted."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    schema = json.loads(Path(__file__).with_name("run_schema.json").read_text(encoding="utf-8"))
    if fault := best_match(Draft202012Validator(schema).iter_errors(run)):
        raise ValueError(f"{fault.json_path.replace('$', RUN_FILE, 1)}: {fault.message[:200]}")
    dataset = run["dataset"]
    if len(dataset["frames"]) != len(dataset["positions"]):
        raise ValueError(f"{len(dataset['frames'])} frames have {len(dataset['positions'])} positions")
    targets = {metric["target"] for metric in run["metrics"].values()} - {"", *run["metrics"]}
    if targets:
        raise ValueError(f"metrics aim at {targets}, which is none")


def _check_records(records: pd.DataFrame, run: Mapping[str, Any]) -> None:
    """Raise a `ValueError` if the records are not those of such a run."""
    if twice := int(records.duplicated(_KEYS).sum()):
        raise ValueError(f"{twice} records are there twice")
    for column, known in (
        ("frame", run["dataset"]["frames"]),
        ("artefact", [CLEAN, *run["artefacts"]]),
        ("segmenter", run["segmenters"]),
    ):
        if unknown := sorted(set(records[column]) - set(known)):
            raise ValueError(f"{RUN_FILE} does not know the {column} {', '.join(unknown[:3])}")
    if not np.isfinite(records["intensity"]).all():
        raise ValueError("an intensity is no number")


def block_count(run: Mapping[str, Any]) -> int:
    """How many blocks of frames the intervals of a run rest on."""
    return len(set(blocks(run["dataset"]["positions"], run["settings"]["block"]).tolist()))


def margin(results: Results) -> int:
    """Pixels left out at the border of each frame; 0 where scores are to the border."""
    return int(results.run["settings"].get("margin", 0))


def beside(results: Results, inside: Results) -> Results:
    """Results to the border together with those of the same segmenters inside the field of interest.

    Raises
    ------
    ResultsError
        If the first are not to the border, the second not inside of it, or the two differ in anything else, except
        that the second may have fewer segmenters.
    """
    outer, inner = margin(results), margin(inside)
    if outer or not inner:
        raise ResultsError(
            f"the results have a margin of {outer} px and those inside one of {inner} px; the first are to be run "
            "without --rb-margin, the second with it"
        )
    shared = {name: results.run["segmenters"].get(name) for name in inside.run["segmenters"]}
    for name, one, other in (
        ("data", f"{results.run['dataset']['key']}/margin={inner}", inside.run["dataset"]["key"]),
        ("frames", results.run["dataset"]["frames"], inside.run["dataset"]["frames"]),
        ("segmenters", shared, inside.run["segmenters"]),
        *((name, results.run["settings"][name], inside.run["settings"][name]) for name in ("seed", "most_patches")),
    ):
        if one != other:
            raise ResultsError(f"the results inside the field of interest differ in their {name}; run both alike")
    return Results(results.records, results.run, inside)


def summarise(results: Results) -> pd.DataFrame:
    """One row for each segmenter and condition, clean first.

    Returns
    -------
    pandas.DataFrame
        segmenter, artefact, parameter, unit, intensity, frames, patches, each metric pooled over the patches (mean or
        sum, as the metric says), and of each mean ``*_low`` and ``*_high``, its 95 % interval over blocks of frames
        (`statistics.mean_interval`), and ``*_undefined``: how many patches it leaves out. A mean over no patch is NaN.
    """
    metrics: Mapping[str, Mapping[str, Any]] = results.run["metrics"]
    groups = results.records.groupby(_CONDITION, sort=True)
    summary = groups.agg(frames=("frame", "nunique"), patches=("patch", "size"))
    block = results.blocks
    others: dict[str, pd.Series] = {}
    for name, facts in metrics.items():
        if facts["pooled"] == "sum":
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
    artefacts: Mapping[str, Mapping[str, Any]] = results.run["artefacts"]
    for column in ("unit", "parameter"):
        values = [artefacts.get(name, {}).get(column, "") for name in summary["artefact"]]
        summary.insert(list(summary).index("artefact") + 1, column, values)
    first = ["segmenter", "artefact", "parameter", "unit", "intensity"]
    return summary[first + [column for column in summary if column not in first]]
