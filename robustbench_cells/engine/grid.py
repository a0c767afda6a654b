"""How much of the grid a run covers: each artefact has its own intensities for each profile."""

from __future__ import annotations

from dataclasses import dataclass


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
