"""Estimates from layers, for backends other than TensorFlow, against the graph and formulas."""

from __future__ import annotations

import pytest

from robustbench_cells.models.unet import build_unet
from robustbench_cells.models.vetting.graph_cost import measure_graph
from robustbench_cells.models.vetting.layer_cost import measure_layers

keras = pytest.importorskip("keras", reason="needs the extra 'keras'")
pytest.importorskip("tensorflow", reason="needs TensorFlow, to compare with")
layers = keras.layers

PIXELS = 16 * 64 * 64
IMAGES = [keras.KerasTensor([16, 64, 64, 1])]


def test_estimate_of_a_unet_is_that_of_its_graph_within_a_factor() -> None:
    model = build_unet()
    layer_by_layer, graph = measure_layers(model, IMAGES), measure_graph(model, IMAGES)
    assert graph.work / 3 < layer_by_layer.work < 3 * graph.work
    assert graph.peak / 3 < layer_by_layer.peak <= graph.peak


@pytest.mark.parametrize(
    ("layer", "products"),
    [
        (layers.Conv2D(8, 9, padding="same", use_bias=False), 81 * 8),
        (layers.MaxPooling2D(31, 1, padding="same"), 31 * 31),
        (layers.DepthwiseConv2D(31, padding="same", use_bias=False), 31 * 31),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_weights_and_windows_count_at_each_pixel_in_nested_networks_too(layer: keras.Layer, products: int) -> None:
    inner = keras.Sequential([keras.Input((None, None, 1)), layer])
    inputs = keras.Input((None, None, 1))
    cost = measure_layers(keras.Model(inputs, inner(inputs)), IMAGES)
    assert PIXELS * products <= cost.work <= PIXELS * (products + 8 * 257)
    assert cost.largest == cost.hardest == layer.name
