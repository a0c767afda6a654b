"""The results of a run, for a notebook."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd

from robustbench_cells.api.gate_result import GateResult
from robustbench_cells.errors import BenchmarkWarning, GateError, ResultsError, UnknownNameError
from robustbench_cells.gate.baselines import Baselines, SeedRun
from robustbench_cells.gate.comparison import compare
from robustbench_cells.gate.demands import default_demands, make_demands
from robustbench_cells.registry import unknown
from robustbench_cells.reporting.break_point_table import break_point_table
from robustbench_cells.reporting.gate_files import withdraw
from robustbench_cells.reporting.gate_summary import GateSummary, load_gate
from robustbench_cells.reporting.outputs import write_reports
from robustbench_cells.reporting.report import Report
from robustbench_cells.reporting.terminal import terminal_table
from robustbench_cells.results.example_patches import ExamplePatches, load_examples, save_examples
from robustbench_cells.results.storage import load, save
from robustbench_cells.results.tables import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class BenchmarkResult:
    """Scores of models under artefacts; a notebook shows the first screen of the report.

    Attributes
    ----------
    results
        Records and manifest.
    failed
        Error of each (model, condition) that failed; its records are missing.
    verdict
        Verdict of the gate that was stored with the results, if there is one.

    Examples
    --------
    >>> import robustbench_cells as rb
    >>> data = rb.open_dataset("synthetic", frames=2)
    >>> result = rb.benchmark("dog_otsu", data, {"noise": [0, 50]}, profile="quick", progress=False)
    >>> result.to_pandas()[["model", "artefact", "intensity"]].values.tolist()[-1]
    ['dog_otsu', 'noise', 50.0]
    >>> result.break_points().columns.tolist()
    ['model', 'artefact', 'direction', 'limit', 'score', 'low', 'high', 'intensity', 'censored']
    """

    results: Results
    failed: Mapping[tuple[str, str], Exception] = field(default_factory=dict)
    verdict: GateSummary | None = None
    _render: Callable[[], ExamplePatches | None] = field(default=lambda: None, repr=False)
    _cells: Callable[[str, str], pd.DataFrame] | None = field(default=None, repr=False)

    @cached_property
    def _examples(self) -> ExamplePatches | None:
        try:
            return self._render()
        except Exception as error:  # a damaged file, a data set, third-party code: a report without is better than none
            warnings.warn(f"no example patches: {type(error).__name__}: {error}", BenchmarkWarning, stacklevel=2)
            return None

    def to_pandas(self) -> pd.DataFrame:
        """One row per model and condition.

        Returns
        -------
        pandas.DataFrame
            model, artefact, parameter, unit, intensity, frames, patches, each metric (mean or sum over patches),
            and of each mean ``*_low`` and ``*_high``, its 95 % interval over blocks of frames, ``*_blocks``, their
            number, and ``*_undefined``.
        """
        return self.results.summary.rename(columns={"segmenter": "model"}).reset_index(drop=True)

    def curve(self, artefact: str, metric: str | None = None) -> pd.DataFrame:
        """The degradation curves under an artefact, in tidy form.

        Parameters
        ----------
        artefact
            Name of an artefact that ran; ``clean`` for the patches without any.
        metric
            Name of a single metric; all by default.

        Returns
        -------
        pandas.DataFrame
            model, intensity, metric, value, low, high (95 % interval), blocks (of frames, that the interval is over; an
            interval over fewer than six rests on assumptions). The ends are NaN where a metric has no interval.

        Raises
        ------
        UnknownNameError
            If the artefact did not run, or there is no such metric.
        """
        rows = self._rows(artefact)
        parts = []
        for name in self._metrics(metric):
            part = rows[["segmenter", "intensity"]].rename(columns={"segmenter": "model"}).assign(metric=name)
            for column, end in (("value", ""), ("low", "_low"), ("high", "_high")):
                part[column] = rows[name + end].astype(float) if name + end in rows else float("nan")
            part["blocks"] = rows.get(f"{name}_blocks", 0)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def break_points(self) -> pd.DataFrame:
        """Where each model's mean Jaccard falls below the absolute limit and below 90 % of its own clean score.

        The interval is a bracket: nothing that ran tells where between ``low`` and ``high`` the score falls.

        Returns
        -------
        pandas.DataFrame
            model, artefact, direction (``up`` or ``down`` from the neutral intensity), limit (``absolute``, the same
            for all models, or ``relative``), score (the limit), low, high (last intensity surely above the limit, and
            first surely below; infinite where none ran outside), intensity (interpolated between means), censored:
            empty, ``right`` where the score is surely below nowhere, ``left`` where the neutral intensity did not run
            and the score is surely above nowhere, ``both`` or ``undefined``.
        """
        return break_point_table(self._report.cards)

    def plot(self, artefact: str, metric: str = "jaccard", ax: Axes | None = None) -> Axes:
        """Draw the degradation curves under an artefact.

        Parameters
        ----------
        artefact
            Name of an artefact that ran.
        metric
            Name of a metric.
        ax
            Axes to draw into; new ones by default.

        Raises
        ------
        UnknownNameError
            If the artefact did not run, or there is no such metric.
        """
        from matplotlib import pyplot

        from robustbench_cells.reporting.charts import plotted_metrics
        from robustbench_cells.reporting.curve_plot import axis_label, draw_curves
        from robustbench_cells.reporting.style import assign_styles

        self._rows(artefact)
        plotted = {one.name: one for one in plotted_metrics(self.results)}
        if metric not in plotted:
            raise UnknownNameError(unknown(metric, "plotted metric", plotted))
        axes = pyplot.subplots(layout="constrained")[1] if ax is None else ax
        styles = assign_styles(self.results.summary["segmenter"])
        lines = draw_curves(axes, self.results, artefact, plotted[metric], styles)
        axes.set_title(artefact)
        axes.set_ylabel(axis_label(plotted[metric]))
        axes.grid(alpha=0.3)
        axes.legend(list(lines.values()), list(lines), frameon=False)
        return axes

    def cells(self, model: str, condition: str = "clean") -> pd.DataFrame:
        """Which cells went wrong: the patches of a condition are predicted again, and their cells compared.

        Parameters
        ----------
        model
            Name of a model of the run.
        condition
            ``clean``, or an artefact with its intensity: ``defocus-4``.

        Returns
        -------
        pandas.DataFrame
            One row per true cell, and one per predicted cell that matches none: model, artefact, intensity, frame,
            patch; of (``truth`` or ``prediction``), cell (id), row, column (centre within the patch), area (px); fate
            (``found``, or how it was lost: ``missed``, ``invented``, ``merged``, ``split``, ``poor outline``), iou
            (with the cell that it matches, else the largest with any), partner (id of that cell; 0 for none).

        Raises
        ------
        UnknownNameError
            If the run has no such model or condition.
        ResultsError
            If these results were read from files, which hold no model.
        """
        if self._cells is None:
            raise ResultsError(
                "these results were read from files, which hold scores and no cells; `robustbench-cells results "
                "failures` predicts them again"
            )
        return self._cells(model, condition)

    def gate(
        self,
        baseline: str | Path | BenchmarkResult | Sequence[str | Path | BenchmarkResult],
        tolerances: Mapping[str, float] | None = None,
        against: Mapping[str, str] | None = None,
        *,
        within_spread: Literal["pass", "fail"] = "pass",
    ) -> GateResult:
        """Compare with a baseline run, to tell whether a model got worse.

        Parameters
        ----------
        baseline
            Folder of the stored results of the model in use, or another result; or several: that of the model in use
            first, then those of other seeds of its recipe, which show what retraining alone does.
        tolerances
            By how much each criterion may get worse, under all artefacts or one (``"area:noise"``); by default the
            area by 0.01, and no single condition's Jaccard score by surely more than 0.05.
        against
            The baseline's name of each model that has another name here.
        within_spread
            Whether a loss within what retraining alone does is to fail or pass.

        Raises
        ------
        GateError
            If they cannot be compared; the message says everything that is wrong.
        ResultsError
            If there are no stored results, or they are damaged.
        """
        if within_spread not in ("pass", "fail"):
            raise GateError(f"within_spread: {within_spread!r} must be 'pass' or 'fail'")
        demands = make_demands(tolerances) if tolerances else default_demands()
        by_file_alone = within_spread == "fail"
        return GateResult(compare(_baselines(baseline), self.results, demands, against, by_file_alone=by_file_alone))

    def save(self, folder: str | Path) -> None:
        """Write ``run.json``, ``patches.csv.gz`` and the example patches, as `open_run` reads them.

        Results that were there go to the folder ``previous`` in it; a verdict that was there is removed.
        """
        path, examples = Path(folder), self._examples
        path.mkdir(parents=True, exist_ok=True)
        save(self.results, path)
        withdraw(path)
        if examples:
            save_examples(examples, self.results, path)

    def report(self, folder: str | Path) -> list[Path]:
        """Write every report into a folder; ``index.html`` is the one to open. Returns the files and folders."""
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        return write_reports(self._report_with_examples, path)

    def __repr__(self) -> str:
        return terminal_table(self.results)

    def _repr_html_(self) -> str:
        from robustbench_cells.reporting.notebook_view import notebook_html

        return notebook_html(self._report)

    @cached_property
    def _report(self) -> Report:
        return Report(self.results, gate=self.verdict)

    @cached_property
    def _report_with_examples(self) -> Report:
        return Report(self.results, self._examples, self.verdict)

    def _rows(self, artefact: str) -> pd.DataFrame:
        summary = self.results.summary
        if artefact not in set(summary["artefact"]):
            raise UnknownNameError(unknown(artefact, "artefact of this run", dict.fromkeys(summary["artefact"])))
        return summary[summary["artefact"] == artefact].sort_values(["segmenter", "intensity"])

    def _metrics(self, metric: str | None) -> list[str]:
        names = list(self.results.run.metrics)
        if metric is not None and metric not in names:
            raise UnknownNameError(unknown(metric, "metric of this run", names))
        return names if metric is None else [metric]


def open_run(folder: str | Path) -> BenchmarkResult:
    """Stored results, of `BenchmarkResult.save` or of a run by pytest.

    Raises
    ------
    ResultsError
        If there are none, or they are damaged.

    Examples
    --------
    >>> import robustbench_cells as rb
    >>> rb.open_run("reports/baseline").curve("noise", "jaccard").columns.tolist()
    ['model', 'intensity', 'metric', 'value', 'low', 'high', 'blocks']
    """
    path = _folder(folder)
    results = load(path)
    return BenchmarkResult(results, verdict=load_gate(path), _render=lambda: load_examples(results, path))


def _baselines(given: str | Path | BenchmarkResult | Sequence[str | Path | BenchmarkResult]) -> Baselines:
    runs = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    results = [one for one in runs if isinstance(one, BenchmarkResult)]
    if not results:
        return Baselines.load([_folder(one) for one in runs])
    if len(results) < len(runs):
        raise GateError("the baselines are folders and results; give all of them in one way; rb.open_run opens folders")
    in_use, *seeds = results
    return Baselines(in_use.results, [SeedRun(f"baseline {n}", one.results) for n, one in enumerate(seeds, 2)])


def _folder(given: object) -> Path:
    if not isinstance(given, str | Path):
        raise ResultsError(
            f"{type(given).__name__} is no folder of stored results; give its path, or a result of rb.benchmark"
        )
    return Path(given)
