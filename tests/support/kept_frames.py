"""A plug-in of pytest: the processes of the tests share the embedded frames that one of them has drawn.

A frame takes a fifth of a second to draw, most runs take eight, and hundreds of processes run.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.datasets.sources import synthetic
from robustbench_cells.types import Image, Labels

_FOLDER = "ROBUSTBENCH_CELLS_KEPT_FRAMES"  # in the environment, which processes inherit
_draw = synthetic._drawn.__wrapped__


def pytest_configure(config: pytest.Config) -> None:
    """Take frames from the folder from now on; the first process makes it, and removes it in the end."""
    if _FOLDER not in os.environ:
        os.environ[_FOLDER] = tempfile.mkdtemp(prefix="frames-")
        config.add_cleanup(lambda: shutil.rmtree(os.environ.pop(_FOLDER), ignore_errors=True))
    folder = Path(os.environ[_FOLDER])

    @lru_cache(maxsize=24)
    def drawn(split: str, frame: str) -> tuple[Image, Labels, Labels]:
        return _kept(folder / f"{split}-{frame}.npz", split, frame)

    synthetic._drawn = drawn


def _kept(path: Path, split: str, frame: str) -> tuple[Image, Labels, Labels]:
    if path.exists():
        with np.load(path) as file:
            return file["image"].astype(np.float32), file["labels"].astype(np.int32), file["touching"].astype(np.int32)
    image, labels, touching = _draw(split, frame)
    with suppress(OSError), tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        small = {"image": image.astype(np.uint8), "labels": labels.astype(np.uint16)}
        np.savez(file, **small, touching=touching.astype(np.uint16))
        file.close()
        os.replace(file.name, path)
    return image, labels, touching
