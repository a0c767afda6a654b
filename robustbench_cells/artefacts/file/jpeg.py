"""Compression as JPEG."""

from __future__ import annotations

from math import inf, isfinite

import cv2
import numpy as np
import numpy.typing as npt

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.types import Image

_COLOURS = 3


@ARTEFACTS.register
class Jpeg(PhysicalArtefact):
    """JPEG: rounds grey levels to 8 bits, compresses and decompresses them.

    Blocks of 8×8 pixels, from the image's top left corner, become cosine coefficients, which are rounded to multiples
    of a table. The intensity is the quality of the Independent JPEG Group, a whole number from 1 to 100: the table of
    quality 50 is scaled by 50 / quality below it and by 2 - quality / 50 above. Lower is worse, and since no quality
    keeps each pixel, the neutral one is infinite: no compression. Three channels are red, green and blue, whose chroma
    has half the resolution (4:2:0); of any other number, each is compressed as a grey image. It draws no random
    numbers. Source: ITU-T T.81, annexes A and K; libjpeg, by `cv2.imencode`. Not modelled: being compressed twice, and
    a grid of blocks that begins elsewhere.
    """

    name = "jpeg"
    version = 1
    parameter = "quality"
    unit = "of 100"
    neutral = inf
    scale = "log"
    bounds = (1.0, 100.0)
    grids = {"full": (2, 5, 10, 20, 40, 70, 90), "default": (5, 20, 70), "quick": (20,)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
        """See `PhysicalArtefact.degrade`."""
        levels = np.rint(image).astype(np.uint8)
        if image.ndim == 2:
            return _compressed(levels, int(intensity))
        if image.shape[2] == _COLOURS:
            return _compressed(np.ascontiguousarray(levels[..., ::-1]), int(intensity))[..., ::-1]
        channels = (np.ascontiguousarray(levels[..., channel]) for channel in range(image.shape[2]))
        return np.dstack([_compressed(channel, int(intensity)) for channel in channels])

    def require_meaningful(self, intensity: float) -> None:
        """Refuse what is no whole number from 1 to 100."""
        super().require_meaningful(intensity)
        if isfinite(intensity) and intensity != int(intensity):
            raise ValueError(f"{self.parameter} {intensity:g}: must be a whole number from 1 to 100 ({self.unit})")


def _compressed(levels: npt.NDArray[np.uint8], quality: int) -> npt.NDArray[np.float32]:
    """Compress and decompress 8-bit grey levels (H, W), or blue, green and red (H, W, 3)."""
    sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420] if levels.ndim > 2 else []
    _, encoded = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, quality, *sampling])
    decoded = cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)
    if decoded is None:
        raise RuntimeError(f"OpenCV cannot read the JPEG of quality {quality} that it has written")
    return decoded.astype(np.float32)
