"""Models that are loaded when they first have to predict."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from robustbench_cells.errors import ExitError, ModelError, ModelStoppedError
from robustbench_cells.instances.rules import InstanceKind
from robustbench_cells.models.isolation.segmenter import IsolatedSegmenter
from robustbench_cells.types import Image, Prediction, Runner, Segmenter


class OnDemandSegmenter:
    """A model whose digest is known from its files, and which is loaded when it first predicts (see `Segmenter`).

    The records of an unchanged model are found by its digest: it need not be loaded, validated or tried.

    Parameters
    ----------
    name, digest
        See `Segmenter`.
    load
        Function that loads the model, validates it, and tries it.
    files
        Paths of its files besides the one that names it.
    instances
        See `Segmenter`, as far as it is known before the model is loaded.
    """

    def __init__(
        self,
        name: str,
        digest: str,
        load: Callable[[], Segmenter],
        files: Sequence[str] = (),
        instances: InstanceKind | None = None,
    ) -> None:
        self.name = name
        self.digest = digest
        self.files = files
        self._instances = instances
        self._load = load
        self._loaded: Segmenter | None = None
        self._lock = threading.Lock()

    def predict(self, images: Image) -> Prediction:
        """See `Segmenter.predict`."""
        return self.loaded().predict(images)

    def loaded(self) -> Segmenter:
        """The model, loaded on the first call.

        Raises
        ------
        ModelError
            If it cannot be used, or its files have changed since its digest was computed.
        """
        with self._lock:
            if self._loaded is None:
                segmenter = self._load()
                if segmenter.digest != self.digest:
                    raise ModelError(
                        f"{self.name}: its files changed while it was in use, so its records would be mixed with those "
                        "of another model; run again"
                    )
                segmenter.name = self.name
                self._loaded = segmenter
            return self._loaded

    def release(self) -> None:
        """End the process of the model, if it is loaded and has one."""
        if isinstance(self._loaded, IsolatedSegmenter):
            self._loaded.release()

    @property
    def instances(self) -> InstanceKind | None:
        """See `Segmenter`; None where only loading the model tells, and it is not."""
        return getattr(self._loaded, "instances", self._instances)

    @property
    def runner(self) -> Runner | None:
        """What runs the model; None before it is loaded."""
        return getattr(self._loaded, "runner", None)


def load_all(segmenters: Iterable[Segmenter]) -> None:
    """Load those that are not: a mistake is found before anything runs.

    A model that is stopped while it is loaded raises again when it is to predict: it costs its own tests only.

    Raises
    ------
    ModelError
        As `OnDemandSegmenter.loaded`.
    """
    for segmenter in segmenters:
        if isinstance(segmenter, OnDemandSegmenter):
            with suppress(ModelStoppedError, ExitError):
                segmenter.loaded()


def release_all(segmenters: Iterable[Segmenter]) -> None:
    """End the processes of models that have one; the next prediction starts them again."""
    for segmenter in segmenters:
        if isinstance(segmenter, OnDemandSegmenter | IsolatedSegmenter):
            segmenter.release()
