"""Single image files: declared sizes are bounded, and only TIFF and PNG are decoded."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.errors import DataError
from tests.support.frame_files import IMAGES, LABELS, WRITERS
from tests.support.tiff_files import with_tile


def write_png_that_declares(path: Path, width: int, height: int) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    )


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [8193, 9000, 11_000, 60_000, 2**31 - 1])
def test_declared_size_over_the_limit_is_refused_before_decoding(side: int, tmp_path: Path) -> None:
    where = WRITERS["paired"](tmp_path, IMAGES, LABELS)
    (tmp_path / "input/t000.tif").unlink()
    write_png_that_declares(tmp_path / "input/t000.png", side, side)
    with pytest.raises(DataError, match=r"t000\.png: declares .* than the 67108864 px allowed; cut the frame"):
        open_dataset(where)


@pytest.mark.parametrize("side", [(36_000, 36_000), (2**24, 96), ("64", 2**31), (0, 96)])
def test_tiles_over_the_limit_are_refused_before_decoding(side: tuple[Any, Any], tmp_path: Path) -> None:
    where = WRITERS["paired"](tmp_path, IMAGES, LABELS)
    with_tile(side)(tmp_path / "input/t000.tif", IMAGES[:1])
    with pytest.raises(DataError, match=r"t000\.tif: has tiles of .* px, and 1 to 16777216 px are allowed; save it"):
        open_dataset(where)


def test_only_tiff_and_png_are_decoded_whatever_the_suffix(tmp_path: Path) -> None:
    where = WRITERS["paired"](tmp_path, IMAGES, LABELS)
    Pillow.fromarray(IMAGES[0]).save(tmp_path / "input/t000.tif", format="EPS")  # Pillow would run Ghostscript
    with pytest.raises(DataError, match=r"t000\.tif: cannot be read as an image"):
        open_dataset(where)


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    import os

    where = WRITERS["paired"](tmp_path, IMAGES, LABELS)
    (tmp_path / "input/t000.tif").unlink()
    os.mkfifo(tmp_path / "input/t000.tif")  # opening it would block
    with pytest.raises(DataError, match=r"t000\.tif: is a named pipe \(FIFO\), not a file"):
        open_dataset(where)


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "JPEG"), ("BMP", "BMP"), ("GIF", "GIF")])
def test_other_images_are_named_behind_the_suffix_of_a_tiff(kind: str, name: str, tmp_path: Path) -> None:
    where = WRITERS["paired"](tmp_path, IMAGES, LABELS)
    Pillow.fromarray(IMAGES[0]).save(tmp_path / "output/t000.tif", format=kind)
    with pytest.raises(DataError, match=rf"t000\.tif: is a {name} file, .*export a mask again from its source"):
        open_dataset(where)
