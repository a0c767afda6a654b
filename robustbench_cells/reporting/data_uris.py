"""Pictures as data that a page holds in itself."""

from __future__ import annotations

import io
from base64 import b64encode

import numpy as np
import numpy.typing as npt
from PIL import Image

from robustbench_cells.types import Masks

# Nothing, found, missed, false alarm: apart for colour-blind eyes (Okabe and Ito 2008), over any grey.
_PALETTE = (0, 0, 0, 0x56, 0xB4, 0xE9, 0xF0, 0xA5, 0x00, 0xD0, 0x33, 0x8A)
_OPACITY = bytes((0, 150, 200, 200))
_QUALITY = 80


def photo(image: npt.NDArray[np.uint8]) -> str:
    """A data URI of grey levels, (H, W)."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "WEBP", quality=_QUALITY)
    return _uri(buffer, "webp")


def overlay(truth: Masks, mask: Masks) -> str:
    """A data URI of found cells, missed ones and false alarms in three colours, (H, W), to be laid over the photo."""
    kinds = np.where(truth, np.where(mask, 1, 2), np.where(mask, 3, 0)).astype(np.uint8)
    picture = Image.fromarray(kinds)
    picture.putpalette(_PALETTE)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", transparency=_OPACITY, bits=2, optimize=True)
    return _uri(buffer, "png")


def _uri(buffer: io.BytesIO, kind: str) -> str:
    return f"data:image/{kind};base64,{b64encode(buffer.getvalue()).decode()}"
