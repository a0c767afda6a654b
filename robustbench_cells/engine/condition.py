"""An artefact at an intensity."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

from robustbench_cells.artefacts._base import Artefact
from robustbench_cells.engine.measured import MeasuredArtefact
from robustbench_cells.types import (
    CLEAN,
    PATCH_SIDE,
    PATCHES_PER_FRAME,
    Dataset,
    Image,
    Labels,
    Patch,
    Sample,
    condition_name,
)


@dataclass(frozen=True)
class Condition:
    """An artefact at an intensity, or no artefact at all.

    Attributes
    ----------
    artefact, intensity
        Artefact, or None for clean, and its strength.
    most_patches
        Cap on its patches per frame, below that of the run; None for the run's alone.

    Raises
    ------
    TypeError
        If the artefact is none, as its name or its class, or the intensity is no number.

    Examples
    --------
    >>> import robustbench_cells as rb
    >>> rb.Condition(rb.ARTEFACTS.get("noise"), 50.0).name
    'noise-50'
    >>> rb.Condition().name
    'clean'
    """

    artefact: Artefact | None = None
    intensity: float = 0.0
    most_patches: int | None = None

    def __post_init__(self) -> None:
        is_artefact = hasattr(self.artefact, "distort") and not isinstance(self.artefact, type)
        if self.artefact is not None and not is_artefact:
            name = self.artefact if isinstance(self.artefact, str) else "noise"
            raise TypeError(
                f"Condition: {self.artefact!r} is no artefact; give the object: "
                f"rb.Condition(rb.ARTEFACTS.get({name!r}), {self.intensity!r})"
            )
        intensity: object = self.intensity
        if not isinstance(intensity, Real):
            raise TypeError(f"Condition: an intensity of {intensity!r} is {type(intensity).__name__}; give a number")

    @property
    def artefact_name(self) -> str:
        """Name of the artefact; ``clean`` where there is none."""
        return self.artefact.name if self.artefact else CLEAN

    @property
    def version(self) -> int:
        """The artefact's version; 0 where there is none."""
        return self.artefact.version if self.artefact else 0

    @property
    def name(self) -> str:
        """Name in test ids: ``clean`` or ``noise-50``."""
        return condition_name(self.artefact_name, self.intensity)

    def patches_per_frame(self, shape: tuple[int, int], most: int) -> int:
        """Patches that this condition takes from a frame of this shape."""
        most = most if self.most_patches is None else min(most, self.most_patches)
        if self.artefact is None:
            return min(PATCHES_PER_FRAME, most)
        return min(self.artefact.patches_per_frame(self.intensity, shape, most), most)

    def view_side(self, side: int = PATCH_SIDE) -> int:
        """Side of the square that is cut from the frame, in pixels."""
        return self.artefact.view_side(self.intensity, side) if self.artefact else side

    def read(self, dataset: Dataset, frame: str) -> Sample:
        """Read the frame that patches are cut from: the data set's, or what was measured in its place."""
        if isinstance(self.artefact, MeasuredArtefact):
            return self.artefact.read(dataset, frame, self.intensity)
        return dataset.read(frame)

    def distort(self, view: Patch, seed: int) -> tuple[Image, Labels]:
        """A view's image and labels under this condition."""
        image, labels = view.image, view.labels
        for step, intensity in self.artefact.steps(self.intensity) if self.artefact else ():
            image, labels = step.distort(image, labels, intensity, view.random(seed, step.name))
        return image, labels
