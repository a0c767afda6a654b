"""One grey plane of colours and channels: of every container the same, and refused wherever it is not certain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

import robustbench_cells as rb
from robustbench_cells.datasets.channels import Channel
from robustbench_cells.datasets.grey_levels import to_grey_levels
from robustbench_cells.datasets.sources import SOURCES
from robustbench_cells.datasets.stored_plane import RGB, StoredPlane, array_plane
from robustbench_cells.errors import DataError
from tests.conftest import save_mask
from tests.support.coloured_files import (
    CELLS,
    COLOURED,
    GREY,
    NAMES,
    PLANES,
    SEVERAL,
    interleaved,
    ome,
    open_image,
    planar,
    shaped,
    written,
)
from tests.support.raw_png import PALETTE, RGB_ALPHA, write_raw_png
from tests.support.raw_png import RGB as RGB_TYPE
from tests.support.raw_tiff import write_raw_tiff
from tests.support.round_cells import IMAGES
from tests.support.tiff_frames import grey_page, palette_tag


@pytest.mark.parametrize("name", COLOURED | SEVERAL)
def test_a_channel_is_the_same_from_every_container(name: str, tmp_path: Path) -> None:
    written(tmp_path, name, (COLOURED | SEVERAL)[name])
    for number in range(3):
        sample = open_image(tmp_path, name, number).read(name.partition(".")[0])
        np.testing.assert_allclose(sample.image, PLANES[..., number], rtol=1e-6)
        np.testing.assert_array_equal(sample.labels, CELLS)


@pytest.mark.parametrize("name", COLOURED)
def test_luminance_is_that_of_pillow_and_colours_have_names(name: str, tmp_path: Path) -> None:
    written(tmp_path, name, COLOURED[name])
    frame = name.partition(".")[0]
    for number, colour in enumerate(RGB):
        np.testing.assert_allclose(open_image(tmp_path, name, colour).read(frame).image, PLANES[..., number], rtol=1e-6)
    image = open_image(tmp_path, name, "luminance").read(frame).image
    np.testing.assert_allclose(image, GREY, atol=0.5 if name == "deep.png" else 1e-4)


def test_arrays_in_memory_and_in_a_file_have_channels(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=PLANES[None], labels=CELLS[None])
    for channel, expected in (("green", PLANES[..., 1]), (2, PLANES[..., 2]), ("luminance", GREY)):
        for data in (
            rb.from_arrays(PLANES[None], CELLS[None], channel=channel),
            rb.from_arrays([PLANES], [CELLS], channel=channel),
            rb.open_dataset(tmp_path / "a.npz", channel=channel),
        ):
            np.testing.assert_array_equal(data.read("0").image, expected)
    np.savez(tmp_path / "b.npz", images=np.dstack([PLANES, PLANES])[None], labels=CELLS[None])
    for data in (
        rb.open_dataset(tmp_path / "b.npz", channel=5),
        rb.from_arrays([np.dstack([PLANES, PLANES])], [CELLS], channel=5),
    ):
        np.testing.assert_array_equal(data.read("0").image, PLANES[..., 2])
    with pytest.raises(DataError, match=r"shape \(1, 300, 300, 6\).*choose one channel"):
        rb.open_dataset(tmp_path / "b.npz")


@given(
    st.integers(0, 2**32 - 1).map(np.random.default_rng),
    st.sampled_from([np.uint8, np.uint16, np.int16, np.int32, np.float32, np.float64]),
)
def test_equal_channels_are_the_grey_bit_for_bit_whichever_is_named(rng: np.random.Generator, dtype: type) -> None:
    grey = rng.uniform(0, 255, (5, 6)).astype(dtype)
    expected, _ = to_grey_levels(StoredPlane(grey), "", 255)
    for channel in ("luminance", "red", "green", 2):
        image, _ = to_grey_levels(array_plane(np.dstack([grey] * 3)), "", 255, Channel(channel))
        np.testing.assert_array_equal(image, expected)
        nearly = np.dstack([grey] * 3)
        nearly[0, 0, 0] += 1  # so that colours are converted
        image, _ = to_grey_levels(array_plane(np.minimum(nearly, 255).astype(dtype)), "", 255, Channel("luminance"))
        np.testing.assert_array_equal(image[1:], expected[1:])


@given(st.integers(0, 2**32 - 1).map(np.random.default_rng))
def test_luminance_is_pillows_of_any_colours_and_the_formula_of_wider_ones(rng: np.random.Generator) -> None:
    colours = rng.integers(0, 256, (7, 9, 3), np.uint8)
    image, _ = to_grey_levels(array_plane(colours), "", None, Channel("luminance"))
    np.testing.assert_array_equal(image, np.asarray(Pillow.fromarray(colours).convert("L")))
    formula = colours @ np.array([0.299, 0.587, 0.114])
    for dtype, scale in ((np.uint16, 257), (np.float64, 1)):
        image, _ = to_grey_levels(array_plane(colours.astype(dtype) * scale), "", 65535, Channel("luminance"))
        np.testing.assert_allclose(image, formula, atol=0.01)


@given(st.permutations(["DAPI", "GFP", "488", "1b"]), st.integers(0, 3))
def test_a_name_means_its_channel_wherever_it_stands(names: list[str], number: int) -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4) * 9
    image, _ = to_grey_levels(StoredPlane(pixels, names=tuple(names)), "", None, Channel(names[number].lower()))
    np.testing.assert_array_equal(image, pixels[..., number])


def grey_file(path: Path) -> None:
    save_mask(path, IMAGES[0])


def volume(order: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        shape = tuple(3 if axis == "C" else 2 for axis in order[:-2])
        pixels = np.resize(np.moveaxis(PLANES, -1, 0), (*shape, 300, 300))
        tifffile.imwrite(path, pixels, ome=True, photometric="minisblack", metadata={"axes": order})

    return write


def half_opaque(path: Path) -> None:
    write_raw_png(path, np.dstack([PLANES, np.full_like(CELLS, 128)]), 8, RGB_ALPHA)


def glass(path: Path) -> None:
    write_raw_png(path, np.dstack([PLANES, CELLS]), 8, RGB_ALPHA)


def two_of_a_name(path: Path) -> None:
    ome("CYX", ["GFP", "gfp", "0"])(path)


def plain_pages(path: Path) -> None:
    with tifffile.TiffWriter(path) as file:
        for plane in np.moveaxis(PLANES, -1, 0):
            file.write(plane, photometric="minisblack", metadata=None)


REFUSED: dict[str, tuple[str, Callable[[Path], None], str | int | None, str]] = {
    "no channel of colours": ("a.png", COLOURED["rgb.png"], None, r"0 red, 1 green, 2 blue, or luminance \(--rb-chan"),
    "no channel of a TIFF": ("a.tif", COLOURED["rgb.tif"], None, r"is a colour image: .*0 red.*--rb-channel"),
    "no channel of samples": ("a.tif", interleaved, None, "3 samples per pixel.*choose one channel .--rb-channel"),
    "no channel of planes": ("a.tif", planar, None, "S 3.*choose one channel .--rb-channel"),
    "no channel of pages": (
        "a.tif",
        shaped,
        None,
        r"more than one page \(C 3\).*of an image, choose one channel .--rb",
    ),
    "no such number": ("a.png", COLOURED["rgb.png"], 3, "has no channel 3; its channels are 0 red, 1 green, 2 blue"),
    "no such name": (
        "a.tif",
        SEVERAL["named.ome.tif"],
        "GFP",
        "no channel GFP; its channels are 0 DAPI, 1 actin, 2 ph",
    ),
    "negative": ("a.png", COLOURED["rgb.png"], -1, "has no channel -1"),
    "a name in grey": ("a.tif", grey_file, "red", "has no channel red; its channels are 0 "),
    "no colours": ("a.tif", SEVERAL["named.ome.tif"], "luminance", "has no luminance.* 0 DAPI, 1 actin, 2 phase; name"),
    "names alike": ("a.tif", two_of_a_name, "GFP", "channel GFP may be any of 0, 1 of its channels 0 GFP, 1 gfp, 2 0"),
    "a name or a number": ("a.tif", two_of_a_name, "0", "channel 0 may be any of 0, 2"),
    "half transparent": ("a.png", half_opaque, "red", "is not opaque: its transparency goes down to 128 of 255"),
    "transparent in part": ("a.png", glass, "luminance", "is not opaque: its transparency goes down to 0 of 255"),
    "depth": ("a.tif", volume("ZYX"), 0, "its pages are Z 2.*a frame is one plane.*Z Project.*tifffile.imread"),
    "depth, no channel": ("a.tif", volume("ZYX"), None, r"more than one page \(Z 2\).*a frame is one plane.*Z Project"),
    "depth and channels": ("a.tif", volume("ZCYX"), 0, r"has 2 frames \(Z 2\), and one is expected.*Z Project"),
    "depth and time": ("a.tif", volume("TZCYX"), 0, "its pages are T 2, Z 2, C 3.*Z Project"),
    "pages without a meaning": ("a.tif", plain_pages, 0, "its pages are I 3.*if the pages are channels, save the file"),
    "empty": ("a.png", COLOURED["rgb.png"], " ", "channel '': give the name of a channel"),
    "control characters": ("a.png", COLOURED["rgb.png"], "\x1b[2J", "give the name of a channel"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_certain_is_refused_in_words(name: str, tmp_path: Path) -> None:
    file, write, channel, message = REFUSED[name]
    with pytest.raises(DataError, match=message):
        open_image(written(tmp_path, file, write), file, channel)


def test_a_number_that_means_another_name_in_another_file_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "a.ome.tif", ome("CYX", NAMES))
    written(tmp_path, "b.ome.tif", ome("CYX", NAMES[::-1]))
    save_mask(tmp_path / "output/b.png", CELLS)
    with pytest.raises(DataError, match=r"b\.ome\.tif: channel 0 is phase, but in .*a\.ome\.tif it is DAPI"):
        open_image(tmp_path, "a.ome.tif", 0)


def test_a_number_that_has_no_name_in_another_file_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "rgb.png", COLOURED["rgb.png"])
    written(tmp_path, "shades.png", grey_file)
    save_mask(tmp_path / "output/shades.png", CELLS)
    with pytest.raises(DataError, match=r"shades\.png: channel 0 is without a name, but in .*rgb\.png it is red"):
        open_image(tmp_path, "rgb.png", 0)
    assert open_image(tmp_path, "rgb.png", "luminance").read("shades").image.shape == CELLS.shape


@pytest.mark.parametrize("channel", [True, 1.5, None])
def test_a_channel_is_a_name_or_a_number(channel: object) -> None:
    with pytest.raises(TypeError, match="a name or a number is needed"):
        Channel(channel)  # type: ignore[arg-type]


def test_grey_frames_have_one_channel_which_is_their_luminance() -> None:
    expected = rb.open_dataset("synthetic", frames=1)
    for channel in (0, "luminance"):
        assert rb.open_dataset("synthetic", frames=1, channel=channel).fingerprint == expected.fingerprint
    with pytest.raises(DataError, match="synthetic: has no channel red"):
        rb.open_dataset("synthetic", channel="red")


def test_a_source_that_knows_no_channels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(where: str, split: str | None, white_level: int | None) -> None:
        raise AssertionError

    monkeypatch.setattr(SOURCES.get("synthetic"), "open", opened)
    with pytest.raises(DataError, match="data sets of the kind synthetic take no channel"):
        rb.open_dataset("synthetic", channel=0)


@pytest.mark.parametrize("kind", ["png", "tif"])
def test_a_palette_is_its_colours_in_images_and_its_index_in_masks(kind: str, tmp_path: Path) -> None:
    colours = [(0, 0, 0), *((7 * index % 256, 255 - index, index // 2) for index in range(1, 256))]
    for folder, indexes in (("input", IMAGES[0]), ("output", CELLS)):
        if kind == "tif":
            page = grey_page(indexes, 8, tags={262: (3,), 320: palette_tag(*colours)})
            write_raw_tiff(tmp_path / folder / "a.tif", [page])
        else:
            chunks = [(b"PLTE", bytes(np.array(colours, np.uint8).ravel()))]
            write_raw_png(tmp_path / folder / "a.png", indexes, 8, PALETTE, chunks)
    shown = np.array(colours, np.uint8)[IMAGES[0]]
    for channel, expected in ((1, shown[..., 1]), ("luminance", np.asarray(Pillow.fromarray(shown).convert("L")))):
        sample = rb.open_dataset(tmp_path, channel=channel).read("a")
        np.testing.assert_array_equal(sample.image, expected)
        np.testing.assert_array_equal(sample.labels, CELLS)
    with pytest.raises(DataError, match=r"colour image \(with a palette\).*0 red, 1 green, 2 blue, or luminance"):
        rb.open_dataset(tmp_path)


def test_the_white_level_is_that_of_the_channel(tmp_path: Path) -> None:
    deep = PLANES.astype(np.uint16) * 16
    write_raw_png(tmp_path / "input/a.png", deep, 16, RGB_TYPE)
    with pytest.raises(DataError, match="brightest pixel of this 16-bit image"):
        open_image(tmp_path, "a.png", "red")
    image = open_image(tmp_path, "a.png", "red", white_level=4080).read("a").image
    np.testing.assert_allclose(image, PLANES[..., 0], rtol=1e-6)


def test_masks_have_no_channel(tmp_path: Path) -> None:
    save_mask(tmp_path / "input/a.png", IMAGES[0])
    written(tmp_path, "b.tif", shaped)
    (tmp_path / "output").mkdir()
    (tmp_path / "input/b.tif").rename(tmp_path / "output/a.tif")
    with pytest.raises(DataError, match=r"output/a\.tif: has more than one page \(C 3\)"):
        rb.open_dataset(tmp_path, channel=0)
