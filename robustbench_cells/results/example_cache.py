"""Predicted masks or labels of example patches, and times per patch, kept beside the records that they illustrate.

They lie in tables of their own in the file of the record cache, keyed by what they depend on, so that a segmenter that
has not changed need not be loaded again for pictures. What is damaged there is as good as missing.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from robustbench_cells.results.cache_file import connect, is_initialised
from robustbench_cells.results.cache_keys import CacheKey, FrameKey
from robustbench_cells.results.cache_rows import EXAMPLE_TABLES
from robustbench_cells.types import PATCH_SIDE, Labels, Masks

_BYTES = PATCH_SIDE * PATCH_SIDE // 8  # of a mask, one bit per pixel
_LABEL = np.dtype("<u4")
_LABEL_BYTES = PATCH_SIDE * PATCH_SIDE * _LABEL.itemsize


def mask_key(key: CacheKey, frame: FrameKey, patch: int) -> str:
    """Digest of all that a predicted mask, or labels, depend on."""
    content = [key.digest, key.artefact, key.version, key.intensity, key.seed, *vars(frame).values(), patch]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


class ExampleCache:
    """The tables of predictions and times in an existing record cache.

    Parameters
    ----------
    path
        File of the record cache.

    Raises
    ------
    OSError
        If it cannot be used.
    CacheError
        If it holds anything but our tables.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._translate_errors():
            self._db = connect(path)
            is_initialised(self._db, path)
            for statement in EXAMPLE_TABLES:
                self._db.execute(statement)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def predictions(self, keys: Mapping[int, str]) -> dict[int, Masks | Labels]:
        """Look up masks, bool, or labels, int32, (256, 256), by any number that stands for the key of each."""
        found: dict[int, Masks | Labels] = {}
        with self._translate_errors():
            for number, key in keys.items():
                row = self._db.execute("SELECT mask FROM example_masks WHERE key = ?", (key,)).fetchone()
                if row and (prediction := _unpack(row[0])) is not None:
                    found[number] = prediction
        return found

    def put_predictions(self, digest: str, predictions: Mapping[str, Masks | Labels]) -> None:
        """Keep the masks or labels of a segmenter of this digest, by their keys."""
        rows = [(key, digest, zlib.compress(_pack(one))) for key, one in predictions.items()]
        with self._translate_errors():
            self._db.executemany("INSERT OR REPLACE INTO example_masks VALUES (?, ?, ?)", rows)

    def times(self, digest: str, machine: str) -> list[float]:
        """Look up the times per patch of a segmenter on a machine, in milliseconds; empty if there are none."""
        with self._translate_errors():
            query = "SELECT milliseconds FROM example_times WHERE digest = ? AND machine = ?"
            row = self._db.execute(query, (digest, machine)).fetchone()
        try:
            return [float(time) for time in json.loads(row[0])] if row else []
        except (TypeError, ValueError):
            return []

    def put_times(self, digest: str, machine: str, times: Sequence[float]) -> None:
        """Keep the times per patch of a segmenter on a machine."""
        with self._translate_errors():
            row = (digest, machine, json.dumps(list(times)))
            self._db.execute("INSERT OR REPLACE INTO example_times VALUES (?, ?, ?)", row)

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise OSError(f"{self._path}: the record cache cannot be used for example patches ({error})") from error


def _pack(prediction: Masks | Labels) -> bytes:
    return (np.packbits(prediction) if prediction.dtype == bool else prediction.astype(_LABEL)).tobytes()


def _unpack(content: object) -> Masks | Labels | None:
    """The mask or the labels that were packed, told apart by their size; None if they are damaged."""
    if not isinstance(content, bytes):
        return None
    try:
        bits = zlib.decompressobj().decompress(content, _LABEL_BYTES + 1)
    except zlib.error:
        return None
    if len(bits) == _LABEL_BYTES:
        labels = np.frombuffer(bits, _LABEL).reshape(PATCH_SIDE, PATCH_SIDE)
        return labels.astype(np.int32) if labels.max() <= np.iinfo(np.int32).max else None
    if len(bits) != _BYTES:
        return None
    return np.unpackbits(np.frombuffer(bits, np.uint8)).reshape(PATCH_SIDE, PATCH_SIDE).astype(bool)
