"""Python functions as segmenters."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.independence import require_independence
from robustbench_cells.models.probe import probe_images
from robustbench_cells.types import Image


class Function:
    """A function as a segmenter (see `Segmenter`), with its output checked.

    Parameters
    ----------
    name, digest
        See `Segmenter`.
    function
        Function from float32 (N, H, W) to probabilities or booleans, (N, H, W).
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
                f"{self.name}: returns {found.dtype} of shape {found.shape} for images of shape {images.shape}; return "
                "probabilities or booleans of the same shape (for labels: labels > 0)"
            )
        found = found.astype(np.float32)
        if not (np.isfinite(found).all() and found.min(initial=0) >= 0 and found.max(initial=0) <= 1):
            raise ModelError(
                f"{self.name}: returns values from {found.min():.3g} to {found.max():.3g}; probabilities are in [0, 1]"
            )
        return found

    def identify(self, source: bytes) -> Function:
        """Complete the digest by the source and, if it is empty, by the predictions on probe images; returns itself.

        Weights that the function reads at run time are not in its source, but change its predictions.

        Parameters
        ----------
        source
            Name, code and state of the function, as far as they are known.

        Raises
        ------
        ModelError
            If the function fails on the images, predicts them in another way the next time or among others, or has no
            ``digest`` and constant predictions.
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
        if not self.digest and np.ptp(found) == 0:
            raise ModelError(
                f"{self.name}: returns {found.flat[0]:g} for every probe image, so its weights cannot be identified; "
                "give it an attribute `digest`, a string that changes whenever its predictions may"
            )
        known = self.digest.encode() or np.round(found, 3).astype(np.float32).tobytes()
        self.digest = function_digest(source, known)
        return self


def function_digest(source: bytes, known: bytes) -> str:
    """Digest of a function: of its code, and of its declared digest or what it predicts."""
    return hashlib.sha256(source + known).hexdigest()
