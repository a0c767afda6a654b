from __future__ import annotations

from math import inf, log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.results.axes import Axis, Side

PHOTONS = Axis(inf, "log", is_clean_at_neutral=True)


def sides(axis: Axis, levels: list[float]) -> list[tuple[int, list[float]]]:
    return [(side.direction, list(side.intensities)) for side in axis.directions(levels)]


def test_directions_from_the_neutral_intensity() -> None:
    assert sides(Axis(1.0), [0.5, 1, 2, 3]) == [(1, [1, 2, 3]), (-1, [1, 0.5])]
    assert sides(Axis(0.0), [0, 50]) == [(1, [0, 50])]
    assert sides(PHOTONS, [10, 100, 1000]) == [(-1, [1000, 100, 10])]
    assert sides(PHOTONS, [10, 100, inf]) == [(-1, [inf, 100, 10])]
    assert sides(Axis(0.0, "log"), [0, 10, 100]) == [(1, [0, 10, 100])]
    assert sides(Axis(None), [0, 50]) == []


def test_distances_follow_the_scale() -> None:
    (up, down) = Axis(1.0, "log").directions([0.1, 0.5, 1, 10])
    assert up.distances == pytest.approx([0, 1])
    assert down.distances == pytest.approx([0, log10(2), 1])
    (up, down) = Axis(1.0).directions([0.1, 0.5, 1, 10])
    assert up.distances == [0, 9]
    assert down.distances == pytest.approx([0, 0.5, 0.9])


@pytest.mark.parametrize(("neutral", "levels"), [(inf, [inf, 1000, 100, 1]), (0.0, [0, 1, 10, 1000])])
def test_a_neutral_intensity_beyond_the_scale_lies_one_step_before_the_nearest(
    neutral: float, levels: list[float]
) -> None:
    (side,) = Axis(neutral, "log").directions(levels)
    assert side.distances == pytest.approx([0, 1, 2, 4])
    assert side.at(0) == neutral
    (without,) = Axis(neutral, "log").directions(levels[1:])
    assert without.distances == pytest.approx([1, 2, 4])


def test_a_single_intensity_lies_a_decade_from_a_neutral_one_beyond_the_scale() -> None:
    (side,) = PHOTONS.directions([30])
    assert side.distances == pytest.approx([1])


def test_distances_become_intensities() -> None:
    (side,) = PHOTONS.directions([inf, 1000, 100, 10])
    assert side.at(2.5) == pytest.approx(10**1.5)
    assert side.at(inf) == -inf
    assert side.at(-inf) == inf
    assert Axis(0.0).directions([0, 50])[0].at(20) == 20


@given(
    neutral=st.sampled_from([0.0, 1.0, inf]),
    levels=st.lists(st.sampled_from([0.01, 0.3, 0.7, 2.0, 5.0, 50.0, 3000.0]), min_size=1, unique=True),
)
def test_every_intensity_is_found_at_its_distance(neutral: float, levels: list[float]) -> None:
    axes = [Axis(neutral, "log")] + ([Axis(neutral)] if neutral < inf else [])
    for axis in axes:
        found: list[Side] = axis.directions(levels)
        assert sorted(x for side in found for x in side.intensities) == sorted(levels)
        for side in found:
            assert side.distances == sorted(side.distances)
            assert [side.at(distance) for distance in side.distances] == list(side.intensities)


def test_positions() -> None:
    assert Axis(0.0).positions([0, 5, 10]) == [0, 5, 10]
    assert Axis(inf, "log").positions([1, 10, 1000]) == pytest.approx([0, 1, 3])
