"""Any two artefacts at once, as a user asks for them: what is refused, and the artefact that they become."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from robustbench_cells.artefacts import ARTEFACTS, Artefact
from robustbench_cells.engine.grid import require_meaningful
from robustbench_cells.engine.measured import require_computed
from robustbench_cells.engine.pairs import CombinedArtefact, combined_artefacts, combined_name
from robustbench_cells.errors import BenchmarkWarning, GridError
from robustbench_cells.types import PATCH_SIDE

LIGHT_PATH = ("specimen", "sampling", "optics", "light", "camera", "file")  # families, as an image comes about


@dataclass(frozen=True)
class Together:
    """Two artefacts at once, by name: the first acts, then the second on what it left.

    Attributes
    ----------
    first, second
        Names of the artefacts in the order in which they act.
    fixed
        Intensity of the one that is not swept.
    sweeps
        Which of them is swept.
    levels
        Intensities of the swept one; None for those of the profile.
    """

    first: str
    second: str
    fixed: float
    sweeps: Literal["first", "second"] = "second"
    levels: tuple[float, ...] | None = None

    @property
    def name(self) -> str:
        """Name of the combined artefact, such as ``vignetting-40+shot_noise``."""
        return combined_name(self.first, self.second, self.fixed, sweeps_first=self.sweeps == "first")


def combine(wanted: Iterable[Together], profile: str) -> list[CombinedArtefact]:
    """The combined artefact of each pair; one that a profile has already keeps the intensities that it has there.

    A pair against the way of light triggers a `BenchmarkWarning`: artefacts act in the order in which they are written.

    Raises
    ------
    UnknownNameError
        If there is no such artefact.
    GridError
        If the two cannot be combined, or an intensity has no meaning; the message names the pair.
    """
    usual = {one.name: one.grids["default"] for one in combined_artefacts(profile)}
    combined: dict[str, CombinedArtefact] = {}
    for pair in wanted:
        if pair.name in combined:
            raise GridError(f"{pair.name}: is given twice; leave one of them out")
        combined[pair.name] = _combine(pair, profile, usual.get(pair.name, ()))
    return list(combined.values())


def _combine(pair: Together, profile: str, usual: Iterable[float]) -> CombinedArtefact:
    sweeps_first = pair.sweeps == "first"
    for name in (pair.first, pair.second):
        require_computed(name)
    first, second = ARTEFACTS.get(pair.first), ARTEFACTS.get(pair.second)
    swept, held = (first, second) if sweeps_first else (second, first)
    if swept is held:
        raise GridError(f"{pair.name}: {first.name} with itself; combine two different artefacts")
    if held.is_clean_at_neutral and pair.fixed == held.neutral:
        raise GridError(
            f"{pair.name}: {held.name} is neutral at {pair.fixed:g}, so that {swept.name} acts alone; fix it at "
            "another intensity"
        )
    require_meaningful(held, [pair.fixed])
    levels = swept.grid(profile) if pair.levels is None else pair.levels
    if not levels:
        given = ",".join(f"{level:g}" for level in swept.grid("full"))
        raise GridError(
            f"{pair.name}: the profile {profile} does not have {swept.name}; name its intensities "
            f"({swept.name}={given}), or take the profile full"
        )
    made = CombinedArtefact(first, second, pair.fixed, sorted({*levels, *usual}), sweeps_first=sweeps_first)
    require_meaningful(made, made.grids["default"])
    for level in made.grids["default"]:
        try:
            made.view_side(level, PATCH_SIDE)
        except ValueError as error:
            raise GridError(f"{pair.name}: {error}") from error
    _warn_of_order(first, second)
    return made


def _warn_of_order(first: Artefact, second: Artefact) -> None:
    """Report a pair that acts against the way of light, where both families have a place on it."""
    families = first.family, second.family
    if not set(families) <= set(LIGHT_PATH):
        return
    before, after = map(LIGHT_PATH.index, families)
    if before > after:
        warnings.warn(
            f"{first.name} ({first.family}) acts before {second.name} ({second.family}), as they are written; an image "
            f"comes about in the other order ({', '.join(LIGHT_PATH)}): write {second.name} before the + to have that",
            BenchmarkWarning,
            stacklevel=2,
        )
