"""Anything that Python can call: PyTorch, JAX, a remote service, a pipeline of one's own."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models._network import probe_images
from robustbench_cells.models._registry import FORMATS, ModelFormat, require_trust
from robustbench_cells.types import THRESHOLD, Image, Segmenter


@FORMATS.register
class PythonFunction(ModelFormat):
    """``module:function`` or ``module:object`` with a method ``predict``, found from the current folder too.

    It takes grey levels, float32 (N, 256, 256) in [0, 255], and gives probabilities or booleans of the same shape. Its
    digest is its attribute ``digest``, or made of its module's source and of what it predicts for a made-up picture.
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

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`."""
        require_trust(where, "is a Python function", trusted=trusted)
        module, _, name = where.partition(":")
        if (here := os.getcwd()) not in sys.path:
            sys.path.insert(0, here)
        try:
            target: Any = importlib.import_module(module)
            for part in name.split("."):
                target = getattr(target, part)
        except (ImportError, AttributeError) as error:
            raise ModelError(f"{where}: cannot be imported ({error}); the current folder is searched, too") from error
        predict = getattr(target, "predict", target)
        if not callable(predict):
            raise ModelError(f"{where}: is {type(target).__name__}; a function or an object with predict() is needed")
        segmenter = Function(where, predict, str(getattr(target, "digest", "")))
        seen = segmenter.predict(probe_images()) > THRESHOLD
        if not segmenter.digest:
            segmenter.digest = hashlib.sha256(_source(module) + np.packbits(seen).tobytes()).hexdigest()
        return segmenter


class Function:
    """A function as a segmenter (see `Segmenter`): what it gives is checked.

    Parameters
    ----------
    name, digest
        See `Segmenter`.
    function
        From float32 (N, H, W) to probabilities or booleans, (N, H, W).
    """

    def __init__(self, name: str, function: Callable[[Image], Any], digest: str) -> None:
        self.name = name
        self.digest = digest
        self._function = function

    def predict(self, images: Image) -> Image:
        """See `Segmenter.predict`."""
        found = np.asarray(self._function(images.copy()))
        if found.shape != images.shape or found.dtype.kind not in "bf":
            raise ModelError(
                f"{self.name}: gives {found.dtype} of shape {found.shape} for images of shape {images.shape}; "
                "probabilities or booleans of the same shape are needed (labels: give labels > 0)"
            )
        found = found.astype(np.float32)
        if not (np.isfinite(found).all() and found.min(initial=0) >= 0 and found.max(initial=0) <= 1):
            raise ModelError(
                f"{self.name}: gives values from {found.min():.3g} to {found.max():.3g}; probabilities are in [0, 1]"
            )
        return found


def _source(module: str) -> bytes:
    file = inspect.getsourcefile(sys.modules[module])
    return Path(file).read_bytes() if file else b""
