from __future__ import annotations

import io
import warnings

import numpy as np
import pandas as pd

from robustbench_cells.files.csv_tables import read_csv


def test_floats_are_read_as_they_were_written() -> None:
    """Many of these differ in their last bit where a reader rounds on its own; no version of pandas warns."""
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.random(1000), rng.normal(0, 1e9, 1000), 10 ** rng.uniform(-300, 300, 1000)])
    written = pd.DataFrame({"value": values}).to_csv(index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = read_csv(io.StringIO(written), dtype={"value": float})
    np.testing.assert_array_equal(read["value"].to_numpy(), values)
