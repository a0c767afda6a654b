"""What the tags of a page may take before anything of them is interpreted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.datasets import tiff_pages
from robustbench_cells.datasets.image_files import read_image, read_size
from robustbench_cells.datasets.tiff_pages import TiffPages
from robustbench_cells.errors import DataError
from tests.support.raw_tiff import Tags, grey_tags, write_raw_tiff

OME = b'<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">%s</OME>'
PIXELS = np.arange(6, dtype=np.uint8)


def write(path: Path, *pages: Tags) -> Path:
    write_raw_tiff(path, [(PIXELS.tobytes(), {**grey_tags((2, 3), 8), **tags}) for tags in pages])
    return path


@pytest.mark.parametrize(
    "tags",
    [
        {270: OME % (b"<a/>" * 2**21)},
        {270: b"ImageJ=1.54\n" + b"a=1\n" * 2**21},
        {270: b'{"shape": [' + b"1," * 2**22 + b"2, 3]}"},
        {270: b"x" * 2**22, 305: b"x" * 2**22},
    ],
    ids=["OME-XML", "ImageJ", "tifffile", "together"],
)
def test_a_long_description_is_refused_before_it_is_parsed(tags: Tags, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", tags)
    for read in (read_size, read_image):
        with pytest.raises(DataError, match=r"a\.tif: has tags of more than 8388608 bytes in one page"):
            read(path)


def test_tags_that_only_pillow_would_read_are_limited_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.tif", {65000: b"x" * 5000})
    assert read_image(path)[0].tolist() == [[0, 1, 2], [3, 4, 5]]
    monkeypatch.setattr(tiff_pages, "_MAX_TAGS", 5000)
    with pytest.raises(DataError, match=r"a\.tif: has more metadata in its tags than is read"):
        read_image(path)


def test_tags_of_all_pages_are_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = TiffPages(write(tmp_path / "a.tif", *[{65000: b"x" * 999}] * 4))
    monkeypatch.setattr(tiff_pages, "_MAX_ALL_TAGS", 4000)
    for _ in range(3):
        for index in range(3):
            assert pages.read(index, "page").pixels.tolist() == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(DataError, match="has more metadata in its tags than is read"):
        pages.page(3)


def test_pixels_are_no_tags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiff_pages, "_MAX_READ", 1000)
    path, pixels = tmp_path / "a.tif", np.full((100, 100), 7, np.uint8)
    write_raw_tiff(path, [(pixels.tobytes(), grey_tags(pixels.shape, 8))])
    assert read_image(path)[0].tolist() == pixels.tolist()
