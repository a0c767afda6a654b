"""Artefacts and intensities as options name them."""

from __future__ import annotations

import pytest

from robustbench_cells.api.artefact_texts import parse_grid
from robustbench_cells.errors import GridError


def test_each_artefact_has_its_intensities() -> None:
    assert parse_grid(["noise=5,1e2", "exposure=-1", "blur"], "--x") == {
        "noise": [5, 100],
        "exposure": [-1],
        "blur": None,
    }


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["noise", "noise=2"], "--x noise: is given twice"),
        (["noise=a"], "--x noise=a: intensities are numbers with commas between, as in noise=5,15,25"),
        (["=2,"], "as in noise="),
    ],
)
def test_a_mistake_is_named(texts: list[str], words: str) -> None:
    with pytest.raises(GridError, match=words):
        parse_grid(texts, "--x")
