"""Python functions as segmenters."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.instances.rules import InstanceKind
from robustbench_cells.models.independence import comparable, require_independence
from robustbench_cells.models.instance_labels import MASK_REMEDY, convert_labels, is_labels, require_ids
from robustbench_cells.models.probe import probe_images
from robustbench_cells.types import Image, Prediction


class Function:
    """A function as a segmenter (see `Segmenter`), with its output checked.

    Parameters
    ----------
    name, digest
        See `Segmenter`.
    function
        Function from float32 (N, H, W) to probabilities or booleans, or to integers: labels; (N, H, W).
    instances
        See `Segmenter`; None where only a prediction tells (see `identify`).
    """

    def __init__(
        self, name: str, function: Callable[[Image], Any], digest: str, instances: InstanceKind | None = None
    ) -> None:
        self.name = name
        self.digest = digest
        self.instances = instances
        self._function = function

    def predict(self, images: Image) -> Prediction:
        """See `Segmenter.predict`."""
        found = np.asarray(self._function(images.copy()))
        if found.shape != images.shape or found.dtype.kind not in "bfiu":
            raise ModelError(
                f"{self.name}: returns {found.dtype} of shape {found.shape} for images of shape {images.shape}; return "
                "probabilities, booleans or integers (labels) of the same shape"
            )
        if found.dtype.kind in "iu":
            return convert_labels(self.name, found)
        found = found.astype(np.float32)
        if not (np.isfinite(found).all() and found.min(initial=0) >= 0 and found.max(initial=0) <= 1):
            raise ModelError(
                f"{self.name}: returns values from {found.min():.3g} to {found.max():.3g}; probabilities are in [0, "
                "1], and labels are integers (labels.astype(int))"
            )
        return found

    def identify(self, source: bytes) -> Function:
        """Complete the digest by the source and, if it is empty, by the predictions on probe images; returns itself.

        The predictions say whether it gives labels, too.

        Weights that the function reads at run time are not in its source, but change its predictions.

        Parameters
        ----------
        source
            Name, code and state of the function, as far as they are known.

        Raises
        ------
        ModelError
            If the function fails on the images, predicts them in another way the next time or among others, returns a
            mask as integers, or has no ``digest`` and constant predictions.
        """
        images = probe_images()
        images = np.concatenate([images, 255 - images, images / 4, np.roll(images, 9, 1)[:, ::-1] * 0.5 + 100])
        try:
            found = require_independence(self.name, self.predict, images)
        except ModelError:
            raise
        except Exception as error:  # third-party code
            raise ModelError(
                f"{self.name}: fails on probe images of 256 px ({type(error).__name__}: {error})"
            ) from error
        self.instances = "labels" if is_labels(found) else "components"
        if is_labels(found):
            require_ids(self.name, found, MASK_REMEDY)
        if not self.digest and np.ptp(found) == 0:
            raise ModelError(
                f"{self.name}: returns {found.flat[0]:g} for every probe image, so its weights cannot be identified; "
                "give it an attribute `digest`, a string that changes whenever its predictions may"
            )
        known = self.digest.encode() or np.round(comparable(found), 3).astype(np.float32).tobytes()
        self.digest = function_digest(source, known)
        return self


def function_digest(source: bytes, known: bytes) -> str:
    """Digest of a function: of its code, and of its declared digest or what it predicts."""
    return hashlib.sha256(source + known).hexdigest()
