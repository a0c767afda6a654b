"""One process of models: started, asked, watched, ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, closing, suppress
from functools import partial

import psutil

from robustbench_cells.errors import ModelError
from robustbench_cells.models.isolation.channel import Channel
from robustbench_cells.models.isolation.messages import Answer, MessageError, Request, Work
from robustbench_cells.models.isolation.output import OutputLog
from robustbench_cells.models.isolation.shared_images import SharedImages

_START_SECONDS = 300.0  # for an interpreter and this package, on a busy machine
_LOOK = 0.05  # seconds between two looks at the process
_FAMILY_LOOK = 2.0  # seconds between two looks at its own children, which cost more
_GRACE_SECONDS = 1.0  # for a process that closed its connection to end
_KEEP_MEMORY = {  # glibc: arrays of a batch come from memory that stays mapped, not from fresh pages each time
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
    "MALLOC_TRIM_THRESHOLD_": str(2**28),
}
_MARK = "ROBUSTBENCH_CELLS_PROCESS_OF_MODELS"  # in the environment of one, and of what it starts
_BOOTSTRAP = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from robustbench_cells.models.isolation.child import serve; serve(*sys.argv[2:])"
)


def is_within_process_of_models() -> bool:
    """Whether this process is one of models, or was started by one: it has its limits already."""
    return _MARK in os.environ


class EndedError(Exception):
    """The process ended, or no longer answers; the text says how."""


class TookTooLongError(Exception):
    """The process has not answered in time."""


class TookTooMuchError(Exception):
    """The process takes more memory than it may."""


class ModelProcess:
    """A fresh interpreter that loads models and predicts by them.

    Parameters
    ----------
    loader
        ``module:function`` by which it loads models.
    environment
        Environment variables that it gets.
    ceiling
        Bytes of memory that the operating system grants it, where it can limit them.
    folder
        Folder that it works in, which relative paths start from.

    Attributes
    ----------
    images
        Memory shared with it.
    output
        Log of what it writes.

    Raises
    ------
    ModelError
        If it does not start.
    """

    def __init__(self, loader: str, environment: Mapping[str, str], ceiling: int, folder: str) -> None:
        parts = ExitStack()
        temporary = parts.enter_context(
            tempfile.TemporaryDirectory(prefix="robustbench-cells-", ignore_cleanup_errors=True)
        )
        self.output = OutputLog()
        self.images = parts.enter_context(closing(SharedImages.create()))
        ours, theirs = socket.socketpair()
        self._channel = parts.enter_context(closing(Channel(ours)))
        path = json.dumps([os.path.join(folder, entry) for entry in sys.path])
        arguments = [path, str(theirs.fileno()), str(os.getpid()), str(ceiling), loader]
        start = partial(
            subprocess.Popen,
            [sys.executable, "-P", "-c", _BOOTSTRAP, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**_KEEP_MEMORY, **environment, _MARK: "1", **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary)},
            pass_fds=(theirs.fileno(),),
            cwd=folder,
            start_new_session=True,
        )
        started: Future[subprocess.Popen[bytes]] = Future()
        ended = threading.Event()
        parts.callback(ended.set)
        keeping = start, self.output, started, ended
        threading.Thread(target=_keep, args=keeping, name="process of models", daemon=True).start()
        try:
            self._process = started.result()
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            parts.close()
            raise ModelError(f"a process for models cannot be started ({error})") from error
        finally:
            theirs.close()
        self._meter = psutil.Process(self._process.pid)
        self._end = weakref.finalize(self, _end, os.getpid(), self._process, self._meter, parts)
        self._family, self._family_until = 0, 0.0
        self._sent_images = False
        self._number = 0
        self._await_start()

    def _await_start(self) -> None:
        try:
            self._receive(0, _START_SECONDS, lambda resident: False)
        except (EndedError, TookTooLongError) as error:
            self.end()
            shown = " | ".join(self.output.last)
            raise ModelError(
                f"a process for models does not start ({error}; {shown or 'it wrote nothing'}); models run in this "
                "process with --rb-isolate=off (isolate=False in Python)"
            ) from error

    def ask(self, work: Work, seconds: float, is_too_much: Callable[[int], bool]) -> Answer:
        """Have something done.

        Parameters
        ----------
        work
            What.
        seconds
            Time that it may take.
        is_too_much
            Tells whether the process may not have so many bytes of memory.

        Raises
        ------
        EndedError, TookTooLongError, TookTooMuchError
            If there is no answer; the process has to be ended then.
        """
        self._number += 1
        try:
            self._channel.send(Request(self._number, work).encode(), None if self._sent_images else self.images.file)
        except OSError as error:
            raise EndedError(self.describe_end()) from error
        self._sent_images = True
        return self._receive(self._number, seconds, is_too_much)

    def _receive(self, number: int, seconds: float, is_too_much: Callable[[int], bool]) -> Answer:
        until = time.monotonic() + seconds
        while True:
            try:
                received = self._channel.receive(_LOOK)
            except EOFError as error:
                raise EndedError(self.describe_end()) from error
            except MessageError as error:
                raise EndedError(f"sent no valid answer ({error})") from error
            if received:
                message, file = received
                if file is not None:
                    os.close(file)
                try:
                    answer = Answer.decode(message)
                except MessageError as error:
                    raise EndedError(f"sent no valid answer ({error})") from error
                if answer.number != number:
                    raise EndedError("sent an answer to another request")
                return answer
            resident = self.resident()
            if not resident:
                raise EndedError(self.describe_end())
            if is_too_much(resident):
                raise TookTooMuchError
            if time.monotonic() > until:
                raise TookTooLongError(f"no answer in {seconds:g} s")

    def resident(self) -> int:
        """Bytes of memory that the process and the processes that it started have; 0 once it has ended."""
        try:
            own = self._meter.memory_info().rss
        except psutil.Error:
            return 0
        if own and time.monotonic() > self._family_until:
            self._family = sum(map(_resident, self._children()))
            self._family_until = time.monotonic() + _FAMILY_LOOK
        return int(own and own + self._family)

    def _children(self) -> list[psutil.Process]:
        with suppress(psutil.Error):
            return self._meter.children(recursive=True)
        return []

    def describe_end(self) -> str:
        """How the process ended; what it started is killed."""
        if self._end.alive and self._process.returncode is None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE_SECONDS)
                _kill_group(self._process.pid)
        code = self._process.returncode
        if code is None:
            return "closed its connection"
        if code >= 0:
            return f"ended with exit code {code}"
        names = {one.value: one.name for one in signal.Signals}
        return f"ended by signal {-code} ({names.get(-code, 'of no name')})"

    @property
    def is_running(self) -> bool:
        """Whether it can be asked."""
        return self._end.alive and self.resident() > 0

    def end(self) -> None:
        """Kill it with all that it started, and remove its temporary files."""
        self._end()


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _keep(
    start: Callable[[], subprocess.Popen[bytes]],
    output: OutputLog,
    started: Future[subprocess.Popen[bytes]],
    ended: threading.Event,
) -> None:
    """Start the process and log its output, until it has ended: Linux ends it with the thread that started it."""
    try:
        process = start()
    except Exception as error:  # whatever it is: it is awaited
        started.set_exception(error)
        return
    assert process.stdout  # noqa: S101
    with process.stdout as stream:
        started.set_result(process)
        output.read(stream.fileno())
    del process, started  # else the thread would keep what its end waits for
    ended.wait()


def _end(owner: int, process: subprocess.Popen[bytes], meter: psutil.Process, parts: ExitStack) -> None:
    if os.getpid() != owner:  # a fork of the run has a copy of this
        return
    family: list[psutil.Process] = []
    with suppress(psutil.Error):
        family = meter.children(recursive=True)
    if process.returncode is None:
        _kill_group(process.pid)
        process.wait()
    for one in family:  # in groups of their own
        with suppress(psutil.Error):
            one.kill()
    parts.close()
