"""Results on disk: ``patches.csv.gz`` holds every record, ``run.json`` what made them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from robustbench_cells.errors import ResultsError
from robustbench_cells.files.atomic import atomic_path, back_up, read_json, write_text
from robustbench_cells.results.tables import _KEYS, Results
from robustbench_cells.types import CLEAN

RECORDS_FILE = "patches.csv.gz"


RUN_FILE = "run.json"


VERSION = 2


_MAX_BYTES = 2**30  # of the table, unpacked


_MAX_RECORDS = 10_000_000


_MAX_HEAD = 2**14  # bytes of its first line


_TEXT = {"segmenter": str, "artefact": str, "frame": str}


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
        back_up(folder / name)
    packed = gzip.compress(table, mtime=0)  # no time stamp: same in, same out
    with atomic_path(folder / RECORDS_FILE) as temporary:
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
        if (folder / RECORDS_FILE).stat().st_size > _MAX_BYTES:
            raise ResultsError(f"{folder / RECORDS_FILE}: has more than the {_MAX_BYTES >> 20} MiB that are read")
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
        table = file.read(_MAX_BYTES + 1)
    _require_fitting(table, folder)
    head = table.partition(b"\n")[0]
    if len(head) > _MAX_HEAD:  # pandas takes hours over ten thousand columns of one name
        raise ValueError(f"{RECORDS_FILE} has columns whose names have {len(head)} bytes")
    return table


def _require_fitting(table: bytes, folder: Path) -> None:
    """Refuse more than is read, before it is written and before it takes memory."""
    if len(table) > _MAX_BYTES or table.count(b"\n") > _MAX_RECORDS:
        raise ResultsError(
            f"{folder / RECORDS_FILE}: more than {_MAX_RECORDS} records, or than {_MAX_BYTES >> 20} MiB of them, are "
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
