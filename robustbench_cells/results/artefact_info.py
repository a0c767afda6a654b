"""What ``run.json`` says of an artefact of the grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import inf, isinf
from typing import Any

from robustbench_cells.results.axes import Axis
from robustbench_cells.types import Scale


@dataclass(frozen=True)
class CombinationInfo:
    """The two artefacts of a combined one in the order in which they act, and the intensity of the one that is fixed.

    The second one is swept unless ``sweeps_first`` is set; runs of earlier versions know no other pair.
    """

    first: str
    intensity: float
    second: str
    sweeps_first: bool = False

    @property
    def fixed(self) -> str:
        """Name of the artefact at the fixed intensity."""
        return self.second if self.sweeps_first else self.first

    @property
    def swept(self) -> str:
        """Name of the artefact whose intensity varies."""
        return self.first if self.sweeps_first else self.second

    def steps(self, level: float) -> tuple[tuple[str, float], tuple[str, float]]:
        """Both artefacts with their intensities, in the order in which they act."""
        levels = (level, self.intensity) if self.sweeps_first else (self.intensity, level)
        return (self.first, levels[0]), (self.second, levels[1])


@dataclass(frozen=True)
class ArtefactInfo:
    """An artefact of the grid (see `Artefact`); ``about`` is its docstring, ``together`` set for a combined one.

    Of a measured axis, ``version`` stands for the content of its images, and ``over`` names the artefact whose curves
    it is drawn over, if any.

    Runs of earlier versions store neither scale nor family, and no artefact that is clean at its neutral intensity. In
    the file an infinite neutral intensity is null, since JSON has no infinity.
    """

    version: int
    parameter: str
    unit: str
    neutral: float
    about: str = ""
    together: CombinationInfo | None = None
    scale: Scale = "linear"
    is_clean_at_neutral: bool = False
    family: str = ""
    over: str = ""

    @property
    def axis(self) -> Axis:
        """Its axis; a combined artefact has no neutral intensity, since the first one always acts."""
        return Axis(None if self.together else self.neutral, self.scale, self.is_clean_at_neutral)


def artefact_to_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an artefact's fields as ``run.json`` has them, without what says nothing."""
    content = dict(values)
    if content["together"] is None:
        del content["together"]
    elif not content["together"]["sweeps_first"]:
        content["together"] = {name: value for name, value in content["together"].items() if name != "sweeps_first"}
    if not content["over"]:
        del content["over"]
    if isinf(content["neutral"]):
        content["neutral"] = None
    return content


def artefact_from_json(content: Mapping[str, Any]) -> ArtefactInfo:
    """The artefact of such a content, which has been validated; keys of later versions are left out.

    Raises
    ------
    ValueError
        If its neutral intensity is missing, although its scale is linear.
    """
    together = content.get("together")
    parts = None if together is None else CombinationInfo(**_known(CombinationInfo, together))
    neutral = inf if content["neutral"] is None else float(content["neutral"])
    if isinf(neutral) and content.get("scale") != "log":
        raise ValueError("the neutral intensity of an artefact is missing, which only a logarithmic scale allows")
    return ArtefactInfo(**{**_known(ArtefactInfo, content), "neutral": neutral, "together": parts})


def _known(kind: type, content: Mapping[str, Any]) -> dict[str, Any]:
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in content.items() if name in names}
