"""How much of the grid a run covers: profiles, the artefacts of each, and conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from robustbench_cells.artefacts import ARTEFACTS, Artefact, PhysicalArtefact
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.measured import MeasuredArtefact
from robustbench_cells.engine.pairs import CombinedArtefact, combined_artefacts
from robustbench_cells.errors import GridError, UnknownNameError
from robustbench_cells.registry import unknown
from robustbench_cells.types import condition_name

_TRIAL = 16  # pixels; side of the image that an intensity is tried on


@dataclass(frozen=True)
class Profile:
    """Size of a run.

    Attributes
    ----------
    name
        Value of ``--rb-profile``, and key of `Artefact.grids`.
    most_patches
        Cap on the patches per frame at any intensity.
    most_physical
        The same for a physical artefact; there are many of them, and a frame's patches are alike.
    most_frames
        Cap on the frames, or None for all.
    purpose
        One line for people.
    """

    name: str
    most_patches: int
    most_physical: int
    most_frames: int | None
    purpose: str


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("quick", 6, 2, 2, "a first look, in a minute"),
        Profile("default", 12, 1, None, "what a microscope does, by artefacts of all families, and the paper's three"),
        Profile("full", 12, 2, None, "all artefacts of all families, at all their intensities"),
        Profile("paper", 80, 80, None, "the paper's own grid: 41 amplitudes, 41 sigmas, 22 zooms"),
    )
}


def find_profile(name: str) -> Profile:
    """The profile of that name.

    Raises
    ------
    UnknownNameError
        If there is none.
    """
    if name not in PROFILES:
        raise UnknownNameError(unknown(name, "profile", PROFILES))
    return PROFILES[name]


def artefacts_of(profile: str, measured: Sequence[Artefact] = ()) -> list[Artefact]:
    """Every artefact of a profile: the single ones by name, the measured ones, then the combined ones."""
    return [artefact for artefact in _available(profile, measured) if artefact.grid(profile)]


def _available(profile: str, measured: Sequence[Artefact]) -> list[Artefact]:
    """Every artefact that can run in a profile; some run only at intensities that are named."""
    taken = {artefact.name for artefact in measured}
    return [*ARTEFACTS, *measured, *(pair for pair in combined_artefacts(profile) if pair.name not in taken)]


def profile_grid(profile: str, measured: Sequence[Artefact] = ()) -> dict[str, tuple[float, ...]]:
    """The intensities of every artefact of a profile, by its name."""
    return {artefact.name: tuple(map(float, artefact.grid(profile))) for artefact in artefacts_of(profile, measured)}


def resolve_grid(
    profile: str, chosen: Mapping[str, Sequence[float] | None], measured: Sequence[Artefact] = ()
) -> dict[str, tuple[float, ...]]:
    """A grid of one's own, in the order of the profile's.

    Parameters
    ----------
    profile
        Name of the profile.
    chosen
        Intensities of each artefact by its name, None for those of the profile; empty for the profile's whole grid.
    measured
        Measured axes of the data set, as artefacts.

    Raises
    ------
    UnknownNameError
        If there is no such artefact.
    GridError
        If an intensity has no meaning for its artefact, or is given twice.
    """
    whole = profile_grid(profile, measured)
    if not chosen:
        return whole
    artefacts = {artefact.name: artefact for artefact in _available(profile, measured)}
    for name, levels in chosen.items():
        if name not in artefacts:
            hint = "; for two at once, see --rb-together (together in Python)" if "+" in name else ""
            raise UnknownNameError(unknown(name, "artefact", artefacts) + hint)
        if levels is None and name not in whole:
            usual = ",".join(f"{level:g}" for level in artefacts[name].grid("full"))
            raise GridError(
                f"{name}: the profile {profile} does not have it; name intensities ({name}={usual}), or take the "
                "profile full"
            )
    return {
        name: whole[name] if levels is None else require_meaningful(artefacts[name], levels)
        for name in artefacts
        if name in chosen
        for levels in [chosen[name]]
    }


def make_conditions(
    profile: str, grid: Mapping[str, Sequence[float]], measured: Sequence[Artefact] = ()
) -> list[Condition]:
    """Clean, then every artefact of the grid at each of its intensities."""
    artefacts = {artefact.name: artefact for artefact in _available(profile, measured)}
    for name, levels in grid.items():
        _require_on_scale(artefacts[name], levels)
    caps = {name: _most_patches(profile, artefacts[name]) for name in grid}
    return [
        Condition(),
        *(Condition(artefacts[name], level, caps[name]) for name, levels in grid.items() for level in levels),
    ]


def _most_patches(profile: str, artefact: Artefact) -> int | None:
    """The profile's cap on an artefact's patches per frame, where it has one of its own.

    A pair has that of the swept artefact, and a measured axis that of the artefact that it is drawn over, so that the
    two curves are of the same patches.
    """
    varied = artefact.swept if isinstance(artefact, CombinedArtefact) else artefact
    if isinstance(artefact, MeasuredArtefact) and artefact.over:
        varied = ARTEFACTS.get(artefact.over)
    return find_profile(profile).most_physical if isinstance(varied, PhysicalArtefact) else None


def require_meaningful(artefact: Artefact, levels: Sequence[float]) -> tuple[float, ...]:
    """The intensities, sorted; refused where the artefact itself refuses them."""
    if not levels:
        raise GridError(f"{artefact.name}: no intensity is given; name some, or the artefact alone for its usual ones")
    if artefact.is_clean_at_neutral and artefact.neutral in levels:
        neutral = artefact.neutral
        raise GridError(f"{artefact.name}={neutral:g}: the neutral intensity is the condition clean; leave it out")
    _require_on_scale(artefact, levels)
    for level in levels:
        try:
            side = min(artefact.view_side(level, _TRIAL), 4 * _TRIAL)  # of the view that becomes a small patch
            image, labels = np.full((side, side), 100, np.float32), np.zeros((side, side), np.int32)
            artefact.distort(image, labels, level, np.random.default_rng(0))
        except Exception as error:  # an artefact may be third-party code
            raise GridError(f"{artefact.name}={level:g}: {error}") from error
    if len({condition_name(artefact.name, level) for level in levels}) < len(levels):
        raise GridError(
            f"{artefact.name}: an intensity is given twice, to six digits ({', '.join(f'{x:g}' for x in levels)})"
        )
    return tuple(sorted(map(float, levels)))


def _require_on_scale(artefact: Artefact, levels: Sequence[float]) -> None:
    """Refuse intensities that curves cannot be drawn at."""
    off = [level for level in levels if artefact.scale == "log" and not 0 < level < inf]
    if off:
        raise GridError(
            f"{artefact.name}={off[0]:g}: {artefact.parameter} {off[0]:g} has no place on a logarithmic scale; give "
            f"finite ones above 0, or leave it out where clean is meant"
        )
