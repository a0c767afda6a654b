"""Suppression of library output on stderr: progress bars, and the log of TensorFlow's start."""

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

_STDERR = threading.RLock()  # a process has one stderr, and a worker several threads


class _PythonStderr:
    """Python's stderr, redirected while at least one thread hides it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads = 0
        self._redirection = ExitStack()

    def hide(self) -> None:
        with self._lock:
            if not self._threads:
                self._redirection.enter_context(redirect_stderr(io.StringIO()))
            self._threads += 1

    def show(self) -> None:
        with self._lock:
            self._threads -= 1
            if not self._threads:
                self._redirection.close()


_PYTHON_STDERR = _PythonStderr()


@contextmanager
def hide_progress_bars() -> Iterator[None]:
    """Hide progress bars, and all else that Python code writes to stderr in the block."""
    _PYTHON_STDERR.hide()
    try:
        yield
    finally:
        _PYTHON_STDERR.show()


@contextmanager
def capture_stderr() -> Iterator[None]:
    """Capture what the block writes to stderr, from C++ too, and show it only if the block fails."""
    sys.stderr.flush()
    with _STDERR, tempfile.TemporaryFile() as captured:
        terminal = os.dup(2)
        os.dup2(captured.fileno(), 2)
        try:
            yield
        except BaseException:
            captured.seek(0)
            os.write(terminal, captured.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def import_keras() -> ModuleType:
    """Import ``keras`` and start its backend, without the dozen lines that TensorFlow logs.

    oneDNN's kernels are enabled, which TensorFlow does by default on some processors only: they are twice as fast, and
    their sums do not depend on the number of threads.

    Raises
    ------
    ModelError
        If Keras or its backend is not installed.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # several processes of a run share a GPU
    try:
        with capture_stderr():
            import keras

            keras.ops.zeros(1)
    except ModuleNotFoundError as error:
        raise ModelError(f"Keras needs {error.name}: {install_line('keras')}") from error
    return keras
