"""Brackets of break-points made narrower: run, look where the curves fall, run in between."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from robustbench_cells.artefacts import Artefact
from robustbench_cells.engine.evaluate import GridCell
from robustbench_cells.engine.grid import require_meaningful
from robustbench_cells.engine.run import BenchmarkRun
from robustbench_cells.engine.tasks import Timing
from robustbench_cells.errors import BenchmarkWarning, GridError
from robustbench_cells.results.bisection import Probe, next_probes


def refine(run: BenchmarkRun, cells: Sequence[GridCell]) -> list[GridCell]:
    """Bisect each bracket until it is narrow (`bisection.next_probes`).

    Artefacts draw the same random numbers at each intensity, so what is added lies on the same curve. All records go
    through the cache: an interrupted refinement resumes.

    Parameters
    ----------
    run
        Run whose grid has been evaluated.
    cells
        Tests of the grid, in all processes.

    Returns
    -------
    list
        What ran in addition.

    Raises
    ------
    CacheError, ClusterError
        See `BenchmarkRun.outcome`.
    """
    conditions = {one.artefact.name: one for one in run.grid if one.artefact}
    added: list[GridCell] = []
    tried: set[Probe] = set()  # one that failed is not asked for twice
    while results := run.results([*cells, *added], Timing(), ""):
        probes = [probe for probe in next_probes(results) if probe not in tried]
        if not probes:
            break
        tried.update(probes)
        for (name, intensity), group in groupby(probes, lambda probe: (probe.artefact, probe.intensity)):
            condition = replace(conditions[name], intensity=intensity)
            if condition.artefact and _has_meaning(condition.artefact, intensity):
                added += run.add_condition(condition, [probe.segmenter for probe in group])
    return added


def _has_meaning(artefact: Artefact, intensity: float) -> bool:
    """Whether an artefact takes the intensity; some take whole numbers only."""
    try:
        require_meaningful(artefact, [intensity])
    except GridError as error:
        warnings.warn(f"a bracket stays as it is: {error}", BenchmarkWarning, stacklevel=3)
        return False
    return True
