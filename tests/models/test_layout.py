"""Layouts, value ranges and outputs of a network: inferred, declared, or reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.ndimage

from robustbench_cells.errors import ModelError
from robustbench_cells.models.probe import probe
from robustbench_cells.types import BATCH, Image
from tests.support.networks import Array, make_segmenter

PATCHES = np.random.default_rng(0).uniform(0, 255, (3, 256, 256)).astype(np.float32)
UNIT = PATCHES / 255


@pytest.mark.parametrize("shape", [(None, None, None, 1), (None, 1, None, None), (None, 256, 256), (4, 256, 256, 1)])
def test_unambiguous_layout_is_inferred(shape: tuple[int | None, ...]) -> None:
    seen = []

    def run(batch: Array) -> Array:
        seen.append(batch.shape)
        return batch / 255

    np.testing.assert_allclose(make_segmenter(run, shape).predict(PATCHES), UNIT, atol=1e-6)
    fixed = {axis: length for axis, length in enumerate(shape) if length is not None}
    assert all(given[axis] == length for given in seen for axis, length in fixed.items())
    assert {given[0] for given in seen} == {shape[0] or BATCH}


@pytest.mark.parametrize("shape", [(None, None, None, None), (None, 3, 256, 256), (None, 1, 256, 1), (None, 8), ()])
def test_ambiguous_layout_must_be_declared(shape: tuple[int | None, ...]) -> None:
    with pytest.raises(ModelError, match=r"mine: its input has shape .*under \[input\] in mine\.toml"):
        make_segmenter(np.zeros_like, shape)


def test_declared_layout_resolves_the_ambiguity() -> None:
    found = make_segmenter(lambda batch: batch[:, :1] / 255, (None,) * 4, layout="NCHW", channels=3)
    np.testing.assert_allclose(found.predict(PATCHES), UNIT, atol=1e-6)


@pytest.mark.parametrize(
    ("interface", "expected"),
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
def test_input_is_normalised_as_declared(interface: dict[str, Any], expected: Image) -> None:
    seen: list[Array] = []

    def run(batch: Array) -> Array:
        seen.append(batch[:3, ..., 0])
        return np.zeros_like(batch)

    make_segmenter(run, **interface).predict(PATCHES)
    np.testing.assert_allclose(seen[0], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("run", "interface", "expected"),
    [
        (lambda batch: batch / 25 - 5, {"kind": "logits"}, 1 / (1 + np.exp(5 - PATCHES / 25))),
        (
            lambda batch: np.concatenate([np.zeros_like(batch), batch / 25 - 5], -1),
            {"kind": "logits", "foreground": 1},
            1 / (1 + np.exp(5 - PATCHES / 25)),
        ),
        (lambda batch: np.concatenate([1 - batch / 255, batch / 255], -1), {"foreground": 1}, UNIT),
        (lambda batch: (batch // 100).astype(np.int64), {"kind": "labels", "instances": "components"}, PATCHES >= 100),
        (lambda batch: batch // 100, {"kind": "labels", "foreground": 2}, PATCHES >= 200),
        (lambda batch: np.moveaxis(batch, -1, 1) / 255, {}, UNIT),
        (lambda batch: batch[..., 0] / 255, {}, UNIT),
    ],
    ids=["logits", "two logits", "two classes", "classes", "one of the classes", "channels first", "no channels"],
)
def test_output_is_interpreted_as_declared(
    run: Callable[[Array], Array], interface: dict[str, Any], expected: Image
) -> None:
    found = make_segmenter(run, **interface).predict(PATCHES)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_whole_numbers_are_labels_where_nothing_says_that_they_are_classes() -> None:
    segmenter = make_segmenter(lambda batch: batch // 100, kind="labels")
    assert segmenter.instances == "labels"
    found = segmenter.predict(PATCHES)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, PATCHES // 100)
    with pytest.raises(ModelError, match="returns labels from -1 to 2; use 0 for background and number cells from 1"):
        make_segmenter(lambda batch: batch // 100 - (batch < 5), kind="labels").predict(PATCHES)
    half = make_segmenter(lambda batch: np.floor(batch[:, ::2, ::2] / 25), kind="labels", scale=0.5).predict(PATCHES)
    np.testing.assert_array_equal(half, np.floor(PATCHES[:, ::2, ::2] / 25).repeat(2, 1).repeat(2, 2))


def test_the_interface_says_how_cells_are_made() -> None:
    kinds = [
        make_segmenter(lambda batch: batch, **interface).instances  # type: ignore[arg-type]
        for interface in ({}, {"instances": "watershed"}, {"kind": "labels", "foreground": 1})
    ]
    assert kinds == ["components", "watershed", "components"]


@pytest.mark.parametrize(
    ("run", "interface", "message"),
    [
        (lambda batch: batch, {}, r'returns values from .* declare it in mine\.toml: \[output\] kind = "logits"'),
        (lambda batch: batch * np.nan, {}, "non-finite"),
        (lambda batch: np.repeat(batch, 2, -1), {}, r"returns 2 channels; declare .* \[output\] foreground = 0 to 1"),
        (lambda batch: np.repeat(batch, 2, -1), {"foreground": 2}, "foreground = 0 to 1"),
        (lambda batch: batch[:, ::2, ::2], {}, "for 16 images of 256×256 px"),
        (lambda batch: batch + 0.5, {"kind": "labels"}, "labels must be integers"),
        (lambda batch: batch.sum(), {}, "returns shape .* for 16 images"),
        (
            lambda batch: batch.reshape(len(batch), -1),
            {},
            r"returns shape \(16, 65536\) .*; reshape it within the network",
        ),
    ],
)
def test_wrong_output_is_reported_on_the_probe(
    run: Callable[[Array], Array], interface: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelError, match=f"mine: .*{message}"):
        probe(make_segmenter(run, **interface))


def valid_blur(side: int | None = None) -> Any:
    """Average 5×5 pixels without padding."""

    def run(batch: Array) -> Array:
        assert side is None or batch.shape[1:3] == (side, side)
        length = batch.shape[1] - 4
        shifted = [batch[:, row : row + length, column : column + length] for row in range(5) for column in range(5)]
        return sum(shifted) / 25 / 255

    return run


@pytest.mark.parametrize("side", [None, 40, 64, 300, 572])
def test_border_that_the_output_lacks_is_mirrored(side: int | None) -> None:
    expected = scipy.ndimage.uniform_filter(UNIT, (0, 5, 5), mode="mirror")
    found = make_segmenter(valid_blur(side), (None, side, side, 1), side=side, crop=2)
    np.testing.assert_allclose(found.predict(PATCHES), expected, atol=1e-5)
    np.testing.assert_array_equal(found.predict(PATCHES[:1])[0], found.predict(PATCHES)[0])
    frames = np.concatenate([PATCHES, PATCHES[:, :200] / 2], 1)
    whole = scipy.ndimage.uniform_filter(frames / 255, (0, 5, 5), mode="mirror")
    np.testing.assert_allclose(found.predict_whole(frames, 8), whole, atol=1e-5)


def test_output_of_half_the_size_is_interpolated() -> None:
    columns = np.broadcast_to(np.linspace(0, 255, 256, dtype=np.float32), (2, 256, 256))

    def pool(batch: Array) -> Array:
        return batch.reshape(len(batch), 128, 2, 128, 2, 1).mean((2, 4)) / 255

    found = make_segmenter(pool, scale=0.5).predict(columns)
    assert found.shape == columns.shape
    inside = (slice(None), slice(1, -1), slice(1, -1))
    np.testing.assert_allclose(found[inside], columns[inside] / 255, atol=1e-6)  # a plane stays where it is


def test_output_of_twice_the_size_is_averaged() -> None:
    rng = np.random.default_rng(0)
    fine = rng.uniform(size=(16, 512, 512, 1)).astype(np.float32)
    found = make_segmenter(lambda batch: fine, scale=2.0).predict(PATCHES)
    np.testing.assert_allclose(found, fine[:3, ..., 0].reshape(3, 256, 2, 256, 2).mean((2, 4)), atol=1e-5)


def test_crop_and_scale_together() -> None:
    def run(batch: Array) -> Array:
        inner = batch[:, 6:-6, 6:-6]
        return inner.reshape(len(batch), 128, 2, 128, 2, 1).mean((2, 4)) / 255

    columns = np.broadcast_to(np.linspace(0, 255, 256, dtype=np.float32), (2, 256, 256))
    found = make_segmenter(run, crop=6, scale=0.5).predict(columns)
    np.testing.assert_allclose(found[:, 1:-1, 1:-1], columns[:, 1:-1, 1:-1] / 255, atol=1e-6)


@pytest.mark.parametrize(
    ("length", "message"),
    [
        (
            252,
            r"declare under \[output\] in mine\.toml crop = 2 if it leaves out a border of 2 px \(valid padding\); a",
        ),
        (
            128,
            r"toml crop = 64 if it .*, or scale = 0\.5 if it is the whole image in another size; a network .*side too",
        ),
        (64, r"crop = 96 .*scale = 0\.25"),
        (512, r"declare under \[output\] in mine\.toml scale = 2 if it is the whole image"),
        (255, "pad or resize within the network"),
        (300, "pad or resize within the network"),
    ],
)
def test_output_of_another_size_names_the_entry_of_the_card(length: int, message: str) -> None:
    found = make_segmenter(lambda batch: np.zeros((len(batch), length, length, 1), np.float32))
    with pytest.raises(ModelError, match=rf"\(16, {length}, {length}, 1\) for 16 images of 256×256 px, .*{message}"):
        found.predict(PATCHES)


def test_another_crop_than_declared_is_reported_with_the_right_one() -> None:
    with pytest.raises(ModelError, match=r"262×262 px, but \(16, 256, 256\) .*crop = 2 if"):
        make_segmenter(valid_blur(), crop=3).predict(PATCHES)
    with pytest.raises(ModelError, match=r"a halo of 0 px and a crop of 30 px leaves nothing of a tile of 64 px"):
        make_segmenter(valid_blur(), (None, 64, 64, 1), side=64, crop=30)
