"""Results on disk: ``patches.csv.gz`` holds every record, ``run.json`` what made them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from robustbench_cells.errors import ResultsError
from robustbench_cells.files.atomic import atomic_path, back_up, read_json, write_text
from robustbench_cells.files.csv_tables import read_csv
from robustbench_cells.files.reading import read_bytes
from robustbench_cells.results.limits import MAX_RECORDS, require_size
from robustbench_cells.results.manifest import VERSION, RunManifest
from robustbench_cells.results.tables import KEYS, Results, impossible_scores
from robustbench_cells.results.unfinished import clear_unfinished, note_unfinished
from robustbench_cells.types import CLEAN

RECORDS_FILE = "patches.csv.gz"
RUN_FILE = "run.json"

_MAX_BYTES = 2**30  # of the table, unpacked
_MAX_HEAD = 2**14  # bytes of its first line
_TEXT = {"segmenter": str, "artefact": str, "frame": str}
_DIGEST = "records_sha256"
_REMEDY = "run the benchmark again"


def save(results: Results, folder: Path) -> None:
    """Write the records and the manifest of a run into a folder, each atomically; the manifest names its records.

    The results that were there go to the folder ``previous`` in it, in place of those before them.

    Raises
    ------
    ResultsError
        If there are more records than `load` reads.
    """
    table = results.records.to_csv(index=False).encode()
    _require_fitting(table, folder)
    for name in (RECORDS_FILE, RUN_FILE):
        back_up(folder / name)
    packed = gzip.compress(table, mtime=0)  # no time stamp: same in, same out
    with atomic_path(folder / RECORDS_FILE) as temporary:
        temporary.write_bytes(packed)
    content = {**results.run.to_json(), _DIGEST: hashlib.sha256(packed).hexdigest()}
    write_text(folder / RUN_FILE, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    clear_unfinished(folder)


def load(folder: Path) -> Results:
    """Read what `save` wrote.

    Raises
    ------
    ResultsError
        If the files are missing, damaged, of two different runs, or of another version.
    """
    _require_files(folder, RUN_FILE, RECORDS_FILE)
    with _translate_errors(folder):
        content = _read_content(folder)
        packed = read_bytes(folder / RECORDS_FILE, _MAX_BYTES, ResultsError)
        if content.pop(_DIGEST, "") != hashlib.sha256(packed).hexdigest():
            raise ResultsError(f"{folder}: {RUN_FILE} and {RECORDS_FILE} belong to different runs; {_REMEDY}")
        run = note_unfinished(RunManifest.from_json(content), folder)
        results = Results(_read_records(packed, run, folder), run)
        _check_records(results.records, run)
        return results


def load_manifest(folder: Path) -> RunManifest:
    """Read ``run.json`` alone.

    Raises
    ------
    ResultsError
        If it is missing, damaged, or of another version.
    """
    _require_files(folder, RUN_FILE)
    with _translate_errors(folder):
        return note_unfinished(RunManifest.from_json(_read_content(folder)), folder)


def _require_files(folder: Path, *names: str) -> None:
    for name in names:
        if not (folder / name).exists():
            raise ResultsError(
                f"{folder / name}: no stored results; run pytest on your benchmark with --rb-reports={folder} first"
            )


@contextmanager
def _translate_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except ResultsError:
        raise
    except Exception as error:  # damaged files make json, gzip and pandas raise more than any list could hold
        raise ResultsError(f"{folder}: the stored results are damaged ({error}); {_REMEDY}") from error


def _read_content(folder: Path) -> dict[str, Any]:
    content = read_json(folder / RUN_FILE, ResultsError)
    if content.get("version") != VERSION:
        raise ResultsError(
            f"{folder / RUN_FILE}: version {content.get('version')}; this program reads version {VERSION}; {_REMEDY}"
        )
    return content


def _read_records(packed: bytes, run: RunManifest, folder: Path) -> pd.DataFrame:
    columns = [*KEYS, *run.metrics]
    records = read_csv(
        io.BytesIO(_unpack(packed, folder)),
        dtype=_TEXT,
        keep_default_na=False,
        na_values={name: [""] for name in run.metrics},
        usecols=set(columns).__contains__,  # others take memory
    )
    if missing := [name for name in columns if name not in records]:
        raise ResultsError(f"{folder / RECORDS_FILE}: no column {', '.join(missing)}; {_REMEDY}")
    records = records.astype(dict.fromkeys(["intensity", "patch", *run.metrics], float))
    if (records["patch"] % 1 != 0).any():
        raise ValueError("a patch is not numbered by a whole number")
    return records.astype({"patch": int})


def _unpack(packed: bytes, folder: Path) -> bytes:
    """The table, within the limits of size."""
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
        table = file.read(_MAX_BYTES + 1)
    _require_fitting(table, folder)
    head = table.partition(b"\n")[0]
    if len(head) > _MAX_HEAD:  # pandas takes hours over ten thousand columns of one name
        raise ValueError(f"{RECORDS_FILE} has column names of {len(head)} bytes together")
    return table


def _require_fitting(table: bytes, folder: Path) -> None:
    """Refuse a table that is too large, before it is written and before it takes memory."""
    if len(table) > _MAX_BYTES or table.count(b"\n") > MAX_RECORDS:
        raise ResultsError(
            f"{folder / RECORDS_FILE}: more than {MAX_RECORDS} records or {_MAX_BYTES >> 20} MiB, the limits for "
            "writing and reading; run fewer frames or models at a time (--rb-frames, --rb-model)"
        )


def _check_records(records: pd.DataFrame, run: RunManifest) -> None:
    """Raise a `ValueError` if the records cannot be those of this run, a `ResultsError` if they are too many."""
    if duplicates := int(records.duplicated(KEYS).sum()):
        raise ValueError(f"{duplicates} duplicate records")
    for column, names in (
        ("frame", run.dataset.frames),
        ("artefact", [CLEAN, *run.artefacts]),
        ("segmenter", run.segmenters),
    ):
        if unknown := sorted(set(records[column]) - set(names)):
            raise ValueError(f"the {column} {', '.join(unknown[:3])} is missing from {RUN_FILE}")
    require_size(
        run.segmenters,
        conditions=len(records[["artefact", "intensity"]].drop_duplicates()),
        metrics=len(run.metrics),
        frames=len(run.dataset.frames),
    )
    if not np.isfinite(records["intensity"]).all():
        raise ValueError("an intensity is not a finite number")
    for name, info in run.artefacts.items():
        if not all(map(info.axis.holds, records.loc[records["artefact"] == name, "intensity"].unique())):
            raise ValueError(f"an intensity of {name} has no place on a logarithmic scale")
    if not records["patch"].between(0, run.settings.most_patches - 1).all():
        raise ValueError(f"a patch is not numbered from 0 to {run.settings.most_patches - 1}")
    if problems := list(impossible_scores(records, {name: info.range for name, info in run.metrics.items()})):
        raise ValueError("; ".join(problems))
