"""What a model format is, and the registry of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.files.checksums import sha256
from robustbench_cells.models.runtimes.function import Function
from robustbench_cells.registry import Registry
from robustbench_cells.types import Image, Segmenter


class ModelFormat(Protocol):
    """A kind of model. One class a file; its library is imported only in `load`.

    Attributes
    ----------
    name
        In messages.
    looks_like
        How a user names such a model, for `list` and for messages: ``FILE.keras``.
    on_disk
        Whether it is a file or a folder.
    extra
        The extra of this package that brings its library, if one does (`models.extras`).
    """

    name: str
    looks_like: str
    on_disk: bool = True
    extra: str = ""

    @abstractmethod
    def recognises(self, where: str) -> bool:
        """Whether ``where``, what the user gave, is of this kind; by its name and at most a look into its folder."""
        ...

    def name_of(self, where: str) -> str:
        """What the segmenter is called in test ids and tables."""
        return Path(where).absolute().stem

    def companion_files(self, where: str) -> Sequence[Path]:
        """Other files that belong to the model: mostly none."""
        return ()

    @abstractmethod
    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """The segmenter.

        Parameters
        ----------
        where
            As given.
        trusted
            Whether the user said that this model may run code of its own (see `require_trust`).

        Raises
        ------
        ModelError
            If it is damaged, does not segment grey images, or is a program and not trusted.
        """
        ...


def require_trust(where: str, why: str, *, trusted: bool) -> None:
    """Refuse a model that is a program, unless its user trusts it.

    Raises
    ------
    ModelError
        If not trusted; the message says why the model could do anything.
    """
    if not trusted:
        raise ModelError(
            f"{where}: {why}, so it could do whatever you can do on this machine; if you trust who made it, say "
            "--rb-trust-model (trusted=True in Python)"
        )


class InstanceModel(ModelFormat):
    """``NAME://MODEL``, where the name is the library's: labels, above 0 a cell, with the library's own settings."""

    on_disk = False

    @abstractmethod
    def open_model(self, where: str, model: str) -> tuple[Callable[[Image], Any], Path]:
        """What labels one image, (H, W) to (H, W), and the file or folder of its weights.

        Raises
        ------
        ModelError
            If the library knows no such model.
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
        labels, weights = self.open_model(where, self._model(where))

        def predict(images: Image) -> Image:
            return (np.stack([labels(image) for image in images]) > 0).astype(np.float32)

        return Function(self.name_of(where), predict, f"{self.name} {version(self.name)} {sha256(weights)}")

    def _model(self, where: str) -> str:
        return where.removeprefix(f"{self.name}://")


FORMATS: Registry[ModelFormat] = Registry(
    "robustbench_cells.models.formats", "model format", ModelFormat, "robustbench_cells.model_formats"
)
