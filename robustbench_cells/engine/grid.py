"""How much of the grid a run covers: each artefact has its own intensities for each profile."""

from __future__ import annotations

from dataclasses import dataclass

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.config import Settings
from robustbench_cells.engine.pairs import combined_artefacts
from robustbench_cells.errors import UnknownNameError
from robustbench_cells.registry import unknown


@dataclass(frozen=True)
class Profile:
    """A size of run.

    Attributes
    ----------
    name
        For ``--rb-profile``, and the key of `Artefact.grids`.
    most_patches
        Cap on the patches that a frame gives at any intensity.
    most_frames
        Cap on the frames, or None for all.
    purpose
        In one line.
    """

    name: str
    most_patches: int
    most_frames: int | None
    purpose: str


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("quick", 6, 2, "a first look, in seconds"),
        Profile("default", 12, None, "every artefact over its range; cell_size takes at most 12 patches a frame"),
        Profile(
            "paper", 80, None, "the paper's own grid: 41 amplitudes, 41 sigmas, 22 zooms, up to 80 patches a frame"
        ),
    )
}


def profile_of(settings: Settings) -> Profile:
    """The profile that is asked for.

    Raises
    ------
    UnknownNameError
        If there is no such profile.
    """
    if settings.profile not in PROFILES:
        raise UnknownNameError(unknown(settings.profile, "profile", PROFILES))
    return PROFILES[settings.profile]


def grid(profile: Profile) -> list[Condition]:
    """Clean, then every artefact at every intensity of a profile, then two at once."""
    artefacts = [*ARTEFACTS, *combined_artefacts(profile.name)]
    conditions = [Condition(artefact, float(level)) for artefact in artefacts for level in artefact.grid(profile.name)]
    return [Condition(), *conditions]
