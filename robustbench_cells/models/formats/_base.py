"""What a model format is, and the registry of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from robustbench_cells.errors import ModelError
from robustbench_cells.registry import Registry
from robustbench_cells.types import Segmenter


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
    """

    name: str
    looks_like: str
    on_disk: bool = True

    def recognises(self, where: str) -> bool:
        """Whether ``where``, what the user gave, is of this kind; by its name and at most a look into its folder."""
        ...

    def name_of(self, where: str) -> str:
        """What the segmenter is called in test ids and tables."""
        return Path(where).absolute().stem

    def beside(self, where: str) -> Sequence[Path]:
        """Other files that belong to the model: mostly none."""
        return ()

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


FORMATS: Registry[ModelFormat] = Registry("robustbench_cells.models.formats", "model format")
