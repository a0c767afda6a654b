"""The parent's side: who loads what, for how long, and what is kept of failures."""

from __future__ import annotations

import math
import multiprocessing
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from tests.fuzz.cases import unpacked
from tests.fuzz.kind import KINDS, Files, Kind
from tests.fuzz.worker import ERROR, GOES_ON, INPUT, LOG, MEMORY, RESULT, Outcome, work

CRASH, HANG = "crash", "hang"
_START = 300  # seconds until the sound files of a kind are loaded
_END = 30  # seconds until a process that has nothing left to do is gone
_KEPT = 3  # inputs of each cause


class NotReadyError(Exception):
    """The sound files cannot be made or loaded: there is nothing to be learned from damaged ones."""


@dataclass
class Tally:
    """What a hunt found.

    Attributes
    ----------
    counts
        Of inputs by kind and what became of them.
    causes
        By kind, what failed and where: how often.
    kept
        Those of which an input is kept, with the first one's detail.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    causes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    kept: dict[tuple[str, str, str], tuple[list[Path], str]] = field(default_factory=dict)


def shares(kinds: Sequence[Kind], files: int) -> dict[str, int]:
    """How many inputs each kind gets: by its share, and one at least."""
    whole = sum(kind.share for kind in kinds)
    counts = {kind.name: max(1, files * kind.share // whole) for kind in kinds}
    first = max(kinds, key=lambda kind: kind.share).name
    counts[first] += max(0, files - sum(counts.values()))
    return counts


def hunt(
    kinds: Sequence[Kind],
    files: int,
    seed: int,
    keep: Path,
    until: float = math.inf,
    announce: Callable[[str], None] = lambda kind: None,
) -> Tally:
    """Load so many damaged inputs.

    Parameters
    ----------
    kinds, files
        Each kind gets its share of the inputs.
    seed
        Of the damage.
    keep
        Folder for inputs that fail.
    until
        `time.monotonic` at which to stop.
    announce
        Called after each input.

    Raises
    ------
    NotReadyError
        If the sound files do not load.
    """
    tally = Tally()
    for kind, numbers in _batches(kinds, shares(kinds, files)):
        for number, outcome, content in _outcomes(kind, seed, numbers, until):
            tally.counts[kind.name, outcome.what] += 1
            announce(kind.name)
            if outcome.what in (RESULT, ERROR):
                continue
            cause = kind.name, outcome.what, outcome.where
            tally.causes[cause] += 1
            paths, _ = tally.kept.setdefault(cause, ([], outcome.detail))
            if len(paths) < _KEPT:
                keep.mkdir(parents=True, exist_ok=True)
                paths.append(keep / f"{kind.name}-{seed}-{number}.zip")
                paths[-1].write_bytes(content)
    return tally


def replay(path: Path) -> Outcome:
    """What becomes of an input that was kept, by the kind in its name."""
    kind = KINDS.get(path.stem.partition("-")[0])
    ((_, outcome, _),) = _outcomes(kind, 0, [unpacked(path.read_bytes())], math.inf)
    return outcome


def _batches(kinds: Sequence[Kind], counts: dict[str, int]) -> list[tuple[Kind, range]]:
    """Inputs by number for each process, those of all kinds in turns."""
    found = []
    for kind in kinds:
        count = counts[kind.name]
        for start in range(0, count, kind.batch):
            found.append((start / count, kind, range(start, min(count, start + kind.batch))))
    return [(kind, numbers) for _, kind, numbers in sorted(found, key=lambda one: one[0])]


def _outcomes(
    kind: Kind, seed: int, jobs: Sequence[int | Files], until: float
) -> Iterator[tuple[int | Files, Outcome, bytes]]:
    """Each job with its outcome and the input; another process goes on where one had to be ended."""
    left = list(jobs)
    while left and time.monotonic() < until:
        with tempfile.TemporaryDirectory(prefix="fuzz-", ignore_cleanup_errors=True) as name:
            root = Path(name).resolve()
            for outcome in _process(kind, seed, left, root, until):
                yield left.pop(0), outcome, (root / INPUT).read_bytes()


def _process(kind: Kind, seed: int, jobs: Sequence[int | Files], root: Path, until: float) -> Iterator[Outcome]:
    """The outcomes of the first jobs, up to one after which the process cannot go on."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(kind, seed, jobs, root, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        if not _says(ours, _START):
            raise NotReadyError(f"{kind.name}: the sound files do not load:\n{_end_of(root / LOG)}")
        for _ in jobs:
            if time.monotonic() > until or not _says(ours, _START):
                break
            if not ours.poll(kind.seconds):
                yield Outcome(HANG, "", f"took more than {kind.seconds:g} s")
                break
            outcome = _received(ours)
            if outcome is None:
                process.join()
                yield Outcome(CRASH, str(process.exitcode), f"exit code {process.exitcode}:\n{_end_of(root / LOG)}")
                break
            yield outcome
            if outcome.what == MEMORY:  # it may still hold some
                break
        else:
            process.join(_END)
    finally:
        process.kill()
        process.join()


def _says(connection: Connection, seconds: float) -> bool:
    """Whether the process says that it goes on."""
    return connection.poll(seconds) and _received(connection) == GOES_ON


def _received(connection: Connection) -> Outcome | str | None:
    """None if the process is no more."""
    try:
        return connection.recv()
    except EOFError:
        return None


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-3000:] if log.exists() else ""
