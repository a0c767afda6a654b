"""Contract and registry of model formats."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.files.checksums import sha256
from robustbench_cells.files.reading import MAX_MODEL, list_files
from robustbench_cells.instances.rules import InstanceKind
from robustbench_cells.models.card import model_digest, read_interface
from robustbench_cells.models.runtimes.function import Function
from robustbench_cells.registry import Registry
from robustbench_cells.types import Image, Segmenter


class ModelFormat(Protocol):
    """A format of models: one class per file, whose library is imported only in `load`.

    Attributes
    ----------
    name
        Name in messages.
    looks_like
        Pattern of such a model's path or reference, for ``list`` and messages: ``FILE.keras``.
    on_disk
        Whether models are files or folders.
    extra
        Extra of this package that installs the format's library, if any (`models.extras`).
    is_data
        Whether no model of this format executes code of its own, trusted or not: such models share a process.
    """

    name: str
    looks_like: str
    on_disk: bool = True
    extra: str = ""
    is_data: bool = False

    @abstractmethod
    def recognises(self, where: str) -> bool:
        """Tell whether ``where`` has this format, by its name and at most the names in its folder."""
        ...

    def name_of(self, where: str) -> str:
        """Name the segmenter as in test ids and tables."""
        return Path(where).absolute().stem

    def companion_files(self, where: str) -> Sequence[Path]:
        """List other files that belong to the model; for most formats none."""
        return ()

    def digest_of(self, where: str, *, trusted: bool) -> str:
        """Compute the digest that the loaded model will have, without loading it; ``""`` if only loading tells.

        Parameters
        ----------
        where, trusted
            See `load`.

        Raises
        ------
        ModelError
            If its files or its card cannot be read.
        """
        return ""

    def instances_of(self, where: str) -> InstanceKind | None:
        """Tell what the cells of its predictions are (see `Segmenter`) without loading it; None if only that tells.

        Raises
        ------
        ModelError
            If its card cannot be read.
        """
        return None

    def channels_of(self, where: str) -> tuple[str, ...]:
        """Name the channels that the model sees, in their order; none if it sees grey images.

        Raises
        ------
        ModelError
            If its card cannot be read.
        """
        return ()

    @abstractmethod
    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """Load a model.

        Parameters
        ----------
        where
            Path or reference, as given by the user.
        trusted
            Whether the user allows the model to execute its own code (see `require_trust`).

        Raises
        ------
        ModelError
            If it is damaged, does not segment grey images, or can execute code and is not trusted.
        """
        ...


def require_trust(where: str, why: str, *, trusted: bool) -> None:
    """Refuse a model that can execute arbitrary code, unless the user trusts it.

    Raises
    ------
    ModelError
        If it is not trusted; the message gives the reason ``why``.
    """
    if not trusted:
        raise ModelError(
            f"{where}: {why}, so it can execute arbitrary code on this machine; if you trust its author, pass "
            "--rb-trust-model (trusted=True in Python)"
        )


class FileModel(ModelFormat):
    """A model that its files and its card make up: `model_digest` of them is its digest."""

    def instances_of(self, where: str) -> InstanceKind | None:
        """See `ModelFormat.instances_of`: what the card declares."""
        return read_interface(Path(where)).instance_kind

    def channels_of(self, where: str) -> tuple[str, ...]:
        """See `ModelFormat.channels_of`: what the card declares."""
        return read_interface(Path(where)).channel_names

    def digest_of(self, where: str, *, trusted: bool) -> str:
        """See `ModelFormat.digest_of`: from the files and the card."""
        return model_digest(Path(where), self.companion_files(where))[0]


class InstanceModel(ModelFormat):
    """``NAME://MODEL``, where the name is a library's: instance labels by the library's default settings."""

    on_disk = False

    @abstractmethod
    def open_model(self, where: str, model: str) -> tuple[Callable[[Image], Any], Path]:
        """Open a model: a function that labels one image, (H, W) to (H, W), and the path of its weights.

        Raises
        ------
        ModelError
            If the library has no such model.
        """

    def recognises(self, where: str) -> bool:
        """See `ModelFormat.recognises`."""
        return where.startswith(f"{self.name}://")

    def name_of(self, where: str) -> str:
        """See `ModelFormat.name_of`."""
        return f"{self.name}-{Path(self._model(where)).absolute().name}"

    def instances_of(self, where: str) -> InstanceKind | None:
        """See `ModelFormat.instances_of`."""
        return "labels"

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`."""
        reason = f"is downloaded and loaded by {self.name}, which may execute what the file contains"
        require_trust(where, reason, trusted=trusted)
        if (given := Path(self._model(where))).exists():
            list_files(given, MAX_MODEL, ModelError)
        label, weights = self.open_model(where, self._model(where))

        def predict(images: Image) -> Any:
            return np.stack([label(image) for image in images])

        digest = f"{self.name} {version(self.name)} {sha256(weights)}"
        return Function(self.name_of(where), predict, digest, "labels")

    def _model(self, where: str) -> str:
        return where.removeprefix(f"{self.name}://")


FORMATS: Registry[ModelFormat] = Registry(
    "robustbench_cells.models.formats", "model format", ModelFormat, "robustbench_cells.model_formats"
)
