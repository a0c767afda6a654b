"""The candidate becomes the baseline: the whole folder is replaced, or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from robustbench_cells.errors import GateError
from robustbench_cells.files.atomic import PREVIOUS, atomic_folder
from robustbench_cells.gate.baselines import Baselines, other_recipe
from robustbench_cells.gate.comparison import Gate, compare
from robustbench_cells.gate.demands import default_demands
from robustbench_cells.gate.seeds import Recipe
from robustbench_cells.gate.spread import condition_means
from robustbench_cells.gate.spread_file import SPREAD_FILE, load_spread
from robustbench_cells.reporting.gate_files import withdraw
from robustbench_cells.reporting.outputs import OUTPUTS
from robustbench_cells.reporting.report import Report
from robustbench_cells.results.storage import RECORDS_FILE, RUN_FILE, load
from robustbench_cells.results.tables import Results
from robustbench_cells.results.unfinished import UNFINISHED_FILE
from robustbench_cells.types import REFERENCE

_OF_RESULTS = (RUN_FILE, RECORDS_FILE)


@dataclass(frozen=True, eq=False)
class Accepted:
    """A candidate that became the baseline.

    Attributes
    ----------
    gate
        Comparison with the baseline that it replaced.
    remarks
        What a user must do now; empty if nothing.
    """

    gate: Gate
    remarks: tuple[str, ...] = ()


def accept(candidate: Path, baseline: Path, against: Mapping[str, str] | None = None) -> Accepted:
    """Make a stored run the baseline.

    The results that were there go to the folder ``previous`` in it. Reports that were there are written again; its
    other files, such as ``spread.toml``, stay.

    Parameters
    ----------
    candidate, baseline
        Folders of stored runs.
    against
        Name in the baseline of each model that was renamed.

    Raises
    ------
    RobustbenchError
        If one of the runs cannot be read, the candidate is not whole, or the two are not comparable.
    OSError
        If the folder cannot be replaced. In any case the baseline is as it was.
    """
    if _contains(baseline, candidate):
        raise GateError(f"{candidate} is in the baseline {baseline} itself; give the folder of another run")
    results = load(candidate)
    _refuse(candidate, _lacks(results))
    old = load(baseline)
    gate = compare(Baselines(old), results, default_demands(), against)
    _refuse(candidate, [f"the baseline has {name}" for name in gate.not_covered])
    remarks = tuple(_spread_remarks(baseline, results))
    with atomic_folder(baseline) as folder:
        _fill(folder, candidate, baseline)
    return Accepted(gate, remarks)


def _contains(folder: Path, other: Path) -> bool:
    return other.resolve().is_relative_to(folder.resolve())


def _refuse(candidate: Path, problems: list[str]) -> None:
    if problems:
        raise GateError(f"{candidate} cannot become the baseline: {'; '.join(problems)}")


def _lacks(results: Results) -> list[str]:
    """Why a run is not whole."""
    run = results.run
    lacks = [f"tests failed: {', '.join(run.tests.failed)}"] if run.tests.failed else []
    lacks += [f"it is incomplete ({reason})" for reason in run.incomplete]
    if run.settings.sequential:
        lacks.append("it stopped early, so frames are missing: run it without --rb-sequential")
    if run.tests.ran != run.tests.grid:
        lacks.append(f"it has {run.tests.ran} of the {run.tests.grid} tests of its grid: run all of them")
    return lacks


def _fill(folder: Path, candidate: Path, baseline: Path) -> None:
    """Fill the folder that replaces the baseline."""
    for entry in baseline.iterdir():
        if entry.name in (*_OF_RESULTS, PREVIOUS, UNFINISHED_FILE):
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, folder / entry.name, symlinks=True)
        else:
            shutil.copy2(entry, folder / entry.name, follow_symlinks=False)
    withdraw(folder)
    (folder / PREVIOUS).mkdir()
    for name in _OF_RESULTS:
        shutil.copyfile(baseline / name, folder / PREVIOUS / name)
        shutil.copyfile(candidate / name, folder / name)
    report = Report(load(folder))  # what is read here is what the next gate reads
    for output in OUTPUTS:
        if (folder / output.name).exists():
            output.write(report, folder / output.name)


def _spread_remarks(baseline: Path, results: Results) -> Iterator[str]:
    """Why the spread that is kept says nothing of the new baseline, if so."""
    path = baseline / SPREAD_FILE
    if not path.exists():
        return
    stored = load_spread(path)
    names = sorted(set(results.run.segmenters) - {REFERENCE})
    problems = list(stored.problems(results, names))
    if not problems:
        for name in set(names) & set(stored.models):
            recipe = Recipe(stored.models[name], condition_means(results.on_grid, name))
            problems += other_recipe(recipe, Baselines(results, stored=stored), name)
    yield from problems
