"""What must hold of every registered plug-in. A new plug-in is tested here without an edit.

The rules are those of `robustbench_cells.testing`; some are held here against many more inputs, and what only concerns
our own plug-ins stands here alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robustbench_cells.artefacts import ARTEFACTS, Artefact
from robustbench_cells.cli.list_plugins import registries
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.sources import SOURCES, DatasetSource
from robustbench_cells.engine.grid import require_meaningful
from robustbench_cells.errors import GridError
from robustbench_cells.metrics import METRICS, Metric
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.loading import load, shipped_models
from robustbench_cells.models.unet import PARAMETERS
from robustbench_cells.randomness import generator
from robustbench_cells.registry import Registry
from robustbench_cells.reporting.claims import CLAIMS, Claim
from robustbench_cells.reporting.evidence import Evidence, NotTestedError
from robustbench_cells.results.manifest import MetricInfo
from robustbench_cells.results.tables import Results, records_table
from robustbench_cells.testing import check_plugin
from robustbench_cells.testing.artefacts import ARTEFACT_RULES, check_distortion, check_neutral
from robustbench_cells.testing.baselines import BASELINE_RULES, check_prediction
from robustbench_cells.testing.dataset_sources import DATASET_SOURCE_RULES
from robustbench_cells.testing.metrics import METRIC_RULES, check_scores
from robustbench_cells.testing.plugins import labels_lie_on_cells
from robustbench_cells.testing.recipes import RECIPE_RULES, check_draw
from robustbench_cells.training.recipes import RECIPES, Recipe
from robustbench_cells.types import PATCH_SIDE, Image, Record, Sample, Segmenter
from tests.conftest import draw_labels, images
from tests.support.extras import needs
from tests.support.frame_files import WRITERS
from tests.support.tiny_results import RUN

artefacts = pytest.mark.parametrize("artefact", list(ARTEFACTS), ids=ARTEFACTS.names())
metrics = pytest.mark.parametrize("metric", list(METRICS), ids=METRICS.names())
recipes = pytest.mark.parametrize("recipe", list(RECIPES), ids=RECIPES.names())
segmenters = pytest.mark.parametrize(
    "name", [*BASELINES.names(), *(pytest.param(name, marks=needs("keras")) for name in shipped_models())]
)


opened = cache(load)


def rules(of: tuple[Callable[..., None], ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("rule", of, ids=[rule.__name__.strip("_") for rule in of])


@pytest.mark.parametrize("registry", registries(), ids=lambda registry: registry.noun)
def test_every_plug_in_can_be_listed(registry: Registry) -> None:
    for plugin in registry:
        check_plugin(plugin)


def intensities(artefact: Artefact) -> st.SearchStrategy[float]:
    grid = artefact.grid("paper") or artefact.grid("full")
    between = st.floats(min(grid), max(grid)).map(lambda value: value if has_meaning(artefact, value) else round(value))
    return st.sampled_from([*grid, artefact.neutral]) | between.map(float)


def has_meaning(artefact: Artefact, intensity: float) -> bool:
    """Whether the artefact takes the intensity; some take whole numbers only."""
    try:
        require_meaningful(artefact, [intensity])
    except GridError:
        return intensity == artefact.neutral
    return True


@rules(ARTEFACT_RULES)
@artefacts
def test_an_artefact(artefact: Artefact, rule: Callable[[Artefact], None]) -> None:
    rule(artefact)


@artefacts
@given(data=st.data())
def test_an_artefact_gives_valid_pixels(artefact: Artefact, data: st.DataObject) -> None:
    image = data.draw(images())
    labels = draw_labels(image.shape, data.draw(st.integers(0, 99)))
    check_distortion(artefact, image, labels, data.draw(intensities(artefact)))


@artefacts
@given(image=images(2))
def test_an_artefact_is_neutral(artefact: Artefact, image: Image) -> None:
    check_neutral(artefact, image)


@artefacts
@given(value=st.floats(0, 255, width=32), height=st.integers(1, 40))
def test_an_artefact_leaves_a_flat_image_flat(artefact: Artefact, value: float, height: int) -> None:
    check_neutral(artefact, np.full((height, 17), value, np.float32))


@rules(BASELINE_RULES)
@segmenters
def test_a_segmenter(name: str, rule: Callable[[Segmenter], None]) -> None:
    rule(opened(name))


@segmenters
def test_a_segmenter_has_the_name_that_it_is_loaded_by(name: str) -> None:
    assert opened(name).name == name


@segmenters
@settings(max_examples=8)
@given(count=st.integers(1, 3), seed=st.integers(0, 99))
def test_a_segmenter_predicts_probabilities(name: str, count: int, seed: int) -> None:
    images = np.random.default_rng(seed).uniform(0, 255, (count, 64, 48)).astype(np.float32)
    check_prediction(opened(name), images)


@rules(METRIC_RULES)
@metrics
def test_a_metric(metric: Metric, rule: Callable[[Metric], None]) -> None:
    rule(metric)


@metrics
@given(seed=st.integers(0, 99), share=st.sampled_from([0, 0.1, 1]))
def test_a_metric_scores_each_patch_by_itself(metric: Metric, seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    check_scores(metric, rng.random((4, 20, 30)) < share, rng.random((4, 20, 30)) < 0.3)


@pytest.fixture
def where(source: DatasetSource, tmp_path: Path) -> str:
    """A smallest data set of each kind; a new kind adds its own to `frame_files` only if it needs files."""
    labels = draw_labels((90, 80), 2).astype(np.uint16)
    image = np.where(labels > 0, 220, 90).astype(np.uint8)
    frames = np.stack([image] * 2), np.stack([labels] * 2)
    return WRITERS[source.name](tmp_path, *frames) if source.name in WRITERS else source.name


sources = pytest.mark.parametrize("source", list(SOURCES), ids=SOURCES.names())


@rules(DATASET_SOURCE_RULES)
@sources
def test_a_data_set_source(source: DatasetSource, where: str, rule: Callable[[DatasetSource, str], None]) -> None:
    rule(source, where)


@sources
def test_a_data_set_is_opened_by_its_source(source: DatasetSource, where: str) -> None:
    dataset, selection = source.open(where, None, None), open_dataset(where, frames=2)
    assert selection.key == dataset.key
    assert selection.frames == (dataset.frames[0], dataset.frames[-1])


@rules(RECIPE_RULES)
@recipes
def test_a_recipe(recipe: Recipe, rule: Callable[[Recipe], None]) -> None:
    rule(recipe)


@recipes
@given(seed=st.integers(0, 999))
def test_a_recipe_transforms_image_and_labels_together(recipe: Recipe, seed: int) -> None:
    check_draw(recipe, seed)


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
            right.append(labels_lie_on_cells(image, left))
            wrong.append(labels_lie_on_cells(image, other))
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
        return labels_lie_on_cells(image, left)

    assert all(fits(seed) for seed in range(20))
    assert sum(fits(seed, "other") for seed in range(20)) < 10


@recipes
@needs("keras")
def test_a_recipe_builds_the_papers_network(recipe: Recipe) -> None:
    network = recipe.build(0, "float32")
    assert abs(network.count_params() / PARAMETERS - 1) <= 0.05
    assert network.input_shape == network.output_shape == (None, None, None, 1)
    flat = network.predict_on_batch(np.full((1, 64, 64, 1), 7, np.float32))
    assert np.isfinite(flat).all()


@pytest.mark.parametrize("claim", list(CLAIMS), ids=CLAIMS.names())
def test_a_claim_says_what_it_needs(claim: Claim) -> None:
    scores = dict.fromkeys(METRICS.names(), 0.5)
    records = records_table([Record("a_stranger", "clean", 0.0, "a", 0, scores)])
    metrics = {one.name: MetricInfo(one.version, one.pooled, one.best, one.target, one.range) for one in METRICS}
    results = Results(records, replace(RUN, metrics=metrics, artefacts={}))
    with pytest.raises(NotTestedError, match=r"^needs "):
        list(claim.check(Evidence(results)))


def test_claims_are_numbered_from_1_without_a_gap() -> None:
    assert sorted(claim.number for claim in CLAIMS) == list(range(1, len(CLAIMS.names()) + 1))
