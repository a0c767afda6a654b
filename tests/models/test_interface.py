"""What a card declares about a network, and what follows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.errors import DeclarationWarning, ModelError
from robustbench_cells.models.card import card_path, read_card, write_card
from robustbench_cells.models.interface import Interface, interface_from_card
from robustbench_cells.models.network import Network, NetworkSegmenter
from robustbench_cells.models.probe import probe, probe_images
from robustbench_cells.models.sliding_window import tiled
from robustbench_cells.models.unet import build_unet
from robustbench_cells.models.whole_frames import predict_frame
from robustbench_cells.types import BATCH, Image
from tests.support.extras import needs

Array = np.ndarray[Any, Any]
PATCHES = np.random.default_rng(0).uniform(0, 255, (3, 256, 256)).astype(np.float32)
UNIT = PATCHES / 255


def segmenter(run: Callable[[Array], Array], shape: tuple[int | None, ...], **interface: Any) -> NetworkSegmenter:
    return NetworkSegmenter("mine", Network(run, shape), "digest", Interface(**interface, card="mine.toml"))


def unit(batch: Array) -> Array:
    return batch / 255


@pytest.mark.parametrize("shape", [(None, None, None, 1), (None, 1, None, None), (None, 256, 256), (4, 256, 256, 1)])
def test_a_layout_that_leaves_no_doubt_is_found_out(shape: tuple[int | None, ...]) -> None:
    seen = []

    def run(batch: Array) -> Array:
        seen.append(batch.shape)
        return unit(batch)

    np.testing.assert_allclose(segmenter(run, shape).predict(PATCHES), UNIT, atol=1e-6)
    known = {axis: length for axis, length in enumerate(shape) if length is not None}
    assert all(one[axis] == length for one in seen for axis, length in known.items())
    assert {one[0] for one in seen} == {shape[0] or BATCH}


@pytest.mark.parametrize("shape", [(None, None, None, None), (None, 3, 256, 256), (None, 1, 256, 1), (None, 8), ()])
def test_what_is_in_doubt_is_asked_for(shape: tuple[int | None, ...]) -> None:
    with pytest.raises(ModelError, match=r"mine: its input has shape .*say in mine\.toml, under \[input\]"):
        segmenter(unit, shape)


def test_a_declared_layout_settles_it() -> None:
    found = segmenter(lambda batch: batch[:, :1] / 255, (None, None, None, None), layout="NCHW", channels=3)
    np.testing.assert_allclose(found.predict(PATCHES), UNIT, atol=1e-6)


@pytest.mark.parametrize(
    ("interface", "wanted"),
    [
        ({"range": (0.0, 1.0)}, UNIT),
        ({"range": (-1.0, 1.0)}, 2 * UNIT - 1),
        ({"range": (1.0, 0.0)}, 1 - UNIT),
        (
            {"normalise": "min-max", "range": (0.0, 1.0)},
            (PATCHES - PATCHES.min((1, 2), keepdims=True)) / np.ptp(PATCHES, (1, 2), keepdims=True),
        ),
        (
            {"normalise": "zero-mean"},
            (PATCHES - PATCHES.mean((1, 2), keepdims=True)) / PATCHES.std((1, 2), keepdims=True),
        ),
    ],
    ids=str,
)
def test_what_a_network_gets(interface: dict[str, Any], wanted: Image) -> None:
    seen: list[Array] = []

    def run(batch: Array) -> Array:
        seen.append(batch[:3, ..., 0])
        return np.zeros_like(batch)

    segmenter(run, (None, None, None, 1), **interface).predict(PATCHES)
    np.testing.assert_allclose(seen[0], wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("run", "interface", "wanted"),
    [
        (lambda batch: batch / 25 - 5, {"kind": "logits"}, 1 / (1 + np.exp(5 - PATCHES / 25))),
        (
            lambda batch: np.concatenate([np.zeros_like(batch), batch / 25 - 5], -1),
            {"kind": "logits", "foreground": 1},
            1 / (1 + np.exp(5 - PATCHES / 25)),
        ),
        (lambda batch: np.concatenate([1 - batch / 255, batch / 255], -1), {"foreground": 1}, UNIT),
        (lambda batch: (batch // 100).astype(np.int64), {"kind": "labels"}, PATCHES >= 100),
        (lambda batch: batch // 100, {"kind": "labels", "foreground": 2}, PATCHES >= 200),
        (lambda batch: np.moveaxis(batch, -1, 1) / 255, {}, UNIT),
        (lambda batch: batch[..., 0] / 255, {}, UNIT),
    ],
    ids=["logits", "two logits", "two classes", "labels", "one of the labels", "channels first", "no channels"],
)
def test_what_a_network_gives(run: Callable[[Array], Array], interface: dict[str, Any], wanted: Image) -> None:
    found = segmenter(run, (None, None, None, 1), **interface).predict(PATCHES)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("run", "interface", "words"),
    [
        (lambda batch: batch, {}, r'gives values from .* say in mine\.toml \[output\] kind = "logits"'),
        (lambda batch: batch * np.nan, {}, "not finite"),
        (lambda batch: np.repeat(batch, 2, -1), {}, r"gives 2 channels; say .* \[output\] foreground = 0 to 1"),
        (lambda batch: np.repeat(batch, 2, -1), {"foreground": 2}, "foreground = 0 to 1"),
        (lambda batch: batch[:, ::2, ::2], {}, "for 16 images of 256×256 px"),
        (lambda batch: batch + 0.5, {"kind": "labels"}, "labels are whole numbers"),
        (lambda batch: batch.sum(), {}, "gives .* for 16 images"),
    ],
)
def test_a_wrong_guess_is_found_on_the_probe(
    run: Callable[[Array], Array], interface: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelError, match=f"mine: .*{words}"):
        probe(segmenter(run, (None, None, None, 1), **interface))


def test_a_network_that_sees_nothing_is_doubted_aloud() -> None:
    for run, share in ((np.zeros_like, "0.0%"), (np.ones_like, "100.0%")):
        with pytest.warns(
            DeclarationWarning, match=rf"mine: calls {share} of a picture .* in mine\.toml what it takes"
        ):
            probe(segmenter(run, (None, None, None, 1)))


def test_a_network_of_another_size_gets_tiles() -> None:
    def blurred(batch: Array) -> Array:
        assert batch.shape[1:3] == (64, 64)
        padded = np.pad(batch, ((0, 0), (2, 2), (2, 2), (0, 0)))
        return (
            sum(padded[:, row : row + 64, column : column + 64] for row in range(5) for column in range(5)) / 25 / 255
        )

    whole = np.pad(PATCHES, ((0, 0), (2, 2), (2, 2)))
    wanted = sum(whole[:, row : row + 256, column : column + 256] for row in range(5) for column in range(5)) / 25 / 255
    found = segmenter(blurred, (None, 64, 64, 1), side=64, halo=2).predict(PATCHES)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    with pytest.raises(
        ModelError, match=r"\(any, 64, 64, 1\) as NHWC, takes images of \(64, 64\);.* for tiles, side = … and halo = …"
    ):
        segmenter(blurred, (None, 64, 64, 1))
    with pytest.raises(ModelError, match="a halo of 30 px leaves nothing of a tile of 64 px"):
        segmenter(blurred, (None, 64, 64, 1), side=64, halo=30)


@given(st.tuples(st.integers(1, 90), st.integers(1, 90)), st.sampled_from([16, 24, 40]), st.integers(0, 4))
def test_tiles_cover_each_pixel_once_and_in_its_place(shape: tuple[int, int], side: int, halo: int) -> None:
    images = np.random.default_rng(0).uniform(size=(2, *shape)).astype(np.float32)
    np.testing.assert_array_equal(tiled(lambda tiles: tiles, images, side, halo), images)


@needs("keras")
@pytest.mark.parametrize("shape", [(320, 456), (256, 264), (512, 256)])
def test_a_frame_in_patches_has_the_mask_of_the_frame_at_once(shape: tuple[int, int]) -> None:
    model = build_unet(seed=5)
    frame = np.random.default_rng(1).uniform(0, 255, shape).astype(np.float32)

    class Whole:
        name = digest = "whole"

        def predict(self, images: Image) -> Image:
            return np.asarray(model.predict_on_batch(images[..., None]))[..., 0]

    broken_at_neutral = Whole().predict(frame[None])[0]
    np.testing.assert_allclose(predict_frame(Whole(), frame), broken_at_neutral, atol=1e-5)
    assert np.abs(predict_frame(Whole(), frame, halo=0) - broken_at_neutral).max() > 1e-4  # so the halo matters
    with pytest.raises(ValueError, match="leaves nothing"):
        predict_frame(Whole(), frame, halo=125)


def test_a_frame_is_normalised_as_a_whole() -> None:
    ramp = np.tile(np.linspace(0, 255, 600, dtype=np.float32), (300, 1))
    found = predict_frame(segmenter(lambda batch: batch, (None,) * 3, normalise="min-max", range=(0.0, 1.0)), ramp)
    np.testing.assert_allclose(found, ramp / 255, atol=1e-5)


def test_what_a_card_declares(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    write_card(
        path,
        {
            "input": {"layout": "NCHW", "channels": 3.0, "range": [0, 1], "side": 128, "halo": 16},
            "output": {"name": "cells", "layout": "NHWC", "kind": "logits", "foreground": 1},
        },
    )
    assert interface_from_card(read_card(path)) == Interface(
        layout="NCHW", channels=3, range=(0.0, 1.0), side=128, halo=16,
        output="cells", output_layout="NHWC", kind="logits", foreground=1,
    )  # fmt: skip
    assert interface_from_card({}) == Interface()


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ({"input": {"chanels": 3}}, r"input: .*'chanels' was unexpected\); there are: layout, channels, "),
        ({"input": {"halo": 3}}, "input: 'side' is a dependency of 'halo'"),
        ({"output": {"kind": "softmax"}}, r"output\.kind: 'softmax' is not one of"),
        ({"input": {"channels": 10**9}}, r"input\.channels: .*greater than the maximum"),
        ({"sha256": "12"}, "sha256: '12' does not match"),
        ({"training": 3}, "training: 3 is not of type 'object'"),
        ({"input": {"range": [0, 10**400]}}, "input.range.1: "),
        ({"inputs": {"range": [0, 1]}}, r"the card: .*\('inputs' was unexpected\)"),
    ],
)
def test_a_card_that_says_what_no_card_says(card: dict[str, Any], words: str, tmp_path: Path) -> None:
    write_card(tmp_path / "mine.toml", card)
    with pytest.raises(ModelError, match=rf"mine\.toml: {words}"):
        read_card(tmp_path / "mine.toml")


def test_several_files_of_one_stem_have_cards_of_their_own(tmp_path: Path) -> None:
    model = tmp_path / "mine.onnx"
    assert card_path(model) == tmp_path / "mine.toml"
    assert card_path(Path()).name == f"{Path.cwd().name}.toml"
    (tmp_path / "mine.onnx.toml").touch()
    assert card_path(model) == tmp_path / "mine.onnx.toml"


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((2, 256, 256)), r"float64 of shape \(2, 256, 256\); grey levels of shape \(H, W\) are needed"),
        (np.zeros((256, 256), bool), "bool of shape"),
        (np.full((256, 256), 4096, np.uint16), "values from 4096 to 4096; grey levels go from 0 to 255"),
        (np.full((256, 256), np.nan), "values from nan to nan"),
        ([[0, -1]], "values from -1 to 0"),
    ],
)
def test_a_frame_that_is_none_is_refused(image: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        predict_frame(segmenter(unit, (None, None, None, 1)), image)


def test_the_probe_looks_like_cells() -> None:
    images = probe_images()
    assert images.shape == (2, 256, 256)
    assert images.dtype == np.float32
    assert images.min() >= 0 and images.max() <= 255  # noqa: PT018
    np.testing.assert_array_equal(images, probe_images())
