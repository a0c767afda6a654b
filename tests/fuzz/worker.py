"""The process that loads damaged files, watched and within limits."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import robustbench_cells
from robustbench_cells.errors import RobustbenchError
from tests.fuzz.cases import damaged_input, pack, sound_inputs, write
from tests.fuzz.kind import Files, Kind

GOES_ON = "goes on"
RESULT, ERROR = "result", "error"
TRACEBACK, MEMORY, STRAYED = "traceback", "memory", "strayed"
LOG, INPUT = "log", "input-{}.zip"  # in the folder of a process

_ADDRESSES = 4  # times the memory that an input may take: libraries reserve more address space than they use
_PACKAGE = Path(robustbench_cells.__file__).parent
_READABLE = (sys.prefix, sys.base_prefix, str(_PACKAGE.parent), "/proc/", "/sys/", "/dev/", "/usr/", "/lib")
_NEVER = {
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "pickle.find_class", "socket.bind",
    "socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen",
}  # fmt: skip
_CHANGES = {"os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True)
class Outcome:
    """What became of an input.

    Attributes
    ----------
    what
        `RESULT` or `ERROR`, which are as they should be, or what failed.
    where
        What failures of one cause have in common.
    detail
        For people.
    """

    what: str
    where: str = ""
    detail: str = ""


Job = tuple[Kind, int | Files]  # an input by its number, or as it is


def work(seed: int, jobs: Sequence[Job], root: Path, connection: Connection) -> None:
    """Load damaged inputs one after the other.

    Of each, sends `GOES_ON` when it begins, and then its `Outcome`. Before the first of a kind all sound inputs of it
    are loaded, and all libraries with them.
    """
    for name in ("home", "tmp", "here"):
        (root / name).mkdir()
    places = {"HOME": root / "home", "XDG_CACHE_HOME": root / "home" / "cache", "TMPDIR": root / "tmp"}
    os.environ |= {name: str(place) for name, place in places.items()}
    tempfile.tempdir = None
    sys.dont_write_bytecode = True
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    os.chdir(root / "here")
    log = os.open(root / LOG, os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    watch = Watch(root)
    sound: dict[str, list[Files]] = {}
    for place, (kind, job) in enumerate(jobs):
        if kind.name not in sound:
            sound[kind.name] = sound_inputs(kind)
            for files in sound[kind.name]:
                _renew(root / "case", files)
                kind.load(root / "case")
        files = damaged_input(kind, sound[kind.name], seed, job) if isinstance(job, int) else job
        (root / INPUT.format(place)).write_bytes(pack(files))  # outlives this process
        _renew(root / "case", files)
        connection.send(GOES_ON)
        connection.send(_loaded(kind, root / "case", watch))


def _renew(folder: Path, files: Files) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    write(files, folder)


def _loaded(kind: Kind, folder: Path, watch: Watch) -> Outcome:
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _status("VmRSS")
    ends = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_status("VmSize") + _ADDRESSES * kind.mebibytes * 2**20, ends[1]))
    watch.begin()
    try:
        kind.load(folder)
        outcome = Outcome(RESULT)
    except RobustbenchError as error:
        outcome = _refusal(error)
    except BaseException as error:  # whatever it is, it is what is looked for
        outcome = Outcome(MEMORY if isinstance(error, MemoryError) else TRACEBACK, _place(error), _trace(error))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, ends)
    if strayed := watch.end():
        return Outcome(STRAYED, re.sub(r"[^\s:]*/", "", strayed[0])[:80], "\n".join(strayed[:20]))
    if (more := (_status("VmHWM") - before) / 2**20) > kind.mebibytes:
        return Outcome(MEMORY, "peak", f"took {more:.0f} MiB, more than {kind.mebibytes}; then: {outcome}")
    return outcome


def _refusal(error: RobustbenchError) -> Outcome:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):  # it was asked for, and that it was not there is luck
            return Outcome(MEMORY, _place(cause), _trace(error))
        cause = cause.__cause__ or cause.__context__
    return Outcome(ERROR, type(error).__name__, str(error))


def _place(error: BaseException) -> str:
    """The last line of ours, and the last of all."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    lines = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in (*ours[-1:], *frames[-1:])]
    return " ".join([type(error).__name__, *dict.fromkeys(lines)])


def _trace(error: BaseException) -> str:
    text = "".join(traceback.format_exception(error))
    return text if len(text) < 6000 else f"{text[:3000]}\n…\n{text[-3000:]}"


def _status(name: str) -> int:
    """Bytes, as Linux counts them."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


class Watch:
    """Records what no loader may do, and forbids it: Python tells of it beforehand (`sys.addaudithook`)."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._seen: list[str] | None = None
        self._there: set[str] = set()
        sys.addaudithook(self._told)

    def begin(self) -> None:
        """From now on."""
        self._there = self._listing()
        self._seen = []

    def end(self) -> list[str]:
        """What was done since."""
        seen, self._seen = self._seen or [], None
        return seen + [f"left behind: {name}" for name in sorted(self._listing() - self._there)]

    def _listing(self) -> set[str]:
        """All but the input's own folder."""
        case = f"{self._root}/case"
        return {
            f"{folder}/{name}"
            for folder, folders, names in os.walk(self._root)
            if folder != case and not folder.startswith(f"{case}/")
            for name in (*folders, *names)
        }

    def _told(self, event: str, given: tuple[Any, ...]) -> None:
        if self._seen is None:
            return
        if event in _NEVER:
            self._forbid(f"{event}: {given}")
        elif event in _CHANGES:
            for place in given[:2]:
                if isinstance(place, str | bytes | os.PathLike) and not self._inside(place):
                    self._forbid(f"{event}: {os.fsdecode(place)}")
        elif event == "open" and isinstance(given[0], str | bytes):
            place = os.fsdecode(given[0])
            writes = bool(given[2] & _WRITES) and place != os.devnull
            if not self._inside(place) and (writes or not os.path.abspath(place).startswith(_READABLE)):
                self._forbid(f"{'written to' if writes else 'read'}: {place}")

    def _inside(self, place: str | bytes | os.PathLike[str]) -> bool:
        return os.path.abspath(os.fsdecode(place)).startswith(self._root)

    def _forbid(self, what: str) -> None:
        assert self._seen is not None
        self._seen.append(what[:500])
        raise PermissionError(what)
