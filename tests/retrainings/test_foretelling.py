from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.retrainings.foretelling import foretell, foretold_text
from benchmarks.retrainings.networks import EQUAL
from benchmarks.retrainings.scores import KEPT


@pytest.fixture
def four(tmp_path: Path) -> Path:
    """The kept scores of four equal networks."""
    folder = Path(shutil.copytree(KEPT, tmp_path / "kept"))
    networks = pd.read_csv(folder / "networks.csv")
    networks[networks["kind"] == EQUAL].head(4).to_csv(folder / "networks.csv", index=False)
    return folder


def test_each_network_is_in_use_once_and_the_others_are_candidates(four: Path) -> None:
    (one,) = foretell("synthetic", four)
    assert (one.seeds, one.candidates) == (3, 4)
    assert one.passed in {0, 0.25, 0.5, 0.75, 1}
    assert 0.85 < one.by_both <= 1  # what the gate promises is at least nine in ten, with its two families at 5 %
    assert one.by_frames < one.by_both
    assert f"| {one.passed:>8.0%} |" in foretold_text("synthetic", four)
