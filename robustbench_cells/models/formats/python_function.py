"""Python functions and objects: PyTorch, JAX, a remote service, a custom pipeline."""

from __future__ import annotations

import importlib
import os
import re
import sys
from typing import Any

from robustbench_cells.errors import ModelError
from robustbench_cells.fingerprint import fingerprint
from robustbench_cells.models.formats._base import FORMATS, ModelFormat, require_trust
from robustbench_cells.models.runtimes.function import Function, function_digest
from robustbench_cells.sources import source_digest
from robustbench_cells.types import Segmenter


@FORMATS.register
class PythonFunction(ModelFormat):
    """``module:function``, or ``module:object`` with a method ``predict``; the current folder is searched too.

    It maps grey levels, float32 (N, 256, 256) in [0, 255], to probabilities or booleans of the same shape, or to
    integers: labels, an id per cell. Its digest is computed from its name, its source with that of what it imports, and
    its attribute ``digest``; without one, from the values that it can reach and its predictions on synthetic probe
    images.
    """

    name = "python function"
    looks_like = "MODULE:FUNCTION"
    on_disk = False

    def recognises(self, where: str) -> bool:
        """See `ModelFormat.recognises`."""
        return re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*", where) is not None

    def name_of(self, where: str) -> str:
        """See `ModelFormat.name_of`: as given."""
        return where

    def digest_of(self, where: str, *, trusted: bool) -> str:
        """See `ModelFormat.digest_of`: known where the function declares one; else its predictions are a part of it."""
        if not trusted:
            return ""
        predict, declared = self._find(where)
        return function_digest(_known_code(where, predict, declared), declared.encode()) if declared else ""

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`."""
        require_trust(where, "is a Python function", trusted=trusted)
        predict, declared = self._find(where)
        return Function(where, predict, declared).identify(_known_code(where, predict, declared))

    def _find(self, where: str) -> tuple[Any, str]:
        """The function and its declared digest."""
        module, _, name = where.partition(":")
        if (here := os.getcwd()) not in sys.path:
            sys.path.insert(0, here)
        if getattr(getattr(sys.modules.get(module), "__spec__", None), "_initializing", False):
            raise ModelError(
                f"{where}: its module runs the benchmark as it is imported, which would import it again; put that "
                'below `if __name__ == "__main__":`'
            )
        try:
            target: Any = importlib.import_module(module)
            for part in name.split("."):
                target = getattr(target, part)
        except Exception as error:  # third-party code
            reason = f"{type(error).__name__}: {error}"
            raise ModelError(f"{where}: cannot be imported ({reason}); the current folder is searched too") from error
        predict = getattr(target, "predict", target)
        if not callable(predict):
            raise ModelError(f"{where}: is {type(target).__name__}; a function or an object with predict() is needed")
        return predict, str(getattr(target, "digest", ""))


def _known_code(where: str, predict: Any, declared: str) -> bytes:
    """What is known of a function without calling it: its name, its source, and what it can reach."""
    module, _, _ = where.partition(":")
    return f"{where} {source_digest(module)} ".encode() + fingerprint(predict, state=not declared)
