"""``results``: what the record cache holds, exported as a table or pruned; and which cells a model lost."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from robustbench_cells.errors import CacheError
from robustbench_cells.files.atomic import atomic_path
from robustbench_cells.printable import printable

if TYPE_CHECKING:
    import pandas as pd

    from robustbench_cells.results.record_cache import RecordCache

NAME = "results"
HELP = "list, export or prune the cached records; write which cells a model lost"
INTERRUPTED = "stopped; nothing is left of what was not finished"
_WIDEST = 300  # characters of a name in a list


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    try:
        table.to_parquet(path, index=False)
    except ImportError as error:
        raise CacheError("parquet needs pyarrow: pip install 'robustbench-cells[parquet]'") from error


_WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    ".csv": lambda table, path: table.to_csv(path, index=False),
    ".gz": lambda table, path: table.to_csv(path, index=False, compression="gzip"),
    ".parquet": _write_parquet,
}


def configure(parser: argparse.ArgumentParser) -> None:
    """See `Command.configure`."""
    parser.description = (
        "Every record that a run computes is kept in one SQLite file, the record cache, by what it was computed from."
    )
    parser.add_argument(
        "--store",
        type=Path,
        default=Path("reports/records.sqlite"),
        metavar="FILE",
        help="file of the record cache (default: reports/records.sqlite)",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", help="number of records of each data set, segmenter and artefact")
    export = commands.add_parser("export", help="every record with its whole key, as a table")
    export.add_argument("out", type=Path, help="a file that ends in .csv, .csv.gz or .parquet (that needs pyarrow)")
    prune = commands.add_parser(
        "prune",
        help="drop records of segmenters or artefacts, or outdated ones",
        description="A record is dropped if it matches all of the options; of an option given twice, either value.",
    )
    for what in ("segmenter", "artefact"):
        prune.add_argument(
            f"--{what}", action="append", default=[], metavar="NAME", help=f"drop records of this {what}; repeatable"
        )
    prune.add_argument(
        "--outdated", action="store_true", help="drop records of other versions of artefacts and metrics"
    )
    prune.add_argument("--dry-run", action="store_true", help="report the number of records, and drop none")
    lost = commands.add_parser(
        "failures",
        help="which cells a model lost: a table, and labels to open beside the images",
        description="Predict the patches of a stored run again, and write DIR/cells.csv, one row per cell (found, "
        "missed, invented, merged, split, poor outline), and, of each patch with a cell that was not found, the image "
        "and the true and the predicted labels as TIFF files, which napari and Fiji open.",
    )
    lost.add_argument("--model", metavar="NAME", required=True, help="a model of the run")
    lost.add_argument(
        "--condition",
        metavar="NAME",
        action="append",
        default=[],
        help="a condition of the run, as in defocus-4 (default: clean); repeatable",
    )
    lost.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder to write; it must not exist")
    lost.add_argument(
        "--reports", metavar="DIR", type=Path, default=Path("reports"), help="folder of the run (default: reports)"
    )
    lost.add_argument("--dataset", metavar="FRAMES", help="where the frames are, if not where they were")
    lost.add_argument("--source", metavar="MODEL", help="file or reference of the model, if not what it was")
    lost.add_argument(
        "--trust-model", "--rb-trust-model", action="store_true", help="let the model execute its own code, as in a run"
    )
    for command in commands.choices.values():  # the option may stand before the command and after it
        command.add_argument(
            "--store", type=Path, default=argparse.SUPPRESS, metavar="FILE", help="as before the command"
        )


def run(options: argparse.Namespace) -> int:
    """See `Command.run`."""
    if options.command == "failures":
        print(_failures(options))
        return 0
    if not options.store.exists():
        raise CacheError(f"{options.store}: no such record cache; a run of the benchmark creates it")
    from robustbench_cells.results.record_cache import RecordCache

    cache = RecordCache(options.store)
    try:
        print({"list": _list, "export": _export, "prune": _prune}[options.command](cache, options))
    finally:
        cache.close()
    return 0


def _failures(options: argparse.Namespace) -> str:
    from tqdm import tqdm

    from robustbench_cells.api.cells import TABLE, write_failures
    from robustbench_cells.types import CLEAN

    with tqdm(unit=" patches", delay=0.5) as bar:

        def show(condition: str) -> None:
            bar.set_description(condition, refresh=False)
            bar.update()

        found = write_failures(
            options.reports,
            options.model,
            options.condition or [CLEAN],
            options.out,
            dataset=options.dataset,
            source=options.source,
            trusted=options.trust_model,
            on_patch=show,
        )
    return (
        f"wrote {found.folder / TABLE}: {found.cells} cells of {found.patches} patches, {found.lost} of them not found"
    )


def _list(cache: RecordCache, options: argparse.Namespace) -> str:
    from tabulate import tabulate

    contents = cache.contents()
    contents["digest"] = contents["digest"].str[:12]
    keys = ["dataset", "segmenter", "digest", "artefact", "version", "seed"]
    rows = contents.groupby(keys).agg(intensities=("intensity", "nunique"), records=("records", "sum")).reset_index()
    if rows.empty:
        return f"{options.store}: empty"
    rows = _with_printable(rows)
    for name in ("dataset", "segmenter", "artefact"):
        rows[name] = rows[name].str[:_WIDEST]
    table = tabulate(rows.to_numpy().tolist(), [str(column) for column in rows])
    return f"{table}\n\n{rows['records'].sum()} records in {options.store}"


def _export(cache: RecordCache, options: argparse.Namespace) -> str:
    write = _WRITERS.get(options.out.suffix)
    if write is None:
        raise CacheError(f"{options.out}: ends in none of .csv, .csv.gz and .parquet")
    from robustbench_cells.metrics import METRICS

    table = _with_printable(cache.table({metric.name: metric.range for metric in METRICS}))
    with atomic_path(options.out) as temporary:
        write(table, temporary)
    return f"wrote {len(table)} records to {options.out}"


def _with_printable(table: pd.DataFrame) -> pd.DataFrame:
    """The table with control characters shown as escapes: the file may be anybody's."""
    texts = table.select_dtypes(exclude="number").columns
    return table.assign(**{name: _map_once(table[name], printable) for name in texts}).rename(columns=printable)


def _map_once(values: pd.Series, function: Callable[[str], object]) -> pd.Series:
    """The function of each value, called once for equal ones: in a stranger's file they may be long and many."""
    return values.map({value: function(value) for value in values.unique()})


def _prune(cache: RecordCache, options: argparse.Namespace) -> str:
    if not (options.segmenter or options.artefact or options.outdated):
        raise CacheError("nothing to drop is named: give --segmenter, --artefact or --outdated")
    import pandas as pd

    contents = cache.contents()
    doomed = pd.Series(True, contents.index)
    for column, names in (("segmenter", options.segmenter), ("artefact", options.artefact)):
        for name in sorted(set(names) - set(contents[column])):
            raise CacheError(f"{options.store}: no record of {column} {name}; `results list` shows what is cached")
        if names:
            doomed &= contents[column].isin(names)
    if options.outdated:
        doomed &= _outdated(contents)
    everything = contents["records"].sum()
    if options.dry_run:
        return f"would drop {contents[doomed]['records'].sum()} of {everything} records"
    return f"dropped {cache.delete(contents[doomed])} of {everything} records"


def _outdated(contents: pd.DataFrame) -> pd.Series:
    """Which rows no run of this version would look up."""
    from robustbench_cells.artefacts import ARTEFACTS
    from robustbench_cells.metrics import METRICS, metrics_of
    from robustbench_cells.results.cache_keys import DROPPED_CELLS
    from robustbench_cells.types import CLEAN, MEASURED

    versions = {CLEAN: 0} | {ARTEFACTS.qualified_name(one.name): one.version for one in ARTEFACTS}
    metrics = {METRICS.qualified_name(metric.name): metric.version for metric in METRICS} | {DROPPED_CELLS: 1}
    always = {METRICS.qualified_name(metric.name) for metric in metrics_of(())}

    def is_looked_up(text: str) -> bool:
        stored = json.loads(text)
        return stored.keys() >= always and stored.items() <= metrics.items()

    is_other = ~_map_once(contents["metrics"], is_looked_up).astype(bool)
    is_measured = contents["artefact"].str.startswith(MEASURED) & (contents["version"] == 1)
    return ((contents["artefact"].map(versions) != contents["version"]) & ~is_measured) | is_other
