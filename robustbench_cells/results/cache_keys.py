"""What identifies a record in the cache: everything that its scores depend on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from robustbench_cells.types import ScoreRange

DROPPED_CELLS = "edge cells: drop"  # among the metrics of a key: scores of cells leave out what a patch cuts


@dataclass(frozen=True)
class CacheKey:
    """The common part of the keys of one segmenter's records under one condition.

    Attributes
    ----------
    digest
        Digest of the segmenter.
    artefact, version, intensity
        Condition; ``clean`` has version 0.
    seed
        Seed of the run.
    metrics
        Version of each metric, by name.
    ranges
        What each score can be, by the metric's name; no part of the key.
    """

    digest: str
    artefact: str
    version: int
    intensity: float
    seed: int
    metrics: Mapping[str, int]
    ranges: Mapping[str, ScoreRange] = field(default_factory=dict)

    @property
    def condition(self) -> dict[str, object]:
        """Columns of the key's row in the table of conditions."""
        return {
            "artefact": self.artefact,
            "version": self.version,
            "intensity": self.intensity,
            "seed": self.seed,
            "metrics": json.dumps(dict(self.metrics), sort_keys=True),
        }


@dataclass(frozen=True)
class FrameKey:
    """The part of a record's key that identifies the frame.

    Attributes
    ----------
    dataset, frame
        Key of the data set and name of the frame; they seed its random numbers.
    digest
        Digest of the frame's pixels and labels.
    """

    dataset: str
    frame: str
    digest: str
