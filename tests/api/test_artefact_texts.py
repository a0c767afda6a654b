"""Artefacts and intensities as options name them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.api.artefact_texts import add_together, parse_grid, parse_together
from robustbench_cells.engine.together import Together
from robustbench_cells.errors import GridError


def test_each_artefact_has_its_intensities() -> None:
    assert parse_grid(["noise=5,1e2", "exposure=-1", "blur"], "--x") == {
        "noise": (5, 100),
        "exposure": (-1,),
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


@given(
    fixed=st.floats(allow_nan=False, allow_infinity=False),
    levels=st.none() | st.lists(st.floats(-1e9, 1e9), min_size=2).map(tuple),
    sweeps_first=st.booleans(),
)
def test_a_pair_is_what_was_written(fixed: float, levels: tuple[float, ...] | None, sweeps_first: bool) -> None:
    """Also with intensities such as 1e+20, which has a + of its own."""
    held = f"vignetting={fixed!r}"
    swept = "shot_noise" if levels is None else f"shot_noise={','.join(map(repr, levels))}"
    text = f"{swept}+{held}" if sweeps_first else f"{held}+{swept}"
    names = ("shot_noise", "vignetting") if sweeps_first else ("vignetting", "shot_noise")
    assert parse_together([text], "--x") == (Together(*names, fixed, "first" if sweeps_first else "second", levels),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vignetting=40", r"--x vignetting=40: two artefacts with a \+ between are needed, as in vignetting=40\+shot"),
        ("vignetting=40+", "two artefacts with a"),
        ("+noise", "two artefacts with a"),
        ("vignetting=40+blur=2+noise", "two artefacts with a"),
        ("vignetting=40+noise=30", "both are fixed; leave out the intensity of the one to sweep"),
        ("vignetting+noise", "both are swept; fix one of them at one intensity"),
        ("vignetting=20,40+noise", "both are swept"),
        ("vignetting=x+noise", "intensities are numbers with commas between, as in vignetting=5,15,25"),
        ("vignetting=+noise", "intensities are numbers"),
    ],
)
def test_what_is_no_pair_is_refused(text: str, words: str) -> None:
    with pytest.raises(GridError, match=words):
        parse_together([text], "--x")


def test_a_pair_joins_the_artefacts_that_were_chosen_and_the_whole_grid() -> None:
    pairs = parse_together(["vignetting=40+noise"], "--x")
    assert add_together({}, pairs) == {}
    assert add_together({"blur": None}, pairs) == {"blur": None, "vignetting-40+noise": None}
    assert add_together({"vignetting-40+noise": (5.0,)}, pairs) == {"vignetting-40+noise": (5.0,)}
