"""The process that loads damaged files, under observation and within limits."""

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
from tests.fuzz.cases import make_damaged_input, make_valid_inputs, pack, write
from tests.fuzz.kind import Files, Kind

STARTED = "started"
RESULT, ERROR = "result", "error"
TRACEBACK, MEMORY, STRAYED = "traceback", "memory", "strayed"
LOG, INPUT = "log", "input-{}.zip"  # in the folder of the process

_ADDRESS_FACTOR = 4  # address space per memory limit: libraries reserve more than they use
_PACKAGE = Path(robustbench_cells.__file__).parent
_READABLE = (sys.prefix, sys.base_prefix, str(_PACKAGE.parent), "/proc/", "/sys/", "/dev/", "/usr/", "/lib")
_FORBIDDEN = {
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "pickle.find_class", "socket.bind",
    "socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen",
}  # fmt: skip
_CHANGES = {"os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True)
class Outcome:
    """Outcome of an input.

    Attributes
    ----------
    what
        `RESULT` or `ERROR`, which are correct, or the kind of failure.
    where
        Place that failures of one cause share.
    detail
        Description for readers.
    """

    what: str
    where: str = ""
    detail: str = ""


Job = tuple[Kind, int | Files]  # an input by number or by content


def work(seed: int, jobs: Sequence[Job], root: Path, connection: Connection) -> None:
    """Load damaged inputs in turn, sending `STARTED` and then the `Outcome` of each.

    Before the first input of a kind, all its valid inputs are loaded, and with them all libraries.
    """
    for name in ("home", "tmp", "here"):
        (root / name).mkdir()
    places = {"HOME": root / "home", "XDG_CACHE_HOME": root / "home" / "cache", "TMPDIR": root / "tmp"}
    os.environ |= {name: str(place) for name, place in places.items()}
    tempfile.tempdir = None
    sys.dont_write_bytecode = True
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    os.chdir(root / "here")
    sys.path[:] = [place for place in sys.path if place.startswith(_READABLE)]  # spawned with that of the parent
    log = os.open(root / LOG, os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    watch = Watch(root)
    valid: dict[str, list[Files]] = {}
    for place, (kind, job) in enumerate(jobs):
        if kind.name not in valid:
            valid[kind.name] = make_valid_inputs(kind)
            for files in valid[kind.name]:
                _renew(root / "case", files)
                kind.load(root / "case")
        files = make_damaged_input(kind, valid[kind.name], seed, job) if isinstance(job, int) else job
        (root / INPUT.format(place)).write_bytes(pack(files))  # available even if this process dies
        _renew(root / "case", files)
        connection.send(STARTED)
        connection.send(_load(kind, root / "case", watch))


def _renew(folder: Path, files: Files) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    write(files, folder)


def _load(kind: Kind, folder: Path, watch: Watch) -> Outcome:
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before = _status("VmRSS")
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_status("VmSize") + _ADDRESS_FACTOR * kind.mebibytes * 2**20, limits[1]))
    watch.begin()
    try:
        kind.load(folder)
        outcome = Outcome(RESULT)
    except RobustbenchError as error:
        outcome = _refusal(error)
    except BaseException as error:  # any other exception is a finding
        outcome = Outcome(MEMORY if isinstance(error, MemoryError) else TRACEBACK, _place(error), _trace(error))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
    if strayed := watch.end():
        return Outcome(STRAYED, re.sub(r"[^\s:]*/", "", strayed[0])[:80], "\n".join(strayed[:20]))
    if (more := (_status("VmHWM") - before) / 2**20) > kind.mebibytes:
        return Outcome(MEMORY, "peak", f"took {more:.0f} MiB, more than {kind.mebibytes}; then: {outcome}")
    return outcome


def _refusal(error: RobustbenchError) -> Outcome:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):  # the request itself is the failure
            return Outcome(MEMORY, _place(cause), _trace(error))
        cause = cause.__cause__ or cause.__context__
    return Outcome(ERROR, type(error).__name__, str(error))


def _place(error: BaseException) -> str:
    """Locate an error: the last frame of this package and the last of all."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    lines = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in (*ours[-1:], *frames[-1:])]
    return " ".join([type(error).__name__, *dict.fromkeys(lines)])


def _trace(error: BaseException) -> str:
    text = "".join(traceback.format_exception(error))
    return text if len(text) < 6000 else f"{text[:3000]}\n…\n{text[-3000:]}"


def _status(name: str) -> int:
    """Read a memory counter of this process, in bytes."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


class Watch:
    """An audit hook (`sys.addaudithook`) that records and forbids what no loader may do."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._seen: list[str] | None = None
        self._existing: set[str] = set()
        sys.addaudithook(self._on_event)

    def begin(self) -> None:
        """Start recording."""
        self._existing = self._listing()
        self._seen = []

    def end(self) -> list[str]:
        """Stop recording, and list what was recorded and left behind."""
        seen, self._seen = self._seen or [], None
        return seen + [f"left behind: {name}" for name in sorted(self._listing() - self._existing)]

    def _listing(self) -> set[str]:
        """List all files outside the input's own folder."""
        case = f"{self._root}/case"
        return {
            f"{folder}/{name}"
            for folder, folders, names in os.walk(self._root)
            if folder != case and not folder.startswith(f"{case}/")
            for name in (*folders, *names)
        }

    def _on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._seen is None:
            return
        if event in _FORBIDDEN:
            self._forbid(f"{event}: {arguments}")
        elif event in _CHANGES:
            for place in arguments[:2]:
                if isinstance(place, str | bytes | os.PathLike) and not self._is_inside(place):
                    self._forbid(f"{event}: {os.fsdecode(place)}")
        elif event == "open" and isinstance(arguments[0], str | bytes):
            place = os.fsdecode(arguments[0])
            writes = bool(arguments[2] & _WRITES) and place != os.devnull
            if not self._is_inside(place) and (writes or not os.path.abspath(place).startswith(_READABLE)):
                self._forbid(f"{'written to' if writes else 'read'}: {place}")

    def _is_inside(self, place: str | bytes | os.PathLike[str]) -> bool:
        return os.path.abspath(os.fsdecode(place)).startswith(self._root)

    def _forbid(self, what: str) -> None:
        assert self._seen is not None
        self._seen.append(what[:500])
        raise PermissionError(what)
