"""The parent's side: who loads what, for how long, and what is kept of failures."""

from __future__ import annotations

import math
import multiprocessing
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from tests.fuzz.cases import unpacked
from tests.fuzz.kind import KINDS, Kind
from tests.fuzz.worker import ERROR, GOES_ON, INPUT, LOG, MEMORY, RESULT, Job, Outcome, work

CRASH, HANG = "crash", "hang"
_START = 300  # seconds until the sound files of a kind are loaded
_END = 3  # seconds until a process that has nothing left to do is gone
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

    def add(self, kind: Kind, outcome: Outcome, path: Path, content: bytes) -> None:
        """Note a failure, and keep its input at a path unless there are enough of its cause."""
        cause = kind.name, outcome.what, outcome.where
        self.causes[cause] += 1
        paths, _ = self.kept.setdefault(cause, ([], outcome.detail))
        if len(paths) < _KEPT:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            paths.append(path)


def shares(kinds: Sequence[Kind], files: int) -> dict[str, int]:
    """How many inputs each kind gets: by its share, rounded up."""
    whole = sum(kind.share for kind in kinds)
    return {kind.name: math.ceil(files * kind.share / whole) for kind in kinds}


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
    with suppress(KeyboardInterrupt):  # what was found so far is told
        for jobs in _batches(kinds, shares(kinds, files)):
            for (kind, number), outcome, content in outcomes(seed, jobs, until):
                tally.counts[kind.name, outcome.what] += 1
                announce(kind.name)
                if outcome.what not in (RESULT, ERROR):
                    tally.add(kind, outcome, keep / f"{kind.name}-{seed}-{number}.zip", content)
    return tally


def replay(path: Path) -> Outcome:
    """What becomes of an input that was kept, by the kind in its name."""
    kind = KINDS.get(path.stem.partition("-")[0])
    ((_, outcome, _),) = outcomes(0, [(kind, unpacked(path.read_bytes()))])
    return outcome


def outcomes(seed: int, jobs: Sequence[Job], until: float = math.inf) -> Iterator[tuple[Job, Outcome, bytes]]:
    """Each job with its outcome and its input; another process goes on where one had to be ended."""
    left = list(jobs)
    while left and time.monotonic() < until:
        with tempfile.TemporaryDirectory(prefix="fuzz-", ignore_cleanup_errors=True) as name:
            root = Path(name).resolve()
            for place, outcome in enumerate(_process(seed, tuple(left), root, until)):
                content = (root / INPUT.format(place)).read_bytes()
                (root / INPUT.format(place)).unlink()
                yield left.pop(0), outcome, content


def _batches(kinds: Sequence[Kind], counts: Mapping[str, int]) -> list[list[Job]]:
    """What each process loads: inputs of all kinds in turns, and small batches together."""
    found = []
    for kind in kinds:
        count = counts[kind.name]
        for start in range(0, count, kind.batch):
            jobs: list[Job] = [(kind, number) for number in range(start, min(count, start + kind.batch))]
            found.append((start / count, len(jobs) / kind.batch, jobs))
    batches: list[list[Job]] = []
    room = 0.0
    for _, size, jobs in sorted(found, key=lambda one: one[0]):
        if size > room:
            batches.append([])
            room = 1
        batches[-1] += jobs
        room -= size
    return batches


def _process(seed: int, jobs: Sequence[Job], root: Path, until: float) -> Iterator[Outcome]:
    """The outcomes of the first jobs, up to one after which the process cannot go on."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(seed, jobs, root, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        for kind, _ in jobs:
            if time.monotonic() > until:
                break
            if not ours.poll(_START) or _received(ours) != GOES_ON:
                raise NotReadyError(
                    f"{kind.name}: its files cannot be made, or sound ones do not load:\n{_end_of(root / LOG)}"
                )
            if not ours.poll(kind.seconds):
                yield Outcome(HANG, "", f"took more than {kind.seconds:g} s")
                break
            outcome = _received(ours)
            if not isinstance(outcome, Outcome):
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


def _received(connection: Connection) -> Outcome | str | None:
    """None if the process is no more."""
    try:
        return connection.recv()
    except EOFError:
        return None


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-3000:] if log.exists() else ""
