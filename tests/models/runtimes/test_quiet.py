"""Suppression of stderr by several threads at a time."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from robustbench_cells.models.runtimes.quiet import capture_stderr, hide_progress_bars


def write_by_python(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def write_by_library(text: str) -> None:
    os.write(2, f"{text}\n".encode())


@pytest.mark.parametrize(("quiet", "say"), [(hide_progress_bars, write_by_python), (capture_stderr, write_by_library)])
def test_two_threads_restore_stderr(
    quiet: Callable[[], AbstractContextManager[None]], say: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    """The second thread enters while the first is inside, if it can, and leaves after it."""
    before, first_in, second_in, first_out = sys.stderr, threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with quiet():
            first_in.set()
            second_in.wait(0.3)
            say("first")
        first_out.set()

    def second() -> None:
        first_in.wait(5)
        with quiet():
            second_in.set()
            first_out.wait(5)
            say("second")

    threads = [threading.Thread(target=run) for run in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sys.stderr is before
    say("after")
    assert capfd.readouterr().err == "after\n"
