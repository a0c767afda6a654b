"""The rules for a baseline, or any other segmenter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from robustbench_cells.engine.checks import prediction_problems
from robustbench_cells.models.instance_labels import is_labels
from robustbench_cells.testing.plugins import check_plugin, each_rule, require
from robustbench_cells.types import Image, Segmenter


def check_prediction(segmenter: Segmenter, images: Image) -> None:
    """Check the prediction of one batch, (N, H, W): probabilities or labels of its shape, and the batch untouched."""
    given = images.copy()
    prediction = segmenter.predict(given)
    problems = prediction_problems(images, prediction)
    require(not problems, f"{segmenter.name}, batch of shape {images.shape}: {'; '.join(problems)}")
    declared = getattr(segmenter, "instances", "components")
    require(
        is_labels(prediction) == (declared == "labels"),
        f"{segmenter.name}: returns {prediction.dtype}, but says that its cells are {declared!r}; labels need the "
        "attribute instances = 'labels', and probabilities none",
    )
    require(np.array_equal(given, images), f"{segmenter.name}: the batch that was given is changed; work on a copy")


def _declares_what_it_is(segmenter: Segmenter) -> None:
    check_plugin(segmenter)
    text = isinstance(segmenter.digest, str) and segmenter.digest
    require(
        bool(text), f"{segmenter.name}: digest {segmenter.digest!r}; a text that changes with its predictions is needed"
    )


def _predicts_images_of_the_same_shape(segmenter: Segmenter) -> None:
    rng = np.random.default_rng(0)
    for count in (1, 3):
        shape = (count, 64, 48)
        check_prediction(segmenter, rng.uniform(0, 255, shape).astype(np.float32))
        for value in (0, 127.5, 255):
            check_prediction(segmenter, np.full(shape, value, np.float32))


def _predicts_each_image_by_itself(segmenter: Segmenter) -> None:
    batch = np.random.default_rng(5).uniform(0, 255, (19, 64, 48)).astype(np.float32)
    whole = segmenter.predict(batch)
    for part in (slice(3), slice(18, None)):
        same = np.array_equal(segmenter.predict(batch[part]), whole[part])
        require(same, f"{segmenter.name}: the prediction of an image depends on the others of its batch, or on chance")


BASELINE_RULES = (_declares_what_it_is, _predicts_images_of_the_same_shape, _predicts_each_image_by_itself)


def check_baseline(segmenter: Segmenter) -> None:
    """Check every rule for a baseline; those for any other segmenter are the same.

    Parameters
    ----------
    segmenter
        One object of the class that is registered, or a model that was loaded.

    Raises
    ------
    AssertionError
        If a rule does not hold.

    Examples
    --------
    >>> from robustbench_cells.models.baselines import BASELINES
    >>> check_baseline(BASELINES.get("dog_otsu"))
    """
    for rule in BASELINE_RULES:
        rule(segmenter)


class BaselineContract:
    """Subclass it in a test file, and set `baseline`: a test for each rule.

    Attributes
    ----------
    baseline
        One object of the class that is registered.
    """

    baseline: Segmenter

    @each_rule(BASELINE_RULES)
    def test_contract(self, rule: Callable[[Segmenter], None]) -> None:
        """One rule."""
        rule(self.baseline)
