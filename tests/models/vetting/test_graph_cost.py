"""Work and memory of a graph, against formulas and against what TensorFlow runs."""

from __future__ import annotations

from typing import Any

import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.vetting.graph_cost import Cost, measure_graph

keras = pytest.importorskip("keras", reason="needs the extra 'keras'")
pytest.importorskip("tensorflow", reason="needs TensorFlow")
layers = keras.layers

SIDE = 32
PIXELS = 4 * SIDE * SIDE


def measure(*chain: Any, channels: int = 32) -> Cost:
    inputs = x = keras.Input((None, None, channels))
    for layer in chain:
        x = layer(x)
    return measure_graph(keras.Model(inputs, x), [keras.KerasTensor([4, SIDE, SIDE, channels])])


@pytest.mark.parametrize(
    ("layer", "channels", "products"),
    [
        (layers.Conv2D(64, 9, padding="same"), 32, 81 * 32 * 64),
        (layers.Conv2D(64, 9, padding="same", dilation_rate=3), 32, 81 * 32 * 64),
        (layers.Conv2DTranspose(64, 9, padding="same"), 32, 81 * 32 * 64),
        (layers.Conv2DTranspose(64, 9, strides=2, padding="same"), 32, 4 * 81 * 32 * 64),
        (layers.DepthwiseConv2D(31, padding="same"), 32, 31 * 31 * 32),
        (layers.DepthwiseConv2D(31, padding="same", depth_multiplier=2), 32, 31 * 31 * 64),
        (layers.SeparableConv2D(64, 31, padding="same", depth_multiplier=2), 32, 31 * 31 * 64 + 64 * 64),
        (layers.Dense(2000), 2000, 2000 * 2000),
        (layers.AveragePooling2D(31, 1, padding="same"), 32, 31 * 31 * 32),
        (layers.MaxPooling2D((1, 101), 1, padding="same"), 64, 101 * 64),
        (layers.Conv2D(1, 31, padding="same"), 1, 31 * 31 * 32),  # as slow as 32 channels
        (layers.Conv2D(16, 9, padding="same", groups=16), 16, 81 * 16 * 512),  # compiled without vectors
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_work_is_the_number_of_products(layer: Any, channels: int, products: int) -> None:
    work = measure(layer, channels=channels).work - measure(layers.Activation("linear"), channels=channels).work
    few = 40 * 2**19 + 64 * 20 * 16 * PIXELS * max(channels, 64)  # the starts of operations, what they read and write
    assert PIXELS * products <= work <= PIXELS * products + few


def test_peak_is_what_is_alive_at_the_same_time() -> None:
    image = 4 * PIXELS * 32
    halve, double = layers.Conv2D(16, 1, use_bias=False), layers.Conv2D(64, 1, use_bias=False)
    with_input = 1 + 2 + 0.5  # the caller keeps it
    assert measure(double, halve).peak == pytest.approx(with_input * image, rel=1e-3)
    inputs = keras.Input((None, None, 32))
    parallel = [layers.Conv2D(32, 1, use_bias=False)(inputs) for _ in range(10)]
    model = keras.Model(inputs, layers.Concatenate()(parallel))
    assert measure_graph(model, [keras.KerasTensor([4, SIDE, SIDE, 32])]).peak == pytest.approx(21 * image, rel=1e-3)


def test_views_need_no_memory_and_keep_their_source() -> None:
    views = [layers.Reshape((SIDE * SIDE, 32)), layers.Reshape((SIDE, SIDE, 32))]
    twice = layers.Conv2D(32, 1, use_bias=False)
    assert measure(twice, *views, twice).peak == pytest.approx(measure(twice, twice).peak, rel=1e-3)


def test_image_that_a_layer_hides_is_counted() -> None:
    hidden = 4 * PIXELS * 32 * 50
    assert measure(layers.SeparableConv2D(1, 1, depth_multiplier=50)).peak >= hidden


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (layers.Resizing(8, 64, pad_to_aspect_ratio=True), "depends on the data"),
        (layers.DepthwiseConv2D((1, 13), dtype="bfloat16"), "1×13 pixels in bfloat16, more than the 12 allowed"),
        (layers.Conv2D(1, (3, 129), padding="same"), "3×129 pixels, more than the 128 allowed"),
        (
            layers.MaxPooling2D((129, 1), strides=1, padding="same"),
            "129 pixels that overlap, more than",
        ),
    ],
)
def test_what_has_no_bounded_cost_is_refused(layer: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        measure(layer)


def test_one_window_over_the_image_is_no_overlapping_one() -> None:
    assert measure(layers.AveragePooling2D(200, padding="same")).work < 2**32
