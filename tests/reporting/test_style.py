"""Segmenters are told apart in every chart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.reporting.style import styles
from robustbench_cells.types import REFERENCE


@given(st.lists(st.sampled_from([f"net_{number}" for number in range(30)]), unique=True, min_size=1, max_size=20))
def test_no_two_segmenters_look_alike(names: list[str]) -> None:
    found = styles([*names, REFERENCE])
    assert set(found) == {*names, REFERENCE}
    assert len({(look.colour, look.marker) for look in found.values()}) == len(names) + 1


@pytest.mark.parametrize("count", range(2, 11))
def test_the_sides_of_one_of_several_models_share_a_colour_and_no_marker(count: int) -> None:
    names = [f"net_{number}" for number in range(count)]
    found = styles([f"{name} ({side})" for name in names for side in "AB"])
    for name in names:
        one, other = found[f"{name} (A)"], found[f"{name} (B)"]
        assert one.colour == other.colour
        assert one.marker != other.marker
    assert len({look.colour for look in found.values()} - {found[REFERENCE].colour}) == count


def test_the_sides_of_one_model_have_a_colour_each() -> None:
    found = styles(["net (A)", "net (B)", REFERENCE])
    assert found["net (A)"].colour != found["net (B)"].colour
    assert found["net (A)"].marker != found["net (B)"].marker
