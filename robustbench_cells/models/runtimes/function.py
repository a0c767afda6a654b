"""A Python function as a segmenter."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.probe import probe_images
from robustbench_cells.types import Image


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

    def identified(self, known: bytes) -> Function:
        """Itself, tried on made-up pictures; with a digest of what is known of it and of what it predicts for them.

        Weights that it reads from somewhere are in no digest of its source, but other ones give other values.

        Raises
        ------
        ModelError
            If it fails on them, gives other values for the same pictures, or has no ``digest`` of its own and tells
            nothing of its weights.
        """
        images = probe_images()
        pictures = np.concatenate([images, 255 - images, images / 4, np.roll(images, 9, 1)[:, ::-1] * 0.5 + 100])
        try:
            seen, again = self.predict(pictures), self.predict(pictures)
        except ModelError:
            raise
        except Exception as error:  # anybody's code
            raise ModelError(f"{self.name}: fails on pictures of 256 px ({type(error).__name__}: {error})") from error
        if not np.array_equal(seen, again):
            raise ModelError(f"{self.name}: gives other values for the same pictures; is dropout on, or a seed unset?")
        if not self.digest and np.ptp(seen) == 0:
            raise ModelError(
                f"{self.name}: gives {seen.flat[0]:g} for every made-up picture, so other weights could not be told "
                "from these; give it an attribute `digest`, a text that changes whenever its predictions may"
            )
        rounded = np.round(seen, 3).astype(np.float32)
        self.digest = self.digest or hashlib.sha256(known + rounded.tobytes()).hexdigest()
        return self
