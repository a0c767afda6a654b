"""Fields over channels."""

from __future__ import annotations

import numpy as np

from robustbench_cells.channels import in_channels


def test_a_field_acts_alike_in_every_channel() -> None:
    field = np.arange(6.0).reshape(2, 3)
    grey, colour = np.ones((2, 3)), np.ones((2, 3, 4))
    np.testing.assert_array_equal(grey * in_channels(field, grey.ndim), field)
    for channel in range(4):
        np.testing.assert_array_equal((colour * in_channels(field, colour.ndim))[..., channel], field)
