"""What ``-k`` selected, where that may not be what was meant."""

from __future__ import annotations

import pytest

from robustbench_cells.api.request import Request
from robustbench_cells.pytest_plugin.keyword_notes import notes_on_families, notes_on_more, selection_notes

PAIR = "illumination-300+noise-10"
CONDITIONS = ["clean", "noise-10", "noise-100", "noise-150", "cell_size-1", "cell_size-1.5", PAIR]


@pytest.mark.parametrize(
    ("keyword", "more"),
    [
        ("noise-10", f"noise-100, {PAIR}"),
        ("NOISE-10 and not clean", f"noise-100, {PAIR}"),
        ("(unet-noise-10 or clean)", f"noise-100, {PAIR}"),
        ("cell_size-1", "cell_size-1.5"),
    ],
)
def test_longer_names_are_named_with_the_exact_way(keyword: str, more: str) -> None:
    (note,) = notes_on_more(keyword, CONDITIONS)
    assert f"selects {more} too, since -k looks for parts of names; --rb-artefact=" in note


@pytest.mark.parametrize("keyword", ["", "noise", "noise-150", "clean", "noise-100", "defocus-3"])
def test_a_keyword_that_selects_what_it_names_needs_no_note(keyword: str) -> None:
    assert notes_on_more(keyword, CONDITIONS) == []


@pytest.mark.parametrize(
    ("name", "longer", "option"),
    [
        ("exposure-2", "exposure-2.5", "exposure=2"),
        ("exposure--1", "exposure--1.5", "exposure=-1"),
        ("defocus-1e-05", "defocus-1e-05+noise-1", "defocus=1e-05"),
        (PAIR, f"{PAIR}0", "illumination-300+noise=10"),
    ],
)
def test_the_exact_way_has_the_whole_intensity(name: str, longer: str, option: str) -> None:
    (note,) = notes_on_more(name, [name, longer])
    assert note.endswith(f"--rb-artefact={option} runs {name} and clean alone")


FAMILIES: dict[str, set[str]] = {"clean": set(), "blur-2": {"optics"}, "gamma-2": {"light"}}


def test_names_that_hold_the_name_of_a_family_are_named() -> None:
    wanted = {"clean": ["light_unet"], "blur-2": ["light_unet"], "gamma-2": ["light_unet", "other"]}
    (note,) = notes_on_families("Light or nothing", wanted, FAMILIES)
    assert note == (
        "-k light selects the family light, and light_unet-clean, light_unet-blur-2 too, since -k looks for parts of "
        "names"
    )


@pytest.mark.parametrize("keyword", ["light", "optics or unet", "unet", ""])
def test_a_family_that_selects_itself_needs_no_note(keyword: str) -> None:
    wanted = {"clean": ["unet"], "blur-2": ["unet"], "gamma-2": ["unet"]}
    assert notes_on_families(keyword, wanted, FAMILIES) == []


@pytest.mark.parametrize(
    ("keyword", "missing"),
    [("noise or optics", ["optics"]), ("(Gamma or paper)", ["gamma"]), ("noise and paper", []), ("", [])],
)
def test_what_is_in_the_profile_full_alone_is_named(keyword: str, missing: list[str]) -> None:
    request = Request(profile="quick", artefacts={"noise": [50.0]})
    notes = selection_notes(keyword, request, {"noise-50": ["unet"]})
    assert notes == [f"-k {word}: this grid does not have it; --rb-profile=full does" for word in missing]
