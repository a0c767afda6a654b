from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import block_reduce

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator


@pytest.mark.parametrize("side", [3, 5])
def test_large_pixels_are_means_of_small_ones(side: int) -> None:
    """Cubic interpolation goes through its points, and those of an odd side are pixels of the image."""
    image = generator("image").random((40 * side, 32 * side)).astype(np.float32) * 100 + 50
    labels = np.arange(image.size, dtype=np.int32).reshape(image.shape)
    coarse, left = ARTEFACTS.get("undersampling").distort(image, labels, float(side), generator("undersampling"))
    expected = block_reduce(image, (side, side), np.mean)
    np.testing.assert_allclose(coarse[side // 2 :: side, side // 2 :: side], expected, atol=1e-3)
    np.testing.assert_array_equal(left, labels)
