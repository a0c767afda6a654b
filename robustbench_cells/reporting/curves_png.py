"""Degradation curves (the paper's Figures 3A, 4A and 5A, with the Jaccard score)."""

from __future__ import annotations

import warnings
from math import ceil
from pathlib import Path
from textwrap import fill

from robustbench_cells.files import replacing
from robustbench_cells.reporting._registry import OUTPUTS, ReportOutput
from robustbench_cells.results import Results
from robustbench_cells.types import CLEAN, REFERENCE

_MARKERS = "osD^vPX*"
_COLUMNS = 3


@OUTPUTS.register
class CurvesPng(ReportOutput):
    """Mean Jaccard against intensity: a panel an artefact, a line a segmenter, shaded its interval, dotted clean."""

    name = "curves.png"

    def write(self, results: Results, path: Path) -> None:
        """See `ReportOutput.write`; without any artefact among the results nothing is written."""
        from matplotlib.figure import Figure
        from matplotlib.text import Text

        summary = results.summary
        clean = summary[summary["artefact"] == CLEAN].set_index("segmenter")["jaccard"]
        panels = list(summary[summary["artefact"] != CLEAN].groupby("artefact"))
        if not panels:
            path.unlink(missing_ok=True)
            return
        rows, columns = ceil(len(panels) / _COLUMNS), min(len(panels), _COLUMNS)
        figure = Figure(figsize=(4.2 * columns, 3.6 * rows + 0.7), layout="constrained")
        axes = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
        names = sorted(summary["segmenter"].unique())
        for panel, (artefact, part) in zip(axes, panels, strict=False):
            lines = []
            for number, name in enumerate(names):
                curve = part[part["segmenter"] == name]
                if name == REFERENCE:
                    lines += panel.plot(curve["intensity"], curve["jaccard"], color="0.5", linestyle="--")
                    continue
                colour, marker = f"C{number % 10}", _MARKERS[number % len(_MARKERS)]
                lines += panel.plot(curve["intensity"], curve["jaccard"], color=colour, marker=marker, markersize=5)
                ends = curve["jaccard_low"], curve["jaccard_high"]
                panel.fill_between(curve["intensity"], *ends, color=colour, alpha=0.15, linewidth=0)
                if name in clean.index:
                    panel.axhline(clean[name], color=colour, linestyle=":", linewidth=1)
            panel.set(title=artefact, xlabel=f"{part['parameter'].iloc[0]} ({part['unit'].iloc[0]})", ylim=(-0.02, 1))
            panel.grid(alpha=0.3)
        for panel in axes[len(panels) :]:
            panel.set_visible(False)
        axes[0].set_ylabel("mean Jaccard")
        figure.legend(lines, names, loc="outside lower center", ncols=len(names), frameon=False)
        dotted = "\nshaded: 95 % interval" + ("" if clean.empty else "; dotted: clean")
        figure.suptitle(fill(results.run["dataset"]["title"], 34 * columns) + dotted, fontsize=10)
        for text in figure.findobj(Text):
            text.set_parse_math(False)  # names and paths are not formulas
        with replacing(path) as temporary, warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")
            figure.savefig(temporary, dpi=130, format="png", metadata={"Software": None})
