"""TIFF files of grey stacks, and with tiles of any declared size."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

write = partial(tifffile.imwrite, photometric="minisblack")  # else three frames are taken for colours


def with_tile(side: tuple[Any, Any]) -> Callable[[Path, np.ndarray], None]:
    """Create a writer of files that declare tiles of this size."""

    def save(path: Path, stack: np.ndarray) -> None:
        write(path, stack, metadata=None, tile=(96, 96), compression="zlib")
        with tifffile.TiffFile(path, mode="r+b") as file:
            for number, value in zip((322, 323), side, strict=True):
                dtype = 2 if isinstance(value, str) else 4  # ASCII or LONG
                file.pages[0].tags[number].overwrite(value, dtype=dtype)  # type: ignore[union-attr]

    return save
