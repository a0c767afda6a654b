"""Predictions that are labels: taken from functions and networks as they are, and refused where they are masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import robustbench_cells as rb
from robustbench_cells.errors import BenchmarkWarning, ModelError
from robustbench_cells.instances.components import label_components
from robustbench_cells.models.callables import segmenter_from
from robustbench_cells.models.instance_labels import (
    class_problems,
    convert_labels,
    declared_kind,
    foreground,
    outlines,
)
from robustbench_cells.models.probe import probe, probe_images
from robustbench_cells.types import Image, Labels
from tests.support.networks import make_segmenter


def bright(images: Image) -> Labels:
    return label_components(images > 150)


@pytest.mark.parametrize("kind", [np.int32, np.int64, np.uint16])
def test_integers_of_a_function_are_labels(kind: type) -> None:
    segmenter = segmenter_from("mine", lambda images: bright(images).astype(kind))
    assert getattr(segmenter, "instances", None) == "labels"
    found = segmenter.predict(probe_images())
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, bright(probe_images()))


def test_a_mask_stays_one() -> None:
    for mask in (lambda images: images > 150, lambda images: (images > 150).astype(np.float64)):
        segmenter = segmenter_from("mine", mask)
        assert getattr(segmenter, "instances", None) == "components"
        assert segmenter.predict(probe_images()).dtype == np.float32


CLASSES: dict[str, Callable[[Image], Any]] = {
    "0 and 1": lambda images: (images > 150).astype(np.int32),
    "0 and 255": lambda images: (images > 150).astype(np.uint8) * 255,
    "ids that wrap at 255": lambda images: bright(images).astype(np.uint8),
    "three classes": lambda images: (images > 150).astype(np.int32) + 2 * (images < 60),
}


@pytest.mark.parametrize("predict", CLASSES.values(), ids=CLASSES)
def test_masks_and_classes_as_integers_are_refused(predict: Callable[[Image], Any]) -> None:
    with pytest.raises(ModelError, match=r"mine: returns whole numbers.* separate pieces, .*; return booleans"):
        segmenter_from("mine", predict)
    network = make_segmenter(lambda batch: predict(batch).astype(np.float32), kind="labels")
    with pytest.raises(ModelError, match=r"declare under \[output\] in mine\.toml foreground = 1, .* or instances = "):
        probe(network)


def test_classes_whose_meaning_is_declared_are_a_mask() -> None:
    for declared in ({"foreground": 1}, {"instances": "components"}):
        network = make_segmenter(lambda batch: batch > 150, kind="labels", **declared)  # type: ignore[arg-type]
        probe(network)
        np.testing.assert_array_equal(foreground(network.predict(probe_images())), probe_images() > 150)


def test_a_network_of_labels_passes_the_probe() -> None:
    network = make_segmenter(lambda batch: bright(batch[..., 0])[..., None].astype(np.float32), kind="labels")
    probe(network)
    np.testing.assert_array_equal(network.predict(probe_images()), bright(probe_images()))


def test_how_cells_are_numbered_is_up_to_the_model() -> None:
    """Ids that go on from call to call, or begin elsewhere, are no dependence on other images."""
    calls = 0

    def predict(images: Image) -> Labels:
        nonlocal calls
        calls += 1
        labels = bright(images)
        return np.where(labels > 0, labels + 1000 * calls, 0)

    predict.digest = "1"  # type: ignore[attr-defined]  # `calls` is a value that it can reach
    segmenter_from("mine", predict)


def test_cells_that_depend_on_others_of_the_batch_are_refused() -> None:
    def predict(images: Image) -> Labels:
        return label_components(images > images.mean() + 35)

    with pytest.raises(ModelError, match="returns different values for an image"):
        segmenter_from("mine", predict)


def test_labels_that_are_none() -> None:
    with pytest.raises(ModelError, match="mine: returns labels from 0 to 3000000000; use 0 for background and number"):
        convert_labels("mine", np.array([[[0, 3_000_000_000]]], np.uint32))
    with pytest.raises(ModelError, match="mine: returns labels from -1 to 2"):
        convert_labels("mine", np.array([[[-1, 2]]]))


@given(st.integers(0, 2**32 - 1))
def test_outlines_know_cells_and_not_their_numbers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, (1, 6, 7)).astype(np.int32)
    renamed = np.array([0, *rng.permutation([7, 11, 5])], np.int32)[labels]
    np.testing.assert_array_equal(outlines(labels), outlines(renamed))
    np.testing.assert_array_equal(outlines(labels) > 0, labels > 0)


def test_outlines_part_cells_that_touch() -> None:
    one, two = np.array([[[1, 1, 1, 1]]], np.int32), np.array([[[1, 1, 2, 2]]], np.int32)
    assert outlines(one).tolist() == [[[1, 1, 1, 1]]]
    assert outlines(two).tolist() == [[[1, 0.75, 1, 1]]]


def test_a_segmenter_that_says_one_thing_and_gives_another_is_refused() -> None:
    class Model:
        name, digest = "mine", "1"

        def predict(self, images: Image) -> Labels:
            return bright(images)

    assert getattr(segmenter_from("mine", Model()), "instances", None) == "labels"
    for said in ("components", "watershed"):
        wrong: Any = Model()
        wrong.instances = said
        with pytest.raises(ModelError, match=f"mine: returns int32, but its attribute `instances` is '{said}'"):
            segmenter_from("mine", wrong)


def test_an_attribute_of_another_meaning_is_none() -> None:
    class Model:
        name, digest, instances = "mine", "1", (3, 4)

        def predict(self, images: Image) -> Image:
            return (images > 150).astype(np.float32)

    assert declared_kind(Model()) is None
    assert declared_kind(segmenter_from("mine", Model())) == "components"


def test_classes_are_found_in_real_images_too() -> None:
    """A model of other cells may find next to nothing in the images that are tried on loading."""
    cells = bright(probe_images())
    assert not class_problems(cells)
    assert not class_problems(np.zeros_like(cells))
    assert not class_problems(np.where(cells == 1, 1, 0).astype(np.int32))  # one cell in each image
    (problem,) = class_problems(np.minimum(cells, 2))
    assert "separate pieces, as those of classes or of ids that wrapped" in problem

    def classes(images: Image) -> Labels:
        found = images > 150
        if images.min() < 70:  # as those that are tried; the embedded frames are brighter
            found = bright(images) == 1
        return found.astype(np.int32)

    data = rb.open_dataset("synthetic", frames=1)
    with pytest.warns(BenchmarkWarning, match="each would count as one cell"):
        result = rb.benchmark({"mine": classes}, data, {"blur": [2]}, progress=False)
    assert set(result.failed) == {("mine", "clean"), ("mine", "blur-2")}
