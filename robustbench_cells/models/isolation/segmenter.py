"""A model in another process, as a segmenter of this one."""

from __future__ import annotations

import numpy as np

from robustbench_cells.models.isolation.host import Host
from robustbench_cells.models.isolation.messages import ModelReference
from robustbench_cells.types import Image, Prediction, Runner


class IsolatedSegmenter:
    """A loaded model whose process predicts (see `Segmenter`).

    Parameters
    ----------
    name
        Name in test ids and tables.
    host, model
        Where the model is, and which it is; it is loaded by this.

    Attributes
    ----------
    digest, instances, runner
        See `Segmenter` and `NetworkSegmenter`; as the process of the model reports them.
    files
        Paths of its files besides the one that names it.
    predicts_whole
        Whether `predict_whole` can be called.

    Raises
    ------
    ModelError
        If the model cannot be used, or is stopped.
    """

    def __init__(self, name: str, host: Host, model: ModelReference) -> None:
        self.name = name
        self._host = host
        self._model = model
        loaded = host.load(model)
        self.digest = loaded.digest
        self.instances = loaded.instances
        self.runner: Runner | None = loaded.runner
        self.files = loaded.files
        self.predicts_whole = loaded.predicts_whole

    def predict(self, images: Image) -> Prediction:
        """See `Segmenter.predict`; a `ModelStoppedError` if the model exceeds a limit or ends its process."""
        return self._predict(images, None)

    def predict_whole(self, images: Image, halo: int) -> Prediction:
        """See `NetworkSegmenter.predict_whole`."""
        return self._predict(images, halo)

    def release(self) -> None:
        """End the processes of the run's models; the next prediction starts them again."""
        self._host.close()

    def _predict(self, images: Image, halo: int | None) -> Prediction:
        if not images.size:
            return np.empty(images.shape[:3], np.float32)
        return self._host.predict(self._model, np.ascontiguousarray(images, np.float32), halo)
