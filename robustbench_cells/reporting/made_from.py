"""Whether files of an earlier report are those that would be written again: drawing takes longer than the rest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from robustbench_cells.errors import ResultsError, RobustbenchError
from robustbench_cells.files.atomic import read_json, write_text
from robustbench_cells.files.checksums import sha256
from robustbench_cells.results.tables import Results

_STAMP = ".made-from.json"
_OF_ONE_RUN = ("command", "date", "commit", "branch", "effort", "machine", "runners")  # no figure shows them
_CODE = ("reporting", "results")  # folders of this package
_LIBRARIES = ("matplotlib", "numpy", "pandas")


def is_current(results: Results, folder: Path) -> bool:
    """Whether a folder has the files that `stamp` named for equal results and code, unchanged."""
    try:
        stored = read_json(folder / _STAMP, ResultsError)
        files = dict(stored["files"])
        return stored["of"] == _source(results) and all(sha256(folder / name) == files[name] for name in files)
    except (RobustbenchError, OSError, ValueError, TypeError, KeyError, RecursionError):  # none, or damaged
        return False


def stamp(results: Results, folder: Path, files: Iterable[Path]) -> None:
    """Note in a folder which files were made from these results."""
    content = {"of": _source(results), "files": {file.name: sha256(file) for file in files}}
    write_text(folder / _STAMP, json.dumps(content, indent=1) + "\n")


def remove_stamp(folder: Path) -> None:
    """Remove what `stamp` noted, if it did."""
    (folder / _STAMP).unlink(missing_ok=True)


def _source(results: Results) -> str:
    run = {name: value for name, value in results.run.to_json().items() if name not in _OF_ONE_RUN}
    content = json.dumps([results.fingerprint, run, _code()], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


@cache
def _code() -> str:
    """Digest of the code that draws, and versions of the libraries that do."""
    digest = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in _LIBRARIES).encode())
    for part in _CODE:
        for path in sorted((Path(__file__).parents[1] / part).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
