"""Images as data URIs, for a page that needs no other file."""

from __future__ import annotations

import io
from base64 import b64encode

import numpy as np
import numpy.typing as npt
from PIL import Image

from robustbench_cells.instances.fates import Fate
from robustbench_cells.types import Masks

# true negative, true positive, false negative, false positive: colour-blind safe (Okabe and Ito 2008), over any grey
_PALETTE = (0, 0, 0, 0x56, 0xB4, 0xE9, 0xF0, 0xA5, 0x00, 0xD0, 0x33, 0x8A)
_OPACITY = bytes((0, 150, 200, 200))
FATE_COLOURS = {  # the same for cells; any two differ by a ΔE of 30 or more, to colour-blind eyes too (Machado 2009)
    Fate.FOUND: "#56B4E9",
    Fate.MERGED: "#9966FF",
    Fate.SPLIT: "#FFFF99",
    Fate.MISSED: "#F0A500",
    Fate.INVENTED: "#D0338A",
    Fate.POOR_OUTLINE: "#CC0000",
}
_QUALITY = 80


def encode_photo(image: npt.NDArray[np.uint8]) -> str:
    """A data URI of grey levels, (H, W)."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "WEBP", quality=_QUALITY)
    return _uri(buffer, "webp")


def encode_overlay(truth: Masks, mask: Masks) -> str:
    """A data URI of true positive, false negative and false positive pixels in three colours, (H, W)."""
    kinds = np.where(truth, np.where(mask, 1, 2), np.where(mask, 3, 0)).astype(np.uint8)
    overlay = Image.fromarray(kinds)
    overlay.putpalette(_PALETTE)
    buffer = io.BytesIO()
    overlay.save(buffer, "PNG", transparency=_OPACITY, bits=2, optimize=True)
    return _uri(buffer, "png")


def encode_outlines(outlines: npt.NDArray[np.uint8]) -> str:
    """A data URI of outlines, (H, W): 0 none, else a fate, numbered from 1 as in `FATE_COLOURS`."""
    overlay = Image.fromarray(outlines)
    overlay.putpalette(b"".join(bytes.fromhex(colour[1:]) for colour in ("#000000", *FATE_COLOURS.values())))
    buffer = io.BytesIO()
    overlay.save(buffer, "PNG", transparency=0, bits=4, optimize=True)
    return _uri(buffer, "png")


def _uri(buffer: io.BytesIO, kind: str) -> str:
    return f"data:image/{kind};base64,{b64encode(buffer.getvalue()).decode()}"
