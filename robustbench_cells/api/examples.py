"""The example patches of a run's report."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from robustbench_cells.engine.kept_examples import KeptExamples
from robustbench_cells.engine.render_examples import render_examples
from robustbench_cells.engine.run import BenchmarkRun
from robustbench_cells.results.example_cache import ExampleCache
from robustbench_cells.results.example_patches import ExamplePatches, choose_examples
from robustbench_cells.results.tables import Results


def render_report_examples(
    run: BenchmarkRun, results: Results, announce: Callable[[str], None] = lambda line: None
) -> ExamplePatches | None:
    """Render the patches that a report of these results shows; None where there is nothing to show."""
    if not (views := choose_examples(results)):
        return None
    ran = set(results.records["segmenter"])
    conditions = {(condition.artefact_name, float(condition.intensity)): condition for condition in run.grid}
    with ExitStack() as stack:
        kept = None
        if run.cache.path.exists():  # that of a result in memory is gone
            cache = ExampleCache(run.cache.path)
            stack.callback(cache.close)
            kept = KeptExamples(cache, run.planner, lambda view: conditions[view.artefact, view.intensity])
        return render_examples(
            views,
            run.selection,
            [segmenter for name, segmenter in run.segmenters.items() if name in ran],
            conditions,
            seed=run.settings.seed,
            most_patches=run.settings.most_patches,
            scores_cells=any(metric.group == "instances" for metric in results.run.metrics.values()),
            edge_cells=run.settings.edge_cells,
            kept=kept,
            announce=announce,
        )
