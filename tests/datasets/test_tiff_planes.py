"""A file that holds more planes than one is never read as its first plane, by no reader of single frames."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.errors import DataError
from tests.support.frame_files import IMAGES, LABELS, WRITERS
from tests.support.tiff_files import write

Save = Callable[[Path, np.ndarray], None]


def in_one_directory(notes: str) -> Save:
    """As ImageJ writes stacks above 4 GB: one directory, then all planes."""

    def save(path: Path, stack: np.ndarray) -> None:
        tifffile.imwrite(path, stack[0], description=f"ImageJ=1.53t\n{notes}", metadata=None)
        with path.open("ab") as file:
            file.write(stack[1:].tobytes())

    return save


def shaped(path: Path, stack: np.ndarray) -> None:
    """A series of tifffile in one directory."""
    write(path, stack, truncate=True)


def ome(path: Path, stack: np.ndarray) -> None:
    write(path, stack[:1], ome=True, metadata={"axes": "TYX"})
    path.write_bytes(path.read_bytes().replace(b'SizeT="1"', b'SizeT="3"'))


def metamorph(path: Path, stack: np.ndarray) -> None:
    """MetaMorph: one directory, whose tag UIC2 has six numbers for each plane."""
    planes = len(stack)
    write(path, stack[0], metadata=None, extratags=[(33629, 4, 6 * planes, (1,) * 6 * planes, True)])
    entry = struct.pack("<HHI", 33629, 4, 6 * planes)
    content = path.read_bytes().replace(entry, struct.pack("<HHI", 33629, 5, planes))
    path.write_bytes(content + stack[1:].tobytes())


def volume(path: Path, stack: np.ndarray) -> None:
    write(path, stack, volumetric=True, tile=(16, 16, 16), metadata=None)


def preview(path: Path, stack: np.ndarray) -> None:
    with tifffile.TiffWriter(path) as file:
        file.write(stack[0], subifds=1, subfiletype=1, photometric="minisblack", metadata=None)
        file.write(np.kron(stack[0], np.ones((2, 2), np.uint8)), photometric="minisblack", metadata=None)


def pages(path: Path, stack: np.ndarray) -> None:
    write(path, stack)


def animation(path: Path, stack: np.ndarray) -> None:
    first, *others = map(Pillow.fromarray, stack)
    first.save(path, format="PNG", save_all=True, append_images=others)


FILES: dict[str, tuple[Save, str]] = {
    "ImageJ, frames": (in_one_directory("images=3\nframes=3\nhyperstack=true\n"), "declares T 3 in one page"),
    "ImageJ, slices": (in_one_directory("images=3\nslices=3\n"), "declares Z 3 in one page"),
    "ImageJ, images": (in_one_directory("images=3\n"), "declares I 3 in one page"),
    "ImageJ, channels": (in_one_directory("images=3\nchannels=3\nmode=composite\n"), "declares C 3 in one page"),
    "tifffile": (shaped, "declares Q 3 in one page"),
    "OME": (ome, "declares T 3 in one page"),
    "MetaMorph": (metamorph, "declares I 3 in one page"),
    "volume": (volume, "declares depth 3 in one page"),
    "preview": (preview, "its first page is a preview"),
    "pages": (pages, "has more than one page"),
    "animated PNG": (animation, "has more than one page"),
}


@pytest.mark.parametrize("kind", ["paired", "cell_tracking_challenge"])
@pytest.mark.parametrize("folder", [0, 1], ids=["image", "mask"])
@pytest.mark.parametrize(("save", "message"), FILES.values(), ids=FILES)
def test_more_planes_than_one_are_refused(kind: str, folder: int, save: Save, message: str, tmp_path: Path) -> None:
    where = WRITERS[kind](tmp_path, IMAGES, LABELS.astype(np.uint8))
    folders = ("input", "output") if kind == "paired" else ("01", "01_ST/SEG")
    path = sorted((tmp_path / folders[folder]).iterdir())[1]
    save(path, (IMAGES, LABELS.astype(np.uint8))[folder])
    with pytest.raises(DataError, match=rf"{path.name}: {message}.*save "):
        open_dataset(where)


@pytest.mark.parametrize("name", ["MetaMorph", "volume", "preview", "tifffile"])
def test_a_stack_of_one_directory_is_refused(name: str, tmp_path: Path) -> None:
    FILES[name][0](tmp_path / "images.tif", IMAGES)
    write(tmp_path / "masks.tif", LABELS[:1])
    with pytest.raises(DataError, match=r"images\.tif: .*save "):
        open_dataset(f"{tmp_path}/images.tif:{tmp_path}/masks.tif")


def one_of_a_set(path: Path, stack: np.ndarray) -> None:
    """OME-TIFF in several files: each holds one plane, and describes them all."""
    parts = "".join(
        f'<TiffData FirstT="{number}" IFD="0" PlaneCount="1"><UUID FileName="t{number}.tif">urn:uuid:{number}</UUID>'
        "</TiffData>"
        for number in range(3)
    )
    text = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        '<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="80" SizeY="90" SizeZ="1" SizeC="1" '
        f'SizeT="3">{parts}</Pixels></Image></OME>'
    )
    tifffile.imwrite(path, stack[0], description=text, metadata=None)


def pyramid(path: Path, stack: np.ndarray) -> None:
    with tifffile.TiffWriter(path) as file:
        file.write(stack[0], subifds=1, photometric="minisblack", metadata=None)
        file.write(stack[0, ::2, ::2], subfiletype=1, photometric="minisblack", metadata=None)


ONE_PLANE: dict[str, Save] = {
    "ImageJ": lambda path, stack: tifffile.imwrite(path, stack[0], imagej=True),
    "OME": lambda path, stack: write(path, stack[0], ome=True),
    "OME, one of a set": one_of_a_set,
    "tifffile": lambda path, stack: write(path, stack[:1]),
    "pyramid": pyramid,
}


@pytest.mark.parametrize("save", ONE_PLANE.values(), ids=ONE_PLANE)
def test_files_of_one_plane_are_read(save: Save, tmp_path: Path) -> None:
    where = WRITERS["paired"](tmp_path, IMAGES, LABELS)
    save(tmp_path / "input/t000.tif", IMAGES)
    np.testing.assert_array_equal(open_dataset(where).read("0").image, IMAGES[0])


@pytest.mark.parametrize("channels", [(), (1,)])
def test_a_last_axis_of_one_channel_is_no_axis_of_frames(channels: tuple[int, ...], tmp_path: Path) -> None:
    """As networks return arrays, (N, H, W, 1), and tifffile writes them."""
    images, masks = (stack.reshape(stack.shape + channels) for stack in (IMAGES, LABELS))
    write(tmp_path / "images.tif", images)
    write(tmp_path / "masks.tif", masks)
    for name, stack in (("input", images), ("output", masks)):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "t0.tif", stack[0])
    for where in (f"{tmp_path}/images.tif:{tmp_path}/masks.tif", tmp_path):
        selection = open_dataset(where)
        np.testing.assert_array_equal(selection.read("0").image, IMAGES[0])
    assert open_dataset(f"{tmp_path}/images.tif:{tmp_path}/masks.tif").frames == tuple(map(str, range(len(IMAGES))))
