"""Libraries that come with models of their own, which label cells one by one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.files.atomic import sha256
from robustbench_cells.models.formats._base import ModelFormat, require_trust
from robustbench_cells.models.runtimes.function import Function
from robustbench_cells.types import Image, Segmenter


class InstanceModel(ModelFormat):
    """``NAME://MODEL``, where the name is the library's: labels, above 0 a cell, with the library's own settings."""

    on_disk = False

    @abstractmethod
    def opened(self, where: str, model: str) -> tuple[Callable[[Image], Any], Path]:
        """What labels one image, (H, W) to (H, W), and the file or folder of its weights.

        Raises
        ------
        ModelError
            If the library knows no such model.
        ModuleNotFoundError
            If the library is not installed.
        """

    def recognises(self, where: str) -> bool:
        """See `ModelFormat.recognises`."""
        return where.startswith(f"{self.name}://")

    def name_of(self, where: str) -> str:
        """See `ModelFormat.name_of`."""
        return f"{self.name}-{Path(self._model(where)).name}"

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`."""
        require_trust(where, f"is fetched and loaded by {self.name}, which may run what is in it", trusted=trusted)
        try:
            labels, weights = self.opened(where, self._model(where))
        except ModuleNotFoundError as error:
            raise ModelError(f"{where}: needs {error.name}: pip install 'robustbench-cells[{self.name}]'") from error

        def predict(images: Image) -> Image:
            return (np.stack([labels(image) for image in images]) > 0).astype(np.float32)

        return Function(self.name_of(where), predict, f"{self.name} {version(self.name)} {sha256(weights)}")

    def _model(self, where: str) -> str:
        return where.removeprefix(f"{self.name}://")
