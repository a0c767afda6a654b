"""What must hold of every registered plug-in. A new plug-in is tested here without an edit."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.artefacts._base import Artefact
from robustbench_cells.datasets.catalogue import CATALOGUE
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.sources import SOURCES
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.grid import PROFILES
from robustbench_cells.engine.patches import cut_patches
from robustbench_cells.metrics import METRICS
from robustbench_cells.metrics._base import Comparison, Metric
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.exports import EXPORTS
from robustbench_cells.models.formats import FORMATS
from robustbench_cells.models.loading import load, shipped_models
from robustbench_cells.models.unet import PARAMETERS
from robustbench_cells.randomness import generator
from robustbench_cells.reporting.claims import CLAIMS, Claim
from robustbench_cells.reporting.evidence import Evidence, NotTestedError
from robustbench_cells.reporting.outputs import OUTPUTS
from robustbench_cells.results.tables import Results, records_table
from robustbench_cells.training.recipes import RECIPES, Recipe
from robustbench_cells.types import PATCH_SIDE, Image, Labels, Record, Sample, Segmenter
from tests.conftest import draw_labels, images, sample_of
from tests.support.frame_files import WRITERS

artefacts = pytest.mark.parametrize("artefact", list(ARTEFACTS), ids=ARTEFACTS.names())
metrics = pytest.mark.parametrize("metric", list(METRICS), ids=METRICS.names())
recipes = pytest.mark.parametrize("recipe", list(RECIPES), ids=RECIPES.names())
segmenters = pytest.mark.parametrize("name", [*BASELINES.names(), *shipped_models()])


def intensities(artefact: Artefact) -> st.SearchStrategy[float]:
    grid = artefact.grid("paper")
    return st.sampled_from([*grid, artefact.neutral]) | st.floats(min(grid), max(grid))


@artefacts
def test_an_artefact_says_what_it_is(artefact: Artefact) -> None:
    assert artefact.parameter
    assert artefact.unit
    assert artefact.version >= 1
    for profile in PROFILES:
        grid = artefact.grid(profile)
        assert list(grid) == sorted(set(grid))
        assert artefact.neutral in grid or profile == "quick"


@artefacts
@given(data=st.data())
def test_an_artefact_gives_sound_pixels_and_the_view_s_ids(artefact: Artefact, data: st.DataObject) -> None:
    image = data.draw(images())
    intensity = data.draw(intensities(artefact))
    labels = draw_labels(image.shape, data.draw(st.integers(0, 99)))
    image_before, labels_before = image.copy(), labels.copy()
    distorted, left = artefact.distort(image, labels, intensity, generator(1))
    assert distorted.dtype == np.float32
    assert left.dtype == np.int32
    assert distorted.shape == left.shape
    assert np.isfinite(distorted).all()
    assert distorted.min() >= 0
    assert distorted.max() <= 255
    assert set(np.unique(left)) <= set(np.unique(labels))
    np.testing.assert_array_equal(image, image_before)
    np.testing.assert_array_equal(labels, labels_before)
    assert not np.shares_memory(distorted, image)
    assert not np.shares_memory(left, labels)


@artefacts
@given(data=st.data())
def test_an_artefact_depends_on_its_key_alone(artefact: Artefact, data: st.DataObject) -> None:
    patch = sample_of((64, 48))
    intensity = data.draw(intensities(artefact))
    first, again = (artefact.distort(patch.image, patch.labels, intensity, generator("one")) for _ in range(2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])


@artefacts
def test_another_key_gives_another_result_of_an_artefact_that_draws(artefact: Artefact) -> None:
    view = sample_of((64, 48))
    intensity = float(artefact.grid("default")[-1])
    rng, untouched = generator("one"), generator("one")
    image, _ = artefact.distort(view.image, view.labels, intensity, rng)
    draws = rng.bit_generator.state != untouched.bit_generator.state
    other, _ = artefact.distort(view.image, view.labels, intensity, generator("other"))
    assert (image != other).any() == draws


@artefacts
def test_the_draws_do_not_depend_on_the_intensity(artefact: Artefact) -> None:
    view = sample_of((64, 64))
    states = []
    for intensity in artefact.grid("default"):
        rng = generator("one")
        artefact.distort(view.image, view.labels, float(intensity), rng)
        states.append(rng.bit_generator.state)
    assert all(state == states[0] for state in states) or artefact.view_side(2, PATCH_SIDE) != PATCH_SIDE


@artefacts
@given(image=images(2))
def test_the_neutral_intensity_does_nothing_but_stretch(artefact: Artefact, image: npt.NDArray[np.float32]) -> None:
    labels = draw_labels(image.shape, 3)
    same, left = artefact.distort(image, labels, artefact.neutral, generator(1))
    np.testing.assert_array_equal(left, labels)
    spread = np.ptp(image)
    if spread == 0 or np.array_equal(same, image):
        np.testing.assert_array_equal(same, image)
    else:
        np.testing.assert_allclose(same, (image - image.min()) / spread * 255, atol=1e-2)


@artefacts
@given(value=st.floats(0, 255, width=32), data=st.data())
def test_a_flat_image_stays_flat_at_the_neutral_intensity(
    artefact: Artefact, value: float, data: st.DataObject
) -> None:
    image = np.full((data.draw(st.integers(1, 40)), 17), value, np.float32)
    same, _ = artefact.distort(image, np.zeros(image.shape, np.int32), artefact.neutral, generator(1))
    assert np.ptp(same) <= 1e-4 * 255
    np.testing.assert_allclose(same, image, atol=1e-3)


@artefacts
@pytest.mark.parametrize("seed", range(3))
def test_image_and_labels_are_transformed_together(artefact: Artefact, seed: int) -> None:
    """An image drawn from its own labels is still brightest where they are."""
    sample = sample_of((600, 700), seed)
    for intensity in artefact.grid("default"):
        if intensity == 0:
            continue
        condition = Condition(artefact, float(intensity))
        (view,) = cut_patches(sample, condition.view_side(), 1, seed)
        cells = view.labels > 0
        drawn = type(view)(view.dataset, view.frame, view.index, cells.astype(np.float32) * 255, view.labels)
        image, labels = condition.distort(drawn, seed)
        if not (labels > 0).any() or (labels > 0).all():
            continue
        together, apart = (
            np.corrcoef(cells.ravel(), image.ravel())[0, 1] for cells in (labels > 0, np.roll(labels > 0, 40, axis=1))
        )
        assert together > apart


@artefacts
@pytest.mark.parametrize("intensity", [float("nan"), float("inf")])
def test_an_intensity_without_meaning_raises(artefact: Artefact, intensity: float) -> None:
    sample = sample_of((64, 64))
    with pytest.raises(ValueError, match=artefact.parameter):
        artefact.distort(sample.image, sample.labels, intensity, generator(1))


@artefacts
def test_every_view_gives_a_whole_patch(artefact: Artefact) -> None:
    sample = sample_of((576, 720))
    for profile in PROFILES.values():
        for intensity in artefact.grid(profile.name):
            condition = Condition(artefact, float(intensity))
            (view,) = cut_patches(sample, condition.view_side(), 1, 0)
            image, labels = condition.distort(view, 0)
            assert image.shape == labels.shape == (PATCH_SIDE, PATCH_SIDE), intensity
            assert 1 <= condition.patches_per_frame((576, 720), profile.most_patches) <= profile.most_patches


@segmenters
@settings(max_examples=8)
@given(data=st.data())
def test_a_segmenter_predicts_probabilities_of_the_same_shape(name: str, data: st.DataObject) -> None:
    segmenter: Segmenter = load(name)
    count = data.draw(st.integers(1, 3))
    kind = data.draw(st.sampled_from(["noise", "flat", "black", "white"]))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    shape = (count, 64, 48)
    batch = {
        "noise": rng.uniform(0, 255, shape),
        "flat": np.full(shape, 127.5),
        "black": np.zeros(shape),
        "white": np.full(shape, 255.0),
    }[kind].astype(np.float32)
    batch.flags.writeable = False
    probabilities = segmenter.predict(batch)
    assert probabilities.dtype == np.float32
    assert probabilities.shape == shape
    assert np.isfinite(probabilities).all()
    assert probabilities.min() >= 0
    assert probabilities.max() <= 1


@segmenters
def test_a_prediction_does_not_depend_on_the_rest_of_the_batch(name: str) -> None:
    segmenter: Segmenter = load(name)
    batch = np.random.default_rng(5).uniform(0, 255, (19, 64, 48)).astype(np.float32)
    whole = segmenter.predict(batch)
    np.testing.assert_array_equal(segmenter.predict(batch[:3]), whole[:3])
    np.testing.assert_array_equal(segmenter.predict(batch[18:]), whole[18:])
    assert segmenter.name == name
    assert segmenter.digest


@metrics
@given(seed=st.integers(0, 99), share=st.sampled_from([0, 0.1, 1]))
def test_a_metric_scores_each_patch_by_itself(metric: Metric, seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    masks, truth = rng.random((4, 20, 30)) < share, rng.random((4, 20, 30)) < 0.3
    scores = metric.score(Comparison(masks, truth))
    assert scores.dtype == np.float64
    assert scores.shape == (4,)
    assert not np.isinf(scores).any()
    for row in range(4):
        alone = metric.score(Comparison(masks[row : row + 1], truth[row : row + 1]))
        np.testing.assert_array_equal(alone, scores[row : row + 1])


@metrics
def test_a_metric_is_best_for_the_truth_itself(metric: Metric) -> None:
    truth = draw_labels((80, 90), 1)[None] > 0
    worse = np.roll(truth, 25, axis=2)
    perfect, other = (metric.score(Comparison(masks, truth))[0] for masks in (truth, worse))
    if metric.best == "nearest":
        assert perfect == METRICS.get(metric.target).score(Comparison(truth, truth))[0]
    else:
        assert (perfect > other) == (metric.best == "highest")


def _made(kind: str, root: Path) -> str:
    """A smallest data set of each kind; a new kind adds its own to `made_up_frames` only if it needs files."""
    labels = draw_labels((90, 80), 2).astype(np.uint16)
    image = np.where(labels > 0, 220, 90).astype(np.uint8)
    return WRITERS[kind](root, np.stack([image] * 2), np.stack([labels] * 2)) if kind in WRITERS else kind


@pytest.mark.parametrize("kind", SOURCES.names())
def test_a_data_set_gives_the_same_sound_frames_each_time(kind: str, tmp_path: Path) -> None:
    where = _made(kind, tmp_path)
    first, again = (open_dataset(where, frames=2) for _ in range(2))
    assert [source.name for source in SOURCES if source.recognises(where)] == [kind]
    assert first.fingerprint == again.fingerprint
    assert first.title
    assert str(tmp_path) not in first.key
    for frame in first.frames:
        sample = first.read(frame)
        assert sample.image.dtype == np.float32
        assert sample.labels.dtype == np.int32
        assert sample.image.shape == sample.labels.shape
        assert 0 <= sample.image.min() <= sample.image.max() <= 255
        ids = np.unique(sample.labels)
        np.testing.assert_array_equal(ids, np.arange(len(ids)))
        assert ids.max() >= 1
        np.testing.assert_array_equal(sample.image, again.read(frame).image)


@pytest.mark.parametrize(
    "registry", [ARTEFACTS, BASELINES, CATALOGUE, CLAIMS, EXPORTS, METRICS, SOURCES, FORMATS, OUTPUTS, RECIPES]
)
def test_every_plug_in_has_a_first_line_for_the_list(registry: object) -> None:
    for plugin in registry:  # type: ignore[attr-defined]
        assert (type(plugin).__doc__ or "").strip().partition("\n")[0].endswith((".", ":")) or plugin.name == "keras"


def coherent(image: Image, labels: Labels) -> bool:
    """Whether the labels lie on a drawing of themselves better than turned or mirrored in any way."""

    def edges(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return picture - np.asarray(cv2.blur(picture, (9, 9)))

    ways = [np.rot90(mask, quarters) for mask in (labels > 0, labels.T > 0) for quarters in range(4)]
    fits = [float((edges(image) * edges(way.astype(np.float32))).sum()) for way in ways]
    return fits[0] > max(fits[1:])


@recipes
@given(seed=st.integers(0, 999))
def test_a_recipe_transforms_image_and_labels_together(recipe: Recipe, seed: int) -> None:
    labels = draw_labels((512, 560), seed, cells=40)
    drawing = Sample("made/up", "1", (labels > 0).astype(np.float32) * 255, labels)
    image, left = recipe.draw(drawing, generator(seed))
    assert image.shape == left.shape == (PATCH_SIDE, PATCH_SIDE)
    assert image.dtype == np.float32
    assert 0 <= image.min() <= image.max() <= 255
    assert set(np.unique(left)) <= set(np.unique(labels))
    if 0.01 < (left > 0).mean() < 0.9:
        assert coherent(image, left)
    np.testing.assert_array_equal(recipe.draw(drawing, generator(seed))[0], image)


def test_image_and_labels_of_a_whole_draw_with_other_random_numbers_are_found_out() -> None:
    """As below, for a recipe that decides what it does to a patch before it cuts it."""
    recipe = RECIPES.get("robust")
    labels = draw_labels((512, 560), 3, cells=160)
    drawing = Sample("made/up", "1", (labels > 0).astype(np.float32) * 255, labels)
    right, wrong = [], []
    for seed in range(40):
        image, left = recipe.draw(drawing, generator(seed))
        _, other = recipe.draw(drawing, generator(seed, "other"))
        if min((left > 0).mean(), (other > 0).mean()) > 0.05:
            right.append(coherent(image, left))
            wrong.append(coherent(image, other))
    assert len(right) >= 20
    assert all(right)
    assert sum(wrong) < len(wrong) / 2


@pytest.mark.parametrize("name", ["augmented", "distorted"])
def test_image_and_labels_that_draw_other_random_numbers_are_found_out(name: str) -> None:
    """The fault of the authors' training: every second image had the mask of another rotation."""
    recipe = RECIPES.get(name)
    labels = draw_labels((PATCH_SIDE, PATCH_SIDE), 3, cells=20)
    drawing = (labels > 0).astype(np.float32) * 255

    def fits(seed: int, *other: str) -> bool:
        image, _ = recipe.augment(drawing, labels, generator(seed))
        _, left = recipe.augment(drawing, labels, generator(seed, *other))
        return coherent(image, left)

    assert all(fits(seed) for seed in range(20))
    assert sum(fits(seed, "other") for seed in range(20)) < 10


@recipes
def test_a_recipe_builds_the_papers_network(recipe: Recipe) -> None:
    network = recipe.build(0, "float32")
    assert abs(network.count_params() / PARAMETERS - 1) <= 0.05
    assert network.input_shape == network.output_shape == (None, None, None, 1)
    flat = network.predict_on_batch(np.full((1, 64, 64, 1), 7, np.float32))
    assert np.isfinite(flat).all()


@recipes
def test_a_recipe_has_a_rate_for_every_epoch(recipe: Recipe) -> None:
    rates = [recipe.rate(done) for done in np.linspace(0, 0.99, 12)]
    assert rates[0] == recipe.learning_rate
    assert all(0 < rate <= recipe.learning_rate for rate in rates)


@pytest.mark.parametrize("claim", list(CLAIMS), ids=CLAIMS.names())
def test_a_claim_says_what_it_needs(claim: Claim) -> None:
    scores = dict.fromkeys(METRICS.names(), 0.5)
    records = records_table([Record("a_stranger", "clean", 0.0, "1", 0, scores)])
    metrics = {name: {"pooled": "mean"} for name in METRICS.names()}
    facts = {"dataset": {"frames": ["1"], "positions": [0]}, "settings": {"block": 1}}
    results = Results(records, {"metrics": metrics, "artefacts": {}, **facts})
    with pytest.raises(NotTestedError, match=r"^needs "):
        list(claim.check(Evidence(results)))


def test_claims_are_numbered_from_1_without_a_gap() -> None:
    assert sorted(claim.number for claim in CLAIMS) == list(range(1, len(CLAIMS.names()) + 1))
