"""What the record cache holds of a run's example patches: predictions that need no model, and times of this machine."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.plan import Planner
from robustbench_cells.instances.rules import InstanceKind
from robustbench_cells.models.runtimes.threads import used_threads
from robustbench_cells.results.example_cache import ExampleCache
from robustbench_cells.results.example_patches import ExampleView
from robustbench_cells.types import Labels, Masks


@dataclass(frozen=True, eq=False)
class KeptExamples:
    """Predictions and times of the segmenters of a run, looked up by all that they depend on.

    Attributes
    ----------
    cache
        Tables of predictions and times.
    planner
        Keys of the run's records.
    condition_of
        Function from a view to its condition.
    """

    cache: ExampleCache
    planner: Planner
    condition_of: Callable[[ExampleView], Condition]

    def predictions(
        self, segmenter: str, views: Mapping[int, ExampleView], instances: InstanceKind | None
    ) -> dict[int, Masks | Labels]:
        """The masks or labels of these views that are kept, by the number of the view.

        Of a segmenter that gives labels, earlier versions kept masks: those are left out.
        """
        found = self.cache.predictions({number: self._key(segmenter, view) for number, view in views.items()})
        return {number: one for number, one in found.items() if instances != "labels" or one.dtype != bool}

    def put(self, segmenter: str, predictions: Mapping[ExampleView, Masks | Labels]) -> None:
        """Keep the mask or the labels of each view, (256, 256)."""
        keyed = {self._key(segmenter, view): one for view, one in predictions.items()}
        self.cache.put_predictions(self.planner.digest(segmenter), keyed)

    def times(self, segmenter: str) -> list[float]:
        """Times per patch on this machine, in milliseconds; empty if none are kept."""
        return self.cache.times(self.planner.digest(segmenter), _machine())

    def put_times(self, segmenter: str, times: Sequence[float]) -> None:
        """Keep the times per patch on this machine."""
        self.cache.put_times(self.planner.digest(segmenter), _machine(), times)

    def _key(self, segmenter: str, view: ExampleView) -> str:
        return self.planner.mask_key(self.condition_of(view), segmenter, view.frame, view.patch)


def _machine() -> str:
    """What identifies this machine and its share of cores; hashed, since the file may be passed on."""
    facts = (platform.node(), platform.platform(), str(os.cpu_count()), str(used_threads()))
    return hashlib.sha256(" ".join(facts).encode()).hexdigest()[:16]
