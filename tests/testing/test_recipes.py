"""Each rule for a recipe finds one that breaks it."""

from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.testing import check_recipe
from robustbench_cells.training.recipes import Recipe

NOISE = np.random.default_rng(1)


class Plain(Recipe):
    """The paper's first."""

    name = "plain"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"__doc__": None}, "docstring of its class begins with ''"),
        ({"augment": lambda self, image, labels, rng: (image, labels[::-1])}, "not transformed together"),
        ({"augment": lambda self, image, labels, rng: (image[1:], labels)}, "a float32 patch of 256 px is needed"),
        ({"augment": lambda self, image, labels, rng: (image * 2, labels)}, r"outside \[0, 255\]; clip them"),
        ({"augment": lambda self, image, labels, rng: (image, labels * 100)}, "labels that the frame does not have"),
        (
            {"augment": lambda self, image, labels, rng: (image * NOISE.random(), labels)},
            "drawn again, the patch differs",
        ),
        ({"rate": lambda self, done: 1.0}, r"rates \[1\.0"),
    ],
)
def test_a_fault_of_a_recipe_is_found(fault: dict[str, object], words: str) -> None:
    check_recipe(Plain())
    with pytest.raises(AssertionError, match=words):
        check_recipe(type("Faulty", (Plain,), {"__doc__": Plain.__doc__, **fault})())
