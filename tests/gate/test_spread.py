"""What several seeds of one recipe have in common."""

from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.gate.spread import Spread


def test_conditions_at_the_floor_say_nothing_of_the_spread_elsewhere() -> None:
    """Nothing is left there by which seeds could differ."""
    rng = np.random.default_rng(0)
    means = [{("noise", level): float(0.7 + 0.02 * rng.normal()) for level in (0.0, 1.0, 2.0, 3.0)} for _ in range(5)]
    floors = [{("noise", 4.0): 0.001 * number, ("noise", 5.0): 1e-6 * number} for number in range(5)]
    alone = Spread("abcde", means).of_conditions
    both = Spread("abcde", [one | floor for one, floor in zip(means, floors, strict=True)]).of_conditions
    assert (both.degrees, both.variance) == pytest.approx((alone.degrees, alone.variance))
    assert Spread("abcde", floors).of_conditions.variance > 0
