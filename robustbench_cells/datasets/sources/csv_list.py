"""Image and mask files listed in a CSV table."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from robustbench_cells.datasets.channels import Channel
from robustbench_cells.datasets.naming import check_frame_name, resolve_single_split
from robustbench_cells.datasets.paired_files import PairedFiles
from robustbench_cells.datasets.sources._base import SOURCES, DatasetSource
from robustbench_cells.errors import DataError
from robustbench_cells.files.reading import read_text
from robustbench_cells.types import Dataset

_COLUMNS = ("image", "mask")
_SHOWN = 500  # characters of a value in a message
_MAX_BYTES = 2**24  # per table
_MAX_ROWS = 2**15  # as pages of a stack
_MAX_COLUMNS = 100  # each row takes time for each of them


@SOURCES.register
class CsvList(DatasetSource):
    """A CSV table with the columns ``image`` and ``mask``, and optionally ``frame`` and ``split``.

    Paths are relative to the table and stay in its folder, unless a folder is named in which they may also lie, as in
    ``FOLDER:FILE.csv``; they may then be absolute, or lead there from the table. A frame is named by ``frame``, else by
    its image file without suffix. Frames of a sequence are listed in temporal order.
    """

    name = "csv"
    layout = (
        "FILE.csv with columns image,mask and optionally frame,split; paths relative to it and in its folder, or in "
        "FOLDER for FOLDER:FILE.csv"
    )
    splits = "values of the column split (default: test); none without it"

    def recognises(self, where: str) -> bool:
        """See `DatasetSource.recognises`."""
        path, _ = _table_and_root(where)
        return path.suffix.lower() == ".csv" and (path.exists() or path != Path(where))

    def open(
        self,
        where: str,
        split: str | None,
        white_level: int | None,
        ignore_label: int | None = None,
        channel: Channel | None = None,
    ) -> Dataset:
        """See `DatasetSource.open`."""
        path, root = _table_and_root(where)
        if not path.exists():
            raise DataError(f"{path}: no such file; give a CSV table, or FOLDER:FILE.csv with a folder of its files")
        rows = list(_read_rows(path, root))
        splits = sorted({row.split for row in rows} - {""})
        if not splits:
            split = resolve_single_split(where, split)
        else:
            if nowhere := next((row for row in rows if not row.split), None):
                raise DataError(f"{nowhere.place}: has no split, but other rows do; give each row one")
            split = split or "test"
            rows = [row for row in rows if row.split == split]
        if not rows:
            raise DataError(
                f"{where}: has no split {split!r}; available: {', '.join(splits) or 'none, it has no rows'}"
            )
        pairs: dict[str, tuple[Path, Path]] = {}
        for row in rows:
            if row.frame in pairs:
                raise DataError(
                    f"{row.place}: duplicate frame {row.frame!r}; give each frame a unique name in a column frame"
                )
            pairs[row.frame] = (row.image, row.mask)
        title = f"{where}, split {split}"
        return PairedFiles(f"paired/{split}", title, pairs, white_level, ignore_label, channel=channel)


@dataclass(frozen=True)
class _Row:
    """One row of the table; ``place`` is its file and line, for messages."""

    place: str
    image: Path
    mask: Path
    frame: str
    split: str


def _table_and_root(where: str) -> tuple[Path, Path]:
    """The table, and the folder besides its own in which its files may lie (or its own again)."""
    root, colon, table = where.rpartition(":")
    if colon and not Path(where).is_file() and Path(root).is_dir():
        return Path(table), Path(root)
    return Path(where), Path(where).parent


def _read_rows(path: Path, root: Path) -> Iterator[_Row]:
    try:
        text = read_text(path, _MAX_BYTES, DataError).removeprefix("\N{BOM}")
        table = csv.DictReader(io.StringIO(text, newline=""))
        columns = [name.strip() for name in table.fieldnames or ()]
        table.fieldnames = columns
        if len(columns) > _MAX_COLUMNS:
            raise DataError(f"{path}: has {len(columns)} columns, more than the {_MAX_COLUMNS} allowed for a table")
        for name in _COLUMNS:
            if columns.count(name) != 1:
                raise DataError(
                    f"{path}, line 1: {'missing' if name not in columns else 'duplicate'} column {name!r}; the "
                    "header is image,mask and optionally frame,split, separated by commas, not "
                    f"{str(columns)[:_SHOWN]}"
                )
        for count, line in enumerate(table):
            if count == _MAX_ROWS:
                raise DataError(f"{path}: has more than the {_MAX_ROWS} rows allowed for a table; split it")
            yield _parse_row(path, root, f"{path}, line {table.line_num}", line)
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as a CSV table in UTF-8 ({error}); save it again") from error


def _parse_row(path: Path, root: Path, place: str, line: dict[str, str | None]) -> _Row:
    cells = {name: (value or "").strip() for name, value in line.items() if isinstance(value, str)}
    image, mask = (_resolve_file(path, root, place, name, cells.get(name, "")) for name in _COLUMNS)
    frame = cells.get("frame") or image.stem
    check_frame_name(place, frame)
    return _Row(place, image, mask, frame, cells.get("split", ""))


def _resolve_file(path: Path, root: Path, place: str, column: str, given: str) -> Path:
    if not given:
        raise DataError(f"{place}: has no {column}; each row needs an image and its mask")
    file = path.parent / given  # which is the path given, where that is absolute
    if not any(_lies_in(file, folder) for folder in (path.parent, root)):
        raise DataError(
            f"{place}: {given[:_SHOWN]!r} leads out of {root}, and a table may be from somebody else; if its files may "
            f"lie elsewhere, name a folder that holds them: FOLDER:{path}"
        )
    try:
        exists = file.is_file()
    except (OSError, ValueError):  # over-long, or with a NUL
        exists = False
    if not exists:
        windows = " and has / between folders, not \\" if "\\" in given else ""
        raise DataError(
            f"{place}: no such file {str(file)[:_SHOWN]}; correct the path, which is relative to the table{windows}"
        )
    return file


def _lies_in(file: Path, folder: Path) -> bool:
    """Whether a path stays in a folder, as it is written or with links followed on both sides."""
    try:
        return any(Path(follow(file)).is_relative_to(follow(folder)) for follow in (os.path.abspath, os.path.realpath))
    except (OSError, ValueError):  # over-long, or with a NUL
        return False
