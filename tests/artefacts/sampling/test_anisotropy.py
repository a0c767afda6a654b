from __future__ import annotations

import numpy as np
import pytest
from skimage.draw import disk
from skimage.measure import regionprops

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator
from robustbench_cells.types import Labels

RADIUS = 24


def draw_disk() -> Labels:
    labels = np.zeros((256, 256), np.int32)
    labels[disk((127.5, 127.5), RADIUS)] = 7
    return labels


@pytest.mark.parametrize("ratio", [1.5, 2.0, 3.0])
def test_a_disk_becomes_an_ellipse_of_that_ratio(ratio: float) -> None:
    labels = draw_disk()
    image = (labels > 0).astype(np.float32) * 200
    stretched, left = ARTEFACTS.get("anisotropy").distort(image, labels, ratio, generator("anisotropy"))
    (of_labels,), (of_image,) = regionprops(left), regionprops((stretched > 100).astype(np.int32))
    for region in (of_labels, of_image):
        assert region.axis_minor_length == pytest.approx(2 * RADIUS, rel=0.02)
        assert region.axis_major_length == pytest.approx(2 * RADIUS * ratio, rel=0.02)


def test_both_axes_occur() -> None:
    longer = set()
    for number in range(20):
        _, left = ARTEFACTS.get("anisotropy").distort(
            np.zeros((256, 256), np.float32), draw_disk(), 2.0, generator("anisotropy", number)
        )
        height, width = (np.ptp(places) for places in np.nonzero(left))
        longer.add(bool(height > width))
    assert longer == {True, False}
