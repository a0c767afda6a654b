"""Reports of stored results: of one run again, or of two compared."""

from __future__ import annotations

import sys
from pathlib import Path

from robustbench_cells.errors import GateError, ResultsError
from robustbench_cells.gate.baselines import Baselines
from robustbench_cells.gate.comparison import Gate, compare
from robustbench_cells.gate.demands import default_demands
from robustbench_cells.reporting.gate_summary import load_gate
from robustbench_cells.reporting.gate_text import summarise_gate
from robustbench_cells.reporting.report import Report
from robustbench_cells.results.example_patches import ExamplePatches, load_examples
from robustbench_cells.results.merging import merge_names, merge_runs, with_inside
from robustbench_cells.results.storage import load
from robustbench_cells.results.tables import Results


def report_of_run(folder: Path, inside: Path | None = None) -> Report:
    """The report of stored results.

    Parameters
    ----------
    folder
        Folder of the results.
    inside
        Folder of the results of the same frames and segmenters inside the field of interest.

    Raises
    ------
    ResultsError
        If they are missing, damaged, or do not belong together.
    """
    results = load(folder)
    both = with_inside(results, load(inside)) if inside else results
    return Report(both, _examples(results, folder), load_gate(folder))


def report_of_comparison(first: Path, second: Path) -> Report:
    """The report of two runs, the second judged by the first where that is possible.

    Raises
    ------
    ResultsError
        If one is missing or damaged, or the two have no metrics or artefacts in common.
    """
    runs = load(first), load(second)
    verdict: Gate | str
    try:
        verdict = compare(Baselines(runs[0]), runs[1], default_demands())
    except GateError as error:
        verdict = str(error)
    both = [_examples(run, folder) for run, folder in zip(runs, (first, second), strict=True)]
    times = merge_names(*(examples.milliseconds if examples else {} for examples in both))
    return Report(merge_runs(*runs), gate=summarise_gate(verdict), times=times)


def _examples(results: Results, folder: Path) -> ExamplePatches | None:
    try:
        return load_examples(results, folder)
    except ResultsError as error:
        print(f"warning: no example patches: {error}", file=sys.stderr)
        return None
