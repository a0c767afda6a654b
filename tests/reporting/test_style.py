"""Styles distinguish segmenters in every chart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.reporting.style import assign_styles
from robustbench_cells.types import REFERENCE


@given(st.lists(st.sampled_from([f"net_{number}" for number in range(30)]), unique=True, min_size=1, max_size=20))
def test_no_two_segmenters_share_a_style(names: list[str]) -> None:
    styles = assign_styles([*names, REFERENCE])
    assert set(styles) == {*names, REFERENCE}
    assert len({(style.colour, style.marker) for style in styles.values()}) == len(names) + 1


@pytest.mark.parametrize("count", range(2, 11))
def test_two_runs_of_one_of_several_models_share_a_colour_but_not_a_marker(count: int) -> None:
    names = [f"net_{number}" for number in range(count)]
    styles = assign_styles([f"{name} ({side})" for name in names for side in "AB"])
    for name in names:
        one, other = styles[f"{name} (A)"], styles[f"{name} (B)"]
        assert one.colour == other.colour
        assert one.marker != other.marker
    assert len({style.colour for style in styles.values()} - {styles[REFERENCE].colour}) == count


def test_two_runs_of_a_single_model_have_different_colours() -> None:
    styles = assign_styles(["net (A)", "net (B)", REFERENCE])
    assert styles["net (A)"].colour != styles["net (B)"].colour
    assert styles["net (A)"].marker != styles["net (B)"].marker
