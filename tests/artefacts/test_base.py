"""What the base class of physical artefacts does for all of them."""

from __future__ import annotations

import subprocess
import sys
from math import inf, nan

import numpy as np
import pytest

from robustbench_cells.artefacts import ARTEFACTS, Artefact, PhysicalArtefact
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.grid import profile_grid
from robustbench_cells.randomness import generator
from robustbench_cells.types import Image
from tests.conftest import sample_of


class Brighter(PhysicalArtefact):
    """Light that is added."""

    name, version, parameter, unit, neutral = "brighter", 1, "offset", "grey levels", 0.0
    grids = {"full": (10, 100), "default": (100,)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> np.ndarray:
        return image.astype(float) + intensity


class Fewer(Brighter):
    """Fewer counts of something."""

    parameter, scale, neutral = "counts", "log", inf


def test_grey_levels_are_clipped_and_nothing_is_stretched() -> None:
    sample = sample_of((20, 30))
    image, labels = Brighter().distort(sample.image, sample.labels, 100.0, generator(0))
    np.testing.assert_array_equal(image, np.minimum(sample.image + 100, 255))
    assert image.dtype == np.float32
    np.testing.assert_array_equal(labels, sample.labels)


@pytest.mark.parametrize(
    ("artefact", "intensity", "words"),
    [
        (Brighter(), nan, r"offset nan: must be finite and 0 or more \(grey levels\)"),
        (Brighter(), inf, "offset inf"),
        (Brighter(), -0.5, r"offset -0\.5"),
        (Fewer(), 0.0, "counts 0: must be finite and above 0"),
        (Fewer(), -inf, "counts -inf"),
    ],
)
def test_an_intensity_without_meaning_is_refused(artefact: Artefact, intensity: float, words: str) -> None:
    sample = sample_of((20, 30))
    with pytest.raises(ValueError, match=words):
        artefact.distort(sample.image, sample.labels, intensity, generator(0))


def test_bounds_are_named() -> None:
    class Share(Brighter):
        """A share."""

        bounds = (0.0, 100.0)

    with pytest.raises(ValueError, match=r"offset 101: must be finite and from 0 to 100"):
        Share().require_meaningful(101.0)
    Share().require_meaningful(100.0)


def test_a_profile_that_the_grids_lack_does_not_have_the_artefact() -> None:
    assert Brighter().grid("default") == (100,)
    assert Brighter().grid("quick") == Brighter().grid("paper") == ()
    assert set(profile_grid("paper")) >= {"noise", "illumination", "cell_size"}
    assert not {one.name for one in ARTEFACTS if isinstance(one, PhysicalArtefact)} & set(profile_grid("paper"))


def test_the_family_is_the_folder() -> None:
    families = {one.name: one.family for one in ARTEFACTS}
    assert families["noise"] == families["illumination"] == families["cell_size"] == "paper"
    assert families["read_noise"] == families["shot_noise"] == "camera"


def test_an_artefact_from_outside_may_name_its_family() -> None:
    assert Brighter().family == "other"
    assert type("Lamp", (Brighter,), {"family": "light"})().family == "light"


def test_neither_degrade_nor_transform_is_an_error_that_says_so() -> None:
    class Empty(PhysicalArtefact):
        """Nothing."""

        name, version, parameter, unit, neutral, grids = "empty", 1, "share", "%", 0.0, {"full": (1, 2)}

    sample = sample_of((20, 30))
    with pytest.raises(NotImplementedError, match="empty: implement degrade"):
        Condition(Empty(), 1.0).artefact.distort(sample.image, sample.labels, 1.0, generator(0))


def test_artefacts_are_listed_without_what_takes_long_to_import() -> None:
    """Every run lists them, and so does every process of a model."""
    code = "import sys; from robustbench_cells.artefacts import ARTEFACTS; assert len(list(ARTEFACTS)) > 30; {}"
    slow = "assert not {'scipy.special', 'scipy.ndimage', 'scipy.optimize', 'skimage', 'matplotlib'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code.format(slow)], check=True)
