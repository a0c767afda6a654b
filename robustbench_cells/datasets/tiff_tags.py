"""What the tags of a TIFF page say of its values; what would change their meaning and is not read is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from robustbench_cells.datasets.limits import ORIENTATION, check_size, describe_rotation
from robustbench_cells.datasets.stored_plane import CHANNEL_OPTION, RGB, Palette
from robustbench_cells.errors import DataError

_MAX_TILE_PIXELS = 2**24  # 4096×4096; decoders allocate a whole tile, however small the image
_TILE_TAGS = (322, 323)  # TileWidth and TileLength
_COLOUR_MAP = 320
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE = range(4)  # photometric interpretations
_COLOURS = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _PALETTE: 1}
_UNCOMPRESSED = 1
_UNSPECIFIED, _PREMULTIPLIED = 0, 1  # in ExtraSamples
_NO_CALIBRATION = ("20", "21")  # ImageJ's codes for none, and for optical density not calibrated
_COMPRESSIONS = (1, 2, 3, 4, 5, 7, 8, 32773, 32946, 50000)  # none, CCITT, LZW, JPEG, deflate, PackBits, zstd
_PREDICTED = (5, 8, 32946, 50000)  # of these, the ones that libtiff undoes a predictor of
_LOSSY = {7: "JPEG"}
RESAVE = (
    "save it without compression, or with deflate or LZW (in Fiji: File > Save As > Tiff; in Python: "
    "tifffile.imwrite(path, pixels))"
)
_SAVE_GREY = "save it as uncompressed 8- or 16-bit grey"


def check_page(what: str, page: Any, *, channels: bool = False) -> None:
    """Check everything about a page that needs no decoding.

    Parameters
    ----------
    what
        File (and page), for messages.
    page
        Page as tifffile has read it.
    channels
        Whether its samples may be channels that are no colours.

    Raises
    ------
    DataError
        If the page is too large, or if its tags say something of its values that is not read.
    """
    check_size(what, page.imagewidth, page.imagelength)
    _check_tiles(what, page)
    for check in _CHECKS_OF_CHANNELS if channels and are_channels(page) else _CHECKS:
        if problem := check(page):
            raise DataError(f"{what}: {problem}")
    check_size(what, page.imagewidth, page.imagelength, page.samplesperpixel * max(1, page.dtype.itemsize))


def is_white_zero(page: Any) -> bool:
    """Tell whether the page declares 0 as white."""
    return int(page.photometric) == _WHITE_IS_ZERO


def has_alpha(page: Any) -> bool:
    """Tell whether the last sample of a pixel is something else than its colour."""
    return page.samplesperpixel > _COLOURS[int(page.photometric)]


def are_channels(page: Any) -> bool:
    """Tell whether the samples of a pixel may be channels: several, and none is said to be colour or transparency."""
    is_plain = int(page.photometric) == _BLACK_IS_ZERO and set(map(int, page.extrasamples)) <= {_UNSPECIFIED}
    return is_plain and page.samplesperpixel > 1


def name_samples(page: Any) -> tuple[str, ...]:
    """Name the colours of a page; empty if it has none."""
    return RGB if int(page.photometric) == _RGB else ()


def is_premultiplied(page: Any) -> bool:
    """Tell whether the colours of the page were multiplied by its transparency."""
    return _PREMULTIPLIED in tuple(page.extrasamples)


def read_palette(page: Any) -> Palette | None:
    """Read the page's palette, if it has one."""
    if int(page.photometric) != _PALETTE:
        return None
    values = np.asarray(page.tags.valueof(_COLOUR_MAP), np.uint16).reshape(3, -1).T
    depth = 8 if values.max() > 255 else 0  # a common mistake of writers: 8-bit values, which readers accept
    colours = np.column_stack([values >> depth, np.full(len(values), 255)])
    return Palette(colours.astype(np.uint8), display_only=page.is_imagej)


def read_imagej_notes(page: Any) -> dict[str, str]:
    """Read what ImageJ wrote into the description of a page, such as ``slices=8``."""
    return dict(line.split("=", 1) for line in page.imagej_description.splitlines() if "=" in line)


def lossy_compression(page: Any) -> str:
    """Name the page's compression if it may change values."""
    return _LOSSY.get(int(page.compression), "")


def name_compression(page: Any) -> str:
    """Name the page's compression, by its number if it has no name."""
    return str(getattr(page.compression, "name", page.compression))


def _check_tiles(what: str, page: Any) -> None:
    width, height = (page.tags.valueof(tag, 1) for tag in _TILE_TAGS)
    are_numbers = isinstance(width, int) and isinstance(height, int)  # a damaged tag may be text
    if not are_numbers or not 0 < width * height <= _MAX_TILE_PIXELS:
        raise DataError(
            f"{what}: has tiles of {str(width)[:20]}×{str(height)[:20]} px, and 1 to {_MAX_TILE_PIXELS} px are "
            "allowed; save it with smaller tiles or none, or replace the file if it is damaged"
        )


def _find_kind(page: Any) -> str:
    if int(page.photometric) in _COLOURS:
        return ""
    name = getattr(page.photometric, "name", page.photometric)
    return f"has values of another kind than grey levels (PhotometricInterpretation {name}); {_SAVE_GREY}"


def _find_samples(page: Any) -> str:
    colours, extra = _COLOURS[int(page.photometric)], len(page.extrasamples)
    if extra <= 1 and page.samplesperpixel == colours + extra:
        return ""
    return (
        f"has {page.samplesperpixel} samples per pixel, which are neither grey nor colours; of an image, choose one "
        f"channel ({CHANNEL_OPTION}), or save one as grey (if tifffile.imwrite took frames for samples, pass "
        "photometric='minisblack')"
    )


def _find_type(page: Any) -> str:
    bits, kinds, most = page.bitspersample, "buif", 64
    if int(page.photometric) == _PALETTE:  # indexes
        kinds, most = "bu", 8
    if page.dtype is not None and page.dtype.kind in kinds and isinstance(bits, int) and bits <= most:
        return ""
    return (
        f"has values of a type that is not read ({str(bits)[:40]} bits, SampleFormat {str(page.sampleformat)[:40]}); "
        "save it with 8, 16 or 32 bits per pixel"
    )


def _find_compression(page: Any) -> str:
    if int(page.compression) in _COMPRESSIONS:
        return ""
    return f"is compressed by {name_compression(page)}, which is not read; {RESAVE}"


def _find_orientation(page: Any) -> str:
    return describe_rotation(page.tags.valueof(ORIENTATION, 1))


def _find_predictor(page: Any) -> str:
    if int(page.compression) in _PREDICTED or int(page.predictor) == 1:
        return ""
    kind = f"with compression by {name_compression(page)}"
    if int(page.compression) == _UNCOMPRESSED:
        kind = "without compression"
    return (
        f"declares Predictor {page.predictor} {kind}, and programs differ in whether it then holds values or "
        "differences; save it again without a predictor"
    )


def _find_calibration(page: Any) -> str:
    """Find a function of ImageJ that makes values out of the stored ones: above all, its signed 16 bits."""
    if not page.is_imagej:
        return ""
    notes = read_imagej_notes(page)
    function = notes.get("cf", _NO_CALIBRATION[0]).strip()
    is_identity = function == "0" and float(notes.get("c0", 0)) == 0 and float(notes.get("c1", 1)) == 1
    if function in _NO_CALIBRATION or is_identity:
        return ""
    return (
        f"has a calibration of ImageJ (function {function[:20]}, offset {notes.get('c0', '0')[:20]}), so its values "
        "are not the stored ones, as in signed 16-bit images; convert it in ImageJ (Image > Type > 32-bit, then the "
        "type wanted), and save it again"
    )


_CHECKS: tuple[Callable[[Any], str], ...] = (
    _find_kind,
    _find_samples,
    _find_type,
    _find_compression,
    _find_orientation,
    _find_predictor,
    _find_calibration,
)
_CHECKS_OF_CHANNELS = tuple(check for check in _CHECKS if check is not _find_samples)
