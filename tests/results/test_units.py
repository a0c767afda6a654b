"""Units of intensities as people read them."""

from __future__ import annotations

import pytest

from robustbench_cells.results.units import Unit


def test_a_length_in_px_has_micrometres_beside_it_where_the_pixel_is_known() -> None:
    unit = Unit("px", 1.6)
    assert unit.label == "px, 1 px = 1.6 µm"
    assert unit.amount(4) == "4 px (6.4 µm)"
    assert unit.level(0.7) == "0.7 (1.12 µm)"
    assert unit.span(4, 8, "and") == "4 and 8 px (6.4 and 12.8 µm)"
    assert unit.levels(4, 8, "to") == "4 to 8 (6.4 to 12.8 µm)"
    assert Unit("px", 0.0065).amount(25) == "25 px (0.1625 µm)"


@pytest.mark.parametrize("unit", [Unit("px"), Unit("grey levels", 1.6), Unit("px RMS", 1.6), Unit("", 1.6)])
def test_all_else_is_as_it_was(unit: Unit) -> None:
    assert unit.label == unit.name
    assert unit.amount(4) == f"4 {unit.name}".strip()
    assert unit.level(4) == "4"
    assert unit.levels(4, 8, "to") == "4 to 8"
    assert unit.span(4, 8, "to") == f"4 to 8 {unit.name}".strip()
