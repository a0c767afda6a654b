"""The parent process: distributes the inputs, enforces time limits, and keeps those that fail."""

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

from tests.fuzz.cases import unpack
from tests.fuzz.kind import KINDS, Kind
from tests.fuzz.worker import ERROR, INPUT, LOG, MEMORY, RESULT, STARTED, Job, Outcome, work

CRASH, HANG = "crash", "hang"
_START = 300  # seconds to load the valid files of a kind
_END = 3  # seconds for an idle process to exit
_MAX_KEPT = 3  # inputs per cause


class NotReadyError(Exception):
    """The valid files cannot be written or loaded, so damaged ones would show nothing."""


@dataclass
class Tally:
    """Outcome of a hunt.

    Attributes
    ----------
    counts
        Number of inputs by kind and outcome.
    causes
        Number of failures by kind, outcome and place.
    kept
        Paths of kept inputs by cause, with the detail of the first.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    causes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    kept: dict[tuple[str, str, str], tuple[list[Path], str]] = field(default_factory=dict)

    def add(self, kind: Kind, outcome: Outcome, path: Path, content: bytes) -> None:
        """Record a failure, and keep its input unless there are enough of its cause."""
        cause = kind.name, outcome.what, outcome.where
        self.causes[cause] += 1
        paths, _ = self.kept.setdefault(cause, ([], outcome.detail))
        if len(paths) < _MAX_KEPT:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            paths.append(path)


def shares(kinds: Sequence[Kind], files: int) -> dict[str, int]:
    """Compute the number of inputs of each kind by its share, rounded up."""
    total = sum(kind.share for kind in kinds)
    return {kind.name: math.ceil(files * kind.share / total) for kind in kinds}


def hunt(
    kinds: Sequence[Kind],
    files: int,
    seed: int,
    keep: Path,
    until: float = math.inf,
    on_input: Callable[[str], None] = lambda kind: None,
) -> Tally:
    """Load damaged inputs.

    Parameters
    ----------
    kinds, files
        Kinds of input, and number of inputs to share among them.
    seed
        Seed of the damage.
    keep
        Folder for inputs that fail.
    until
        Time to stop, as of `time.monotonic`.
    on_input
        Callback after each input, which receives its kind.

    Raises
    ------
    NotReadyError
        If the valid files do not load.
    """
    tally = Tally()
    with suppress(KeyboardInterrupt):  # the tally so far is still reported
        for jobs in _batches(kinds, shares(kinds, files)):
            for (kind, number), outcome, content in outcomes(seed, jobs, until):
                tally.counts[kind.name, outcome.what] += 1
                on_input(kind.name)
                if outcome.what not in (RESULT, ERROR):
                    tally.add(kind, outcome, keep / f"{kind.name}-{seed}-{number}.zip", content)
    return tally


def replay(path: Path) -> Outcome:
    """Load a kept input, whose kind is in its name."""
    kind = KINDS.get(path.stem.partition("-")[0])
    ((_, outcome, _),) = outcomes(0, [(kind, unpack(path.read_bytes()))])
    return outcome


def outcomes(seed: int, jobs: Sequence[Job], until: float = math.inf) -> Iterator[tuple[Job, Outcome, bytes]]:
    """Yield each job with its outcome and its input; a new process continues after one that was ended."""
    left = list(jobs)
    while left and time.monotonic() < until:
        with tempfile.TemporaryDirectory(prefix="fuzz-", ignore_cleanup_errors=True) as name:
            root = Path(name).resolve()
            for place, outcome in enumerate(_process(seed, tuple(left), root, until)):
                content = (root / INPUT.format(place)).read_bytes()
                (root / INPUT.format(place)).unlink()
                yield left.pop(0), outcome, content


def _batches(kinds: Sequence[Kind], counts: Mapping[str, int]) -> list[list[Job]]:
    """Plan the jobs of each process: all kinds in turn, small batches merged."""
    found = []
    for kind in kinds:
        count = counts[kind.name]
        for start in range(0, count, kind.batch):
            jobs: list[Job] = [(kind, number) for number in range(start, min(count, start + kind.batch))]
            found.append((start / count, len(jobs) / kind.batch, jobs))
    batches: list[list[Job]] = []
    room = 0.0
    for _, size, jobs in sorted(found, key=lambda batch: batch[0]):
        if size > room:
            batches.append([])
            room = 1
        batches[-1] += jobs
        room -= size
    return batches


def _process(seed: int, jobs: Sequence[Job], root: Path, until: float) -> Iterator[Outcome]:
    """Yield the outcomes of the first jobs, up to one after which the process cannot continue."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(seed, jobs, root, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        for kind, _ in jobs:
            if time.monotonic() > until:
                break
            if not ours.poll(_START) or _receive(ours) != STARTED:
                raise NotReadyError(
                    f"{kind.name}: its valid files cannot be written or loaded:\n{_read_end(root / LOG)}"
                )
            if not ours.poll(kind.seconds):
                yield Outcome(HANG, "", f"took more than {kind.seconds:g} s")
                break
            outcome = _receive(ours)
            if not isinstance(outcome, Outcome):
                process.join()
                yield Outcome(CRASH, str(process.exitcode), f"exit code {process.exitcode}:\n{_read_end(root / LOG)}")
                break
            yield outcome
            if outcome.what == MEMORY:  # some may still be allocated
                break
        else:
            process.join(_END)
    finally:
        process.kill()
        process.join()


def _receive(connection: Connection) -> Outcome | str | None:
    """Receive a message; None if the process has ended."""
    try:
        return connection.recv()
    except EOFError:
        return None


def _read_end(log: Path) -> str:
    return log.read_text(errors="replace")[-3000:] if log.exists() else ""
