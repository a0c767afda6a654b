from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from robustbench_cells.artefacts.specimen._base import distances, scatter
from robustbench_cells.randomness import generator

SHAPE = (256, 256)


def test_their_number_is_right_on_average() -> None:
    numbers = [len(scatter(SHAPE, 40.0, 100.0, generator("scatter", key), 1)) for key in range(400)]
    expected = 40 * SHAPE[0] * SHAPE[1] / 1e6
    assert set(numbers) == {int(expected), int(expected) + 1}
    assert np.mean(numbers) == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(400))


def test_they_lie_anywhere() -> None:
    found = scatter((300, 200), 50_000.0, 50_000.0, generator("scatter"), 1)
    for column, side in ((0, 300), (1, 200), (2, 1)):
        assert stats.kstest(found[:, column] / side, "uniform").pvalue > 0.001


def test_those_of_a_lower_density_are_the_first_of_a_higher() -> None:
    few, many = (scatter(SHAPE, density, 500.0, generator("scatter"), 2) for density in (100.0, 400.0))
    assert len(few) < len(many)
    np.testing.assert_array_equal(few, many[: len(few)])


@pytest.mark.parametrize("place", [(0.0, 0.0), (255.9, 255.9), (100.3, 3.7)])
def test_distances_are_those_within_reach(place: tuple[float, float]) -> None:
    rows, columns = np.indices(SHAPE)
    expected = np.sqrt((rows - place[0]) ** 2 + (columns - place[1]) ** 2)
    window, found = distances(SHAPE, *place, reach=20.0)
    np.testing.assert_allclose(found, expected[window])
    beyond = np.ones(SHAPE, bool)
    beyond[window] = False
    assert (expected[beyond] > 20).all()
