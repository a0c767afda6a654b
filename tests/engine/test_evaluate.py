from __future__ import annotations

import re
import threading
import traceback
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.artefacts._base import Artefact
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.batches import iter_patches, make_batches
from robustbench_cells.engine.checks import prediction_problems
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.evaluate import compare, evaluate_batches
from robustbench_cells.engine.patches import cut_patches
from robustbench_cells.errors import ModelStoppedError
from robustbench_cells.metrics import METRICS
from robustbench_cells.metrics._base import Comparison
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.isolation.messages import RemoteError
from robustbench_cells.types import BATCH, PADDING, VOID, Image, Labels, Patch, Sample
from tests.conftest import sample_of


class FiveFrames:
    key = "made/up"
    title = "made up"
    sequence = True
    frames = tuple("abcde")

    def read(self, frame: str) -> Sample:
        return sample_of((300, 310), seed=ord(frame), frame=frame)


class Spy:
    """Calls cell what is bright, and keeps what it was given."""

    digest = "spy"

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: list[Image] = []

    def predict(self, images: Image) -> Image:
        self.seen.append(images)
        return (images > 160).astype(np.float32)


class Broken(Spy):
    def predict(self, images: Image) -> Image:
        if self.seen:
            raise RuntimeError("no more")
        return super().predict(images)


class Wild(Spy):
    def __init__(self, name: str, answer: object) -> None:
        super().__init__(name)
        self.answer = answer

    def predict(self, images: Image) -> Image:
        return self.answer(images)  # type: ignore[operator]


NOISE = Condition(ARTEFACTS.get("noise"), 30.0)


def batches(condition: Condition = NOISE) -> Iterator:
    return make_batches(iter_patches(FiveFrames(), condition, 0, 12), condition, 0)


def test_every_segmenter_sees_the_very_same_arrays_in_full_batches() -> None:
    one, two = Spy("one"), Spy("two")
    evaluate_batches(batches(), NOISE, [one, two], METRICS)
    assert [len(images) for images in one.seen] == [BATCH, 30 - BATCH]
    assert all(first is second for first, second in zip(one.seen, two.seen, strict=True))
    assert not one.seen[0].flags.writeable


def test_a_score_outside_the_range_of_its_metric_is_never_a_record() -> None:
    """A metric may be third-party code, and what it declares is what stored scores are read by."""

    class Twice(type(METRICS.get("jaccard"))):  # type: ignore[misc]
        def score(self, comparison: Comparison) -> npt.NDArray[np.float64]:
            return 2 * super().score(comparison)

    outcome = evaluate_batches(batches(), NOISE, [Spy("spy")], [Twice()])["spy"]
    assert re.match(
        r"the metric jaccard gave 1\.\d+, but its values are finite numbers from 0 to 1", str(outcome.error)
    )
    assert outcome.records == []


def test_records_are_those_of_the_obvious_loop() -> None:
    outcome = evaluate_batches(batches(), NOISE, [Spy("spy")], METRICS)["spy"]
    assert outcome.valid
    records = iter(outcome.records)
    for frame in FiveFrames.frames:
        for patch in cut_patches(FiveFrames().read(frame), 256, 6, 0):
            image, labels = ARTEFACTS.get("noise").distort(patch.image, patch.labels, 30, patch.random(0, "noise"))
            record = next(records)
            assert (record.frame, record.patch, record.artefact, record.intensity) == (frame, patch.index, "noise", 30)
            comparison = Comparison((image > 160)[None], (labels > 0)[None], true_labels=labels[None])
            for metric in METRICS:
                np.testing.assert_equal(record.scores[metric.name], metric.score(comparison)[0], metric.name)
    assert next(records, None) is None


def test_a_subset_of_the_frames_gives_the_same_numbers() -> None:
    class Two(FiveFrames):
        frames = ("b", "e")

    all_of_them = evaluate_batches(batches(), NOISE, [Spy("spy")], METRICS)["spy"].records
    views = iter_patches(Two(), NOISE, 0, 12)
    two = evaluate_batches(make_batches(views, NOISE, 0), NOISE, [Spy("spy")], METRICS)["spy"].records
    assert two == [record for record in all_of_them if record.frame in Two.frames]


def test_one_segmenter_that_raises_leaves_the_others_alone() -> None:
    outcomes = evaluate_batches(batches(), NOISE, [Broken("broken"), Spy("spy")], METRICS)
    assert str(outcomes["broken"].error) == "no more"
    assert not outcomes["broken"].valid
    assert len(outcomes["spy"].records) == 30
    assert outcomes["spy"].valid


class Elsewhere(Spy):
    """Raises as a model does whose process raised, or was stopped."""

    def predict(self, images: Image) -> Image:
        if self.name == "stopped":
            raise ModelStoppedError("theirs took too long")
        raise RemoteError("ValueError", "own mistake", "Traceback of theirs").exception()


def test_an_error_of_another_process_is_not_traced_through_ours() -> None:
    segmenters = [Elsewhere("stopped"), Elsewhere("raises"), Broken("broken")]
    errors = {name: one.error for name, one in evaluate_batches(batches(), NOISE, segmenters, METRICS).items()}
    traced = {name: "in predict" in "".join(traceback.format_exception(error)) for name, error in errors.items()}
    assert traced == {"stopped": False, "raises": False, "broken": True}
    assert "Traceback of theirs" in "".join(traceback.format_exception(errors["raises"]))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda images: images[:, :8], "predicted .* for images of"),
        (lambda images: images * np.nan, "not finite"),
        (lambda images: images, "outside \\[0, 1\\]"),
        (lambda images: None, "NoneType"),
        (
            lambda images: images.astype(object),
            "predictions are object; float32 probabilities or int32 labels are needed",
        ),
        (lambda images: images.astype(np.int64), "predictions are int64"),
        (lambda images: -np.ones(images.shape, np.int32), "a label is -1; cells are numbered from 1"),
    ],
)
def test_a_prediction_that_is_none_is_a_fault(answer: object, words: str) -> None:
    outcome = evaluate_batches(batches(), NOISE, [Wild("wild", answer)], METRICS)["wild"]
    assert not outcome.records
    assert outcome.problems
    assert re.search(words, outcome.problems[0])


class Overexposed(Artefact):
    name, version, parameter, unit, neutral = "overexposed", 1, "gain", "×", 1.0
    grids = {"default": (2.0,)}

    def distort(self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> tuple[Image, Labels]:
        return image * 2, labels + 1


def test_a_batch_that_is_not_sound_fails_every_segmenter() -> None:
    condition = Condition(Overexposed(), 2.0)
    outcome = evaluate_batches(batches(condition), condition, [Spy("spy")], METRICS)["spy"]
    assert any("outside [0, 255]" in fault for fault in outcome.problems)
    assert any("were not in the view" in fault for fault in outcome.problems)


def test_a_batch_is_made_while_the_one_before_is_in_use() -> None:
    made: list[str] = []

    class Slow(Overexposed):
        def distort(
            self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator
        ) -> tuple[Image, Labels]:
            made.append(threading.current_thread().name)
            second_begun.set() if len(made) > BATCH else None
            return image, labels

    second_begun = threading.Event()
    stream = batches(Condition(Slow(), 2.0))
    next(stream)
    assert second_begun.wait(10)
    assert set(made) != {threading.current_thread().name}


def test_memory_holds_two_batches_whatever_the_number_of_frames() -> None:
    read: list[str] = []

    class Many(FiveFrames):
        frames = tuple(f"{number}" for number in range(200))

        def read(self, frame: str) -> Sample:
            read.append(frame)
            return sample_of((300, 300), frame=frame)

    stream = make_batches(iter_patches(Many(), NOISE, 0, 12), NOISE, 0)
    next(stream)
    next(stream)
    del stream
    assert len(read) <= 4 * BATCH // 6 + 1


def test_clean_is_the_frame_itself_and_zoom_one_is_clean() -> None:
    dataset = FiveFrames()
    sample = dataset.read("a")
    (patch,) = cut_patches(sample, 256, 1, 0)
    image, labels = Condition().distort(patch, 0)
    np.testing.assert_array_equal(image, patch.image)
    zoomed, _ = Condition(ARTEFACTS.get("cell_size"), 1.0).distort(patch, 0)
    np.testing.assert_array_equal(zoomed, image)
    assert Condition().name == Condition().artefact_name == "clean"
    assert labels is patch.labels


def test_scores_leave_undefined_patches_out() -> None:
    outcome = evaluate_batches(batches(Condition()), Condition(), [BASELINES.get("background")], METRICS)["background"]
    assert np.isnan(outcome.scores()["precision"])
    assert outcome.scores()["recall"] == 0
    assert outcome.scores()["cells_true"] == sum(record.scores["cells_true"] for record in outcome.records)


def test_a_selection_keeps_what_fits_and_reads_it_once() -> None:
    class Counted(FiveFrames):
        frames = tuple(f"{number}" for number in range(200))
        read_count = 0

        def read(self, frame: str) -> Sample:
            Counted.read_count += 1
            return sample_of((600, 600), frame=frame)

    selection = Selection(Counted(), Counted.frames)
    assert Counted.read_count == 200
    for frame in selection.frames:
        assert not selection.read(frame).image.flags.writeable
    again = Counted.read_count - 200
    assert 0 < again < 150
    assert len(selection._cached) * 600 * 600 * 8 <= 256 * 2**20


def test_two_segmenters_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="duplicate names of segmenters: spy, spy"):
        evaluate_batches(batches(), NOISE, [Spy("spy"), Spy("spy")], METRICS)


def test_patch_random_differs_by_artefact_and_not_by_intensity() -> None:
    patch = Patch("d", "f", 0, np.zeros((2, 2), np.float32), np.zeros((2, 2), np.int32))
    assert patch.random(0, "noise").random() == patch.random(0, "noise").random()
    assert patch.random(0, "noise").random() != patch.random(0, "illumination").random()


class Necked:
    """Predicts two discs that touch, as a mask or as labels, with ids from 10."""

    name = digest = "necked"

    def __init__(self, instances: str) -> None:
        self.instances = instances


ROWS, COLUMNS = np.mgrid[:64, :64]
DISCS = [((ROWS - 30) ** 2 + (COLUMNS - x) ** 2 < 100)[None] for x in (20, 38)]
MASK = DISCS[0] | DISCS[1]


@pytest.mark.parametrize(("instances", "count"), [("components", 1), ("watershed", 2)])
def test_cells_are_made_of_probabilities_by_the_declared_rule(instances: str, count: int) -> None:
    comparison = compare(Necked(instances), MASK.astype(np.float32), np.zeros(MASK.shape, np.int32))  # type: ignore[arg-type]
    assert comparison.predicted_instances.max() == count
    np.testing.assert_array_equal(comparison.masks, MASK)


def test_ids_of_truth_and_prediction_are_compared_as_they_are() -> None:
    labels = np.where(DISCS[0], 11, 10 * DISCS[1]).astype(np.int32)
    truth = np.where(DISCS[1], 7, 0).astype(np.int32)
    truth[0, 60:, 60:] = 7  # in two pieces
    comparison = compare(Necked("labels"), labels, truth)  # type: ignore[arg-type]
    assert np.unique(comparison.predicted_instances).tolist() == [0, 10, 11]
    assert np.unique(comparison.true_instances).tolist() == [0, 7]
    np.testing.assert_array_equal(comparison.masks, MASK)
    np.testing.assert_array_equal(comparison.truth, truth > 0)


def test_what_is_not_scored_is_no_part_of_a_cell() -> None:
    labels = np.where(DISCS[0], 11, 10 * DISCS[1]).astype(np.int32)
    truth = np.where(DISCS[1], 7, 0).astype(np.int32)
    truth[:, 32:, :] = VOID
    truth[:, :, :16] = PADDING
    comparison = compare(Necked("labels"), labels, truth)  # type: ignore[arg-type]
    assert comparison.predicted_labels is not None
    assert not comparison.predicted_labels[:, :, :16].any()
    for instances in (comparison.predicted_instances, comparison.true_instances):
        assert not instances[truth < 0].any()
    assert np.unique(comparison.true_instances).tolist() == [0, 7]


@pytest.mark.parametrize(("instances", "other"), [("labels", np.float32), ("components", np.int32)])
def test_a_segmenter_that_changes_its_kind_is_a_fault_unless_it_finds_nothing(instances: str, other: type) -> None:
    images = np.full((1, 256, 256), 50, np.float32)
    found = np.zeros(images.shape, other)
    assert not prediction_problems(images, found, instances)  # type: ignore[arg-type]
    found[0, 3:9, 3:9] = 1
    assert not prediction_problems(images, found)
    (problem,) = prediction_problems(images, found, instances)  # type: ignore[arg-type]
    assert re.fullmatch(f"predictions are {found.dtype}, but the model gives (labels|masks)", problem)

    model = Wild("other", lambda images: np.ones(images.shape, other))
    model.instances = instances  # type: ignore[attr-defined]
    outcome = evaluate_batches(batches(), NOISE, [model], METRICS)["other"]
    assert problem in outcome.problems
    assert not outcome.records
