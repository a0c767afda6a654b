"""Example patches: what is kept in the record cache is not predicted again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import robustbench_cells as rb
from robustbench_cells.engine.batches import iter_patches, make_batches
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.evaluate import evaluate_batches
from robustbench_cells.engine.kept_examples import KeptExamples
from robustbench_cells.engine.plan import Planner
from robustbench_cells.engine.render_examples import render_examples
from robustbench_cells.instances.components import label_components
from robustbench_cells.metrics import METRICS, Comparison
from robustbench_cells.results.example_cache import ExampleCache
from robustbench_cells.results.example_patches import ExamplePatches, ExampleView
from robustbench_cells.results.manifest import RunSettings
from robustbench_cells.results.record_cache import RecordCache
from robustbench_cells.types import CLEAN, EdgeCells, Image, Labels
from tests.support.frame_arrays import DATA, bright

FRAME = DATA.frames[0]
BOTH = ExampleView(CLEAN, 0.0, FRAME, 0)
OF_ONE = ExampleView(CLEAN, 0.0, FRAME, 1, "one")


class Spy:
    """A model that counts the patches it was given."""

    def __init__(self, name: str, digest: str) -> None:
        self.name, self.digest, self.patches = name, digest, 0

    def predict(self, images: Image) -> Image:
        self.patches += len(images)
        return bright(images).astype(np.float32)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[RecordCache]:
    opened = RecordCache(tmp_path / "records.sqlite")
    yield opened
    opened.close()


def render(cache: RecordCache, spies: list[Spy], *views: ExampleView) -> ExamplePatches:
    planner = Planner(
        DATA, {spy.name: spy for spy in spies}, cache, RunSettings("default", seed=0, most_patches=6, block=1)
    )
    tables = ExampleCache(cache.path)
    kept = KeptExamples(tables, planner, lambda view: Condition())
    found = render_examples(views, DATA, spies, {(CLEAN, 0.0): Condition()}, seed=0, most_patches=6, kept=kept)
    tables.close()
    return found


def test_model_that_has_not_changed_does_not_run_again(cache: RecordCache) -> None:
    first = render(cache, [Spy("one", "1"), Spy("other", "2")], BOTH, OF_ONE)
    spies = [Spy("one", "1"), Spy("other", "retrained")]
    second = render(cache, spies, BOTH, OF_ONE)
    assert (spies[0].patches, spies[1].patches > 0) == (0, True)
    for name, mask in first.masks.items():
        np.testing.assert_array_equal(second.masks[name], mask)
    assert second.milliseconds["one"] == first.milliseconds["one"]  # as it was measured


def test_masks_are_those_of_the_model_and_the_view(cache: RecordCache) -> None:
    first = render(cache, [Spy("one", "1")], BOTH)
    again = render(cache, [Spy("one", "1")], BOTH, OF_ONE)
    np.testing.assert_array_equal(again.masks["one"][0], first.masks["one"][0])
    np.testing.assert_array_equal(again.masks["one"], bright(again.images) > 0.5)
    assert again.masks["one"].any()


def test_only_views_that_are_not_kept_are_predicted(cache: RecordCache) -> None:
    render(cache, [Spy("one", "1")], BOTH)
    spy = Spy("one", "1")
    render(cache, [spy], BOTH, OF_ONE)
    assert spy.patches == 1 + 3 * 16  # one view, and three measurements on a whole batch


def test_times_of_another_machine_are_not_shown(cache: RecordCache, monkeypatch: pytest.MonkeyPatch) -> None:
    render(cache, [Spy("one", "1")], BOTH)
    monkeypatch.setattr("platform.node", lambda: "elsewhere")
    spy = Spy("one", "1")
    found = render(cache, [spy], BOTH)
    assert spy.patches == 0
    assert "one" in found.masks
    assert found.milliseconds == {}


class Labelling(Spy):
    """A model that numbers its cells."""

    instances = "labels"

    def predict(self, images: Image) -> Labels:  # type: ignore[override]
        self.patches += len(images)
        return label_components(images > 150)


def test_labels_keep_their_ids(cache: RecordCache) -> None:
    first = render(cache, [Labelling("one", "1"), Spy("other", "2")], BOTH)
    assert list(first.labels) == ["one"]
    np.testing.assert_array_equal(first.labels["one"], label_components(first.images > 150))
    np.testing.assert_array_equal(first.masks["one"], first.labels["one"] > 0)
    assert first.labels["one"].max() > 1
    assert first.true_labels is not None
    np.testing.assert_array_equal(first.true_labels > 0, first.truth)
    again = Labelling("one", "1")
    second = render(cache, [again], BOTH)
    assert again.patches == 0
    np.testing.assert_array_equal(second.labels["one"], first.labels["one"])


def test_masks_that_were_kept_of_a_model_that_gives_labels_are_predicted_again(cache: RecordCache) -> None:
    """An earlier version kept no ids."""
    render(cache, [Spy("one", "1")], BOTH)
    again = Labelling("one", "1")
    assert render(cache, [again], BOTH).labels["one"].max() > 1
    assert again.patches


@pytest.mark.parametrize("edge_cells", ["keep", "drop"])
def test_cells_of_pictures_are_those_that_are_scored(edge_cells: EdgeCells) -> None:
    """A frame with a void: what the report counts of a picture is what the records of the patch say."""
    image = np.full((300, 300), 100, np.uint8)
    labels = np.zeros((300, 300), np.int32)
    for number in range(12):
        top, left = 24 * number + 1, (53 * number) % 270
        labels[top : top + 20, left : left + 20] = number + 1
    image[labels > 0] = 200
    labels[:, 120:140] = 255
    image[5:40, 118:139] = 200  # in the void, and a rim beside it
    data = rb.from_arrays([image], [labels], ignore_label=255)
    (frame,), metrics = data.frames, ("merged", "split", "missed", "invented", "instances_true")
    view = ExampleView(CLEAN, 0.0, frame, 0)
    found = render_examples(
        [view], data, [Spy("one", "1")], {(CLEAN, 0.0): Condition()},
        seed=0, most_patches=6, scores_cells=True, edge_cells=edge_cells,
    )  # fmt: skip
    (batch,) = make_batches(iter_patches(data, Condition(), 0, 6), Condition(), 0)
    scored = [METRICS.get(name) for name in metrics]
    (outcome,) = evaluate_batches([batch], Condition(), [Spy("one", "1")], scored, edge_cells=edge_cells).values()
    assert found.true_labels is not None
    drawn = Comparison(found.labels["one"] > 0, found.true_labels > 0, None, found.labels["one"], found.true_labels)
    scores = {name: METRICS.get(name).score(drawn)[0] for name in metrics}
    assert scores == {name: outcome.records[0].scores[name] for name in metrics}
    assert scores["invented"] == 0
