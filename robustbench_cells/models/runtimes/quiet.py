"""Keras and its backend without their greetings."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr
from types import ModuleType

from robustbench_cells.errors import ModelError
from robustbench_cells.models.extras import install_line

_STREAM = threading.RLock()  # a process has one error stream, and a worker has several threads


class _Bars:
    """The error stream of Python while some threads do not want it: the first puts it away, the last puts it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads = 0
        self._away = ExitStack()

    def hide(self) -> None:
        with self._lock:
            if not self._threads:
                self._away.enter_context(redirect_stderr(io.StringIO()))
            self._threads += 1

    def show(self) -> None:
        with self._lock:
            self._threads -= 1
            if not self._threads:
                self._away.close()


_BARS = _Bars()


@contextmanager
def without_bars() -> Iterator[None]:
    """Hold back the progress bars, or whatever else Python code writes to the error stream in the block."""
    _BARS.hide()
    try:
        yield
    finally:
        _BARS.show()


@contextmanager
def errors_only() -> Iterator[None]:
    """Hold back what the block writes to the error stream, from C++ too, and show it only if the block fails."""
    sys.stderr.flush()
    with _STREAM, tempfile.TemporaryFile() as held:
        terminal = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(terminal, held.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def import_keras() -> ModuleType:
    """The module ``keras``, its backend up and running: TensorFlow says a dozen lines of no use to anybody then.

    TensorFlow is asked for oneDNN's kernels, which it takes by itself on some processors only: elsewhere too they are
    twice as fast, and their sums do not depend on the number of threads.

    Raises
    ------
    ModelError
        If Keras or its backend is not installed.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    try:
        with errors_only():
            import keras

            keras.ops.zeros(1)
    except ModuleNotFoundError as error:
        raise ModelError(f"Keras needs {error.name}: {install_line('keras')}") from error
    return keras
