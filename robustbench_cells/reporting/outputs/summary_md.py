"""The summary for people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from tabulate import tabulate

from robustbench_cells.files.atomic import write_text
from robustbench_cells.reporting.charts import formula_note
from robustbench_cells.reporting.lost_cells import AP50
from robustbench_cells.reporting.markdown import escape_markdown, report_head
from robustbench_cells.reporting.number_format import column_decimals, few_blocks_mark, format_count
from robustbench_cells.reporting.outputs._base import OUTPUTS, ReportOutput
from robustbench_cells.reporting.report import Report
from robustbench_cells.results.manifest import MetricInfo
from robustbench_cells.results.scorecard import figures_of
from robustbench_cells.results.units import Unit
from robustbench_cells.types import CLEAN, REFERENCE


@OUTPUTS.register
class SummaryMarkdown(ReportOutput):
    """One table per artefact and metric: segmenters as columns, intensities as rows, the best in bold."""

    name = "summary.md"

    def write(self, report: Report, path: Path) -> None:
        """See `ReportOutput.write`."""
        results = report.results
        summary = results.on_grid.summary
        parts = [report_head("Robustness", results)]
        for artefact, rows in summary.groupby("artefact", sort=False):
            unit = results.run.unit(str(artefact))
            about = getattr(results.run.artefacts.get(str(artefact)), "about", "")
            parts += [
                part for part in (f"## {escape_markdown(artefact)}", escape_markdown(about), _about(rows, unit)) if part
            ]
            for metric, info in sorted(results.run.metrics.items(), key=_place):
                if metric != info.target and not info.is_part:  # a target is a column in the other metric's table
                    note = escape_markdown(formula_note(results, metric))
                    table = _table(rows, metric, info, unit)
                    heading = f"### {escape_markdown(artefact)}: {escape_markdown(metric)}"
                    parts.append("\n\n".join(filter(None, (heading, note, table))))
        write_text(path, "\n\n".join(parts) + "\n")


def _place(metric: tuple[str, MetricInfo]) -> tuple[bool, bool]:
    """Scores of pixels come first, then those of cells, AP50 at their head."""
    return bool(metric[1].group), metric[0] != AP50


def _about(rows: pd.DataFrame, unit: Unit) -> str:
    patches = rows["patches"]
    count = f"{patches.min()}" if patches.min() == patches.max() else f"{patches.min()} to {patches.max()}"
    parameter = rows["parameter"].iloc[0]
    intensity = f"Intensity: {escape_markdown(f'{parameter} ({unit.label})')}. " if parameter else "No artefact. "
    return f"{intensity}Patches: {count}; frames: {rows['frames'].max()}. Bold: best."


def _table(rows: pd.DataFrame, metric: str, info: MetricInfo, unit: Unit) -> str:
    values = rows.pivot(index="intensity", columns="segmenter", values=metric)
    names = [str(name) for name in values.columns]
    decimals = {
        name: 0 if info.pooled == "sum" else column_decimals(figures_of(rows[rows["segmenter"] == name], metric))
        for name in names
    }
    target = info.target
    truths = rows.groupby("intensity")[target].first().tolist() if target else [None] * len(values)
    parameter = rows["parameter"].iloc[0]
    body = []
    for intensity, truth, line in zip(values.index, truths, values.to_numpy().tolist(), strict=True):
        best = _best([value for name, value in zip(names, line, strict=True) if name != REFERENCE], info.best, truth)
        cells = [_cell(value, decimals[name], value == best) for name, value in zip(names, line, strict=True)]
        body.append(
            [unit.level(float(intensity)) if parameter else CLEAN, *cells, *([f"{truth:.0f}"] if target else [])]
        )
    headers = [escape_markdown(header) for header in (parameter or "condition", *names, *(["true"] if target else []))]
    text = tabulate(body, headers, tablefmt="pipe", disable_numparse=True, colalign=["right"] * len(headers))
    if f"{metric}_low" in rows:
        reach = ((rows[f"{metric}_high"] - rows[f"{metric}_low"]) / 2).max()
        if not math.isnan(reach):
            mark = escape_markdown(few_blocks_mark(int(rows[f"{metric}_blocks"].min())))
            text += f"\n\n95 % intervals over blocks of frames are in `summary.csv`; here at most ±{reach:.3f}{mark}."
    undefined = f"{metric}_undefined"
    if undefined in rows and rows[undefined].any():
        text += (
            "\n\nUndefined, and left out of the mean, on up to "
            f"{format_count(rows[undefined].max(), 'patch', 'patches')} per entry of this table."
        )
    return text


def _best(values: Sequence[float], rule: str, truth: float | None) -> float | None:
    """The best of at least two values."""
    values = [value for value in values if not math.isnan(value)]
    if len(values) < 2:
        return None
    if truth is not None:
        return min(values, key=lambda value: abs(value - truth))
    return max(values) if rule == "highest" else min(values)


def _cell(value: float, decimals: int, best: bool) -> str:
    if math.isnan(value):
        return "undefined"
    text = f"{value:.{decimals}f}"
    return f"**{text}**" if best else text
