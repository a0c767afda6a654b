"""Any two artefacts at once: each acts as it does alone, and what cannot be combined is refused."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Sequence

import numpy as np
import pytest

from robustbench_cells.api.artefact_texts import parse_together
from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.grid import make_conditions, profile_grid, resolve_grid
from robustbench_cells.engine.pairs import CombinedArtefact
from robustbench_cells.engine.provenance import about
from robustbench_cells.engine.together import combine
from robustbench_cells.errors import BenchmarkWarning, GridError, UnknownNameError
from robustbench_cells.types import Patch
from tests.support.frame_arrays import DATA


def pair(text: str, profile: str = "full") -> CombinedArtefact:
    (made,) = combine(parse_together([text], "--x"), profile)
    return made


def view(side: int) -> Patch:
    sample = DATA.read(DATA.frames[0])
    image, labels = (np.pad(array, (0, 300), mode="wrap")[:side, :side] for array in (sample.image, sample.labels))
    return Patch(sample.dataset, sample.frame, 0, image, labels)


@pytest.mark.parametrize(
    ("text", "name", "steps"),
    [
        ("vignetting=40+shot_noise", "vignetting-40+shot_noise", [("vignetting", 40), ("shot_noise", 30)]),
        ("vignetting+shot_noise=100", "vignetting+shot_noise-100", [("vignetting", 30), ("shot_noise", 100)]),
        ("rotation=30+read_noise", "rotation-30+read_noise", [("rotation", 30), ("read_noise", 30)]),
        ("noise=5+rotation", "noise-5+rotation", [("noise", 5), ("rotation", 30)]),
        ("cell_size=2+noise", "cell_size-2+noise", [("cell_size", 2), ("noise", 30)]),
    ],
)
def test_each_acts_in_turn_with_the_numbers_that_it_has_alone(
    text: str, name: str, steps: Sequence[tuple[str, float]]
) -> None:
    made = pair(text)
    condition = Condition(made, 30.0)
    assert (made.name, condition.name) == (name, f"{name}-30")
    cut = view(condition.view_side())
    image, labels = cut.image, cut.labels
    for artefact, level in steps:
        image, labels = ARTEFACTS.get(artefact).distort(image, labels, level, cut.random(0, artefact))
    found = condition.distort(cut, seed=0)
    np.testing.assert_array_equal(found[0], image)
    np.testing.assert_array_equal(found[1], labels)
    assert found[0].shape == found[1].shape == (256, 256)
    assert set(np.unique(labels)) - {0} <= set(np.unique(cut.labels))


def test_a_pair_travels_to_another_process() -> None:
    """As to a worker of Dask."""
    condition = Condition(pair("vignetting+shot_noise=100"), 40.0)
    sent, cut = pickle.loads(pickle.dumps(condition)), view(256)  # noqa: S301 - our own object
    assert sent.name == condition.name
    np.testing.assert_array_equal(sent.distort(cut, 0)[0], condition.distort(cut, 0)[0])


def test_the_swept_one_gives_intensities_scale_and_unit() -> None:
    made, alone = pair("vignetting=40+shot_noise"), ARTEFACTS.get("shot_noise")
    assert about(made) == "vignetting at 40 % in the corner, then shot_noise on what that left."
    assert about(pair("defocus+read_noise=5")) == "defocus, then read_noise at 5 grey levels on what that left."
    assert made.grid("full") == tuple(sorted(alone.grid("full")))
    assert (made.scale, made.unit, made.parameter, made.neutral) == ("log", alone.unit, alone.parameter, np.inf)
    assert pair("vignetting=40+shot_noise=300,30").grid("default") == (30, 300)


def test_a_pair_takes_the_patches_of_the_one_that_takes_more() -> None:
    shape = (1000, 1000)
    zoomed = Condition(pair("cell_size=3+noise"), 30.0)
    assert zoomed.view_side() == Condition(ARTEFACTS.get("cell_size"), 3.0).view_side()
    assert zoomed.patches_per_frame(shape, 80) == Condition(ARTEFACTS.get("cell_size"), 3.0).patches_per_frame(
        shape, 80
    )


@pytest.mark.parametrize(("text", "alone"), [("cell_size=2+blur", "blur"), ("vignetting=40+noise", "noise")])
def test_a_pair_has_the_cap_of_the_swept_one(text: str, alone: str) -> None:
    made = pair(text, "default")
    own, single = (
        make_conditions("default", resolve_grid("default", {name: None}, [made]), [made])[1]
        for name in (made.name, alone)
    )
    assert own.most_patches == single.most_patches


def test_a_pair_of_the_profile_keeps_its_intensities() -> None:
    """So adding the option takes no condition away."""
    usual = profile_grid("default")
    made = pair("illumination=300+noise", "default")
    grid = resolve_grid("default", {}, [made])
    assert set(grid[made.name]) == {*usual["illumination-300+noise"], *usual["noise"]}
    assert {name: levels for name, levels in grid.items() if name != made.name} == {
        name: levels for name, levels in usual.items() if name != made.name
    }
    conditions = make_conditions("default", grid, [made])
    assert len({condition.name for condition in conditions}) == len(conditions)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vignetting=120+noise", r"vignetting=120: loss 120: must be finite and from 0 to 99"),
        ("vignetting=40+shot_noise=-3,10", r"shot_noise.*-3"),
        ("vignetting=40+noise=5,5.0000001", "is given twice, to six digits"),
        ("noise=10+noise=20,30", "noise with itself"),
        ("vignetting=0+noise", "vignetting is neutral at 0, so that noise acts alone; fix it at another intensity"),
        ("cell_size=2+rotation", "cell_size and rotation both choose how much of the frame a patch shows"),
        ("measured:gain=2+noise", "measured:gain: its images were taken by a microscope"),
        ("vignetting=40+measured:gain", "measured:gain: its images were taken by a microscope"),
    ],
)
def test_what_cannot_be_combined_is_refused(text: str, words: str) -> None:
    with pytest.raises(GridError, match=words):
        pair(text)


def test_an_unknown_name_an_artefact_of_another_profile_and_a_copy_are_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"no artefact is called 'vigneting' .did you mean vignetting"):
        pair("vigneting=40+noise")
    with pytest.raises(GridError, match=r"the profile paper does not have defocus; name its intensities .defocus=1,2"):
        pair("illumination=300+defocus", "paper")
    twice = parse_together(["vignetting=40+noise", "vignetting=40.0+noise=1,2"], "--x")
    with pytest.raises(GridError, match=r"vignetting-40\+noise: is given twice"):
        combine(twice, "default")


def test_who_names_a_pair_alone_is_told_of_the_option() -> None:
    with pytest.raises(UnknownNameError, match="for two at once, see --rb-together"):
        resolve_grid("default", {"vignetting-40+noise": [10.0]})


def test_a_pair_against_the_way_of_light_triggers_a_warning() -> None:
    with pytest.warns(BenchmarkWarning, match=r"shot_noise \(camera\) acts before vignetting \(light\)"):
        pair("shot_noise=100+vignetting")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pair("vignetting+shot_noise=100")
        pair("noise=10+vignetting")  # the paper's have no place on it
