from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from skimage.exposure import rescale_intensity

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.artefacts.paper._base import rescale
from robustbench_cells.randomness import generator
from robustbench_cells.types import Image
from tests.conftest import images


def stretched(image: Image, share: float) -> Image:
    labels = np.zeros(image.shape[:2], np.int32)
    return ARTEFACTS.get("stretch").distort(image, labels, share, generator("stretch"))[0]


@given(image=images())
def test_the_whole_way_is_the_hidden_step_of_the_paper(image: Image) -> None:
    np.testing.assert_array_equal(stretched(image, 1.0), rescale(image))
    for name in ("noise", "illumination"):
        hidden, _ = ARTEFACTS.get(name).distort(image, np.zeros(image.shape, np.int32), 0.0, generator("stretch"))
        np.testing.assert_array_equal(stretched(image, 1.0), hidden)


@pytest.mark.parametrize("shape", [(40, 50), (40, 50, 3)])
def test_it_is_that_of_scikit_image(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).uniform(60, 180, shape).astype(np.float32)
    reference = rescale_intensity(image.astype(np.float64), out_range=(0, 255))
    np.testing.assert_allclose(stretched(image, 1.0), reference, atol=1e-3)
    np.testing.assert_allclose(stretched(image, 0.25), 0.75 * image + 0.25 * reference, atol=1e-3)


def test_there_is_no_more_than_the_whole_way() -> None:
    with pytest.raises(ValueError, match=r"share 1\.1: must be finite and from 0 to 1"):
        stretched(np.zeros((4, 4), np.float32), 1.1)
