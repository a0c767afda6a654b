"""The report for people: one page that holds all it needs."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import Any

from robustbench_cells.files.atomic import write_text
from robustbench_cells.reporting.charts import metrics_of, panel, tables
from robustbench_cells.reporting.claims import Verdict
from robustbench_cells.reporting.gallery import gallery
from robustbench_cells.reporting.gate_text import HEADERS
from robustbench_cells.reporting.markdown import settings_lines, warnings
from robustbench_cells.reporting.number_format import counted, reads_alike, told, told_break
from robustbench_cells.reporting.outputs._base import OUTPUTS, ReportOutput
from robustbench_cells.reporting.pair_heatmaps import PairMap, pair_maps
from robustbench_cells.reporting.report import Report
from robustbench_cells.reporting.scorecard_rows import card_rows, uneven
from robustbench_cells.reporting.style import GREY, Style, styles
from robustbench_cells.results.scorecard import BreakPoint, ScoreCard
from robustbench_cells.results.tables import Results, margin
from robustbench_cells.types import REFERENCE

_FOLDER = Path(__file__).parents[1] / "page"
_KINDS = {Verdict.HOLDS: "holds", Verdict.FAILS: "fails", Verdict.NOT_TESTED: "untested"}

_COMPARED = "two runs are laid side by side here, and the page of each has its own"
_MISSING = "there is no pictures.npz of this run beside its results, or it is damaged"


@OUTPUTS.register
class IndexHtml(ReportOutput):
    """The page to open: which model can be trusted up to which intensity; curves, pictures, findings. In one file."""

    name = "index.html"

    def write(self, report: Report, path: Path) -> None:
        """See `ReportOutput.write`."""
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
        from markupsafe import Markup
        from plotly.offline import get_plotlyjs

        environment = Environment(
            loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        own = {
            name: Markup((_FOLDER / file).read_text(encoding="utf-8"))  # noqa: S704 - our own files
            for name, file in (("css", "page.css"), ("js", "page.js"))
        }
        template = environment.get_template("index.html.j2")
        plotly = Markup(get_plotlyjs())  # noqa: S704 - the library's own script
        write_text(path, template.render(page=_page(report), plotly=plotly, **own))


def _page(report: Report) -> dict[str, Any]:
    results = report.results
    artefacts = [{"name": name, **results.run["artefacts"][name]} for name in results.single_artefacts]
    looks = styles(results.summary["segmenter"])
    metrics = list(metrics_of(results))
    pictures = gallery(report.pictures, results) if report.pictures and report.pictures.views else None
    lines = [
        {
            "name": name,
            "colour": look.colour,
            "symbol": look.symbol,
            "letter": look.letter,
            "reference": name == REFERENCE,
        }
        for name, look in looks.items()
        if name in set(results.summary["segmenter"])
    ]
    maps = [_both(pair) for pair in pair_maps(results)]
    return {
        "title": results.run["dataset"]["title"].removeprefix("synthetic, "),
        "synthetic": "synthetic" in results.run["dataset"]["key"],
        "warnings": [*warnings(results.run), *uneven(report.cards), *_inside(results)],
        "answer": _answer(report.cards, maps=bool(maps)),
        "artefacts": [{"about": "", **one} for one in artefacts],
        "cards": [_card(card, results, looks[card.segmenter]) for card in report.cards],
        "gate": report.verdict,
        "gate_headers": HEADERS,
        "metrics": metrics,
        "paths": {"precision", "recall"} <= set(results.summary),
        "lines": lines,
        "tables": list(tables(results, metrics)),
        "maps": maps,
        "pictures": pictures,
        "lacks_pictures": _COMPARED if "beside" in results.run else _MISSING,
        "findings": _findings(report),
        "provenance": _provenance(results),
        "data": {
            "metrics": metrics,
            "lines": lines,
            "panels": [panel(results, one, lines, metrics) for one in artefacts],
            "strips": pictures["strips"] if pictures else [],
            "grey": GREY,
        },
    }


def _inside(results: Results) -> list[str]:
    px = margin(results)
    return [f"Scored inside the field of interest: {px} px at the border are left out."] if px else []


def _answer(cards: Sequence[ScoreCard], maps: bool) -> str:
    """The first card in a few sentences."""
    best = next(iter(cards), None)
    if best is None or best.mean is None:
        return ""
    if best.clean is None:
        return 'Break-points are measured from the clean score, which is not there: run it too (-k "… or clean").'
    if isnan(best.mean.value) or not best.breaks:
        return ""
    keeps = f"keeps 90 % of its clean Jaccard of {told(best.clean)} under {'; '.join(map(_kept, best.breaks))}."
    if best.cells_signed:
        off_by = told(best.cells_signed, percent=True, signed=True)
        keeps += f" Where nothing is distorted its count of cells is off by {off_by}."
    if maps:
        keeps += " Two artefacts at once are harder than each alone: see below."
    if len(cards) == 1 or uneven(cards):
        return f"{best.segmenter} {keeps}"
    highest = f"the highest mean Jaccard over the grid, {told(best.mean)}"
    alike = sum(card.mean is not None and reads_alike(best.mean, card.mean) for card in cards)
    if alike > 1:
        which = f"All {alike} models" if alike == len(cards) else f"Of {len(cards)} models, {alike}"
        return f"{which} tie for {highest}. One of them, {best.segmenter}, {keeps}"
    return f"Of {len(cards)} models, {best.segmenter} has {highest}. It {keeps}"


def _kept(point: BreakPoint) -> str:
    way = "up to" if point.way > 0 else "down to"
    if point.at_once:
        return f"no {point.artefact} at all"
    if point.before:
        return f"{point.artefact} nobody knows how far: it breaks {told_break(point)}"
    if point.undefined:
        return f"{point.artefact} nobody knows how far (undefined)"
    if not point.reached:
        return f"{point.artefact} {way} {point.parameter} {point.end:g} {point.unit}, the end of the grid"
    return f"{point.artefact} {way} {point.parameter} {told_break(point)}"


def _card(card: ScoreCard, results: Results, look: Style) -> dict[str, Any]:
    return {
        "name": card.segmenter,
        "colour": look.colour,
        "letter": look.letter,
        "clean": told(card.clean),
        "spans": [_span(card, artefact, results) for artefact in results.single_artefacts],
        "rows": list(card_rows(card)),
    }


def _span(card: ScoreCard, artefact: str, results: Results) -> dict[str, Any]:
    """Where on the axis of an artefact a segmenter may be trusted: a bar in per cent of the axis, and words."""
    points = [point for point in card.breaks if point.artefact == artefact]
    if all(name != artefact for name, _ in card.conditions):
        return {"width": None, "text": "not run"}
    if not points:
        return {"width": None, "text": "needs clean too" if card.clean is None else "needs two intensities"}
    if any(point.undefined for point in points):
        return {"width": None, "text": "undefined"}
    rows = results.summary[results.summary["artefact"] == artefact]
    neutral = float(results.run["artefacts"][artefact]["neutral"])
    first, last = min(neutral, *rows["intensity"]), max(neutral, *rows["intensity"])
    text = "; ".join(_reach(point) for point in sorted(points, key=lambda one: one.way))
    kept = [point for point in points if not point.before]
    if not kept:
        return {"width": None, "text": text}
    ends = [x for point in kept for x in (point.nearest, point.point.value if point.reached else point.end)]
    return {
        "left": round(100 * (min(ends) - first) / (last - first), 1),
        "width": round(100 * (max(ends) - min(ends)) / (last - first), 1),
        "text": text,
    }


def _reach(point: BreakPoint) -> str:
    way = "down to" if point.way < 0 else "up to"
    if point.at_once:
        return f"breaks already at {point.point.value:g} {point.unit}"
    if point.before:
        return f"breaks {told_break(point)}"
    if not point.reached:
        return f"all the way {way} {point.end:g} {point.unit}"
    return f"{way} {told_break(point)}"


def _both(pair: PairMap) -> dict[str, Any]:
    down, across = pair.axes
    return {
        "note": f"Mean Jaccard; downwards {down}, across {across}. The first row and column have one of the two alone.",
        "corner": f"{pair.first} ↓ {pair.second} →",
        "columns": [f"{x:g}" for x in pair.columns],
        "models": [
            {
                "name": name,
                "rows": [
                    {"intensity": f"{row:g}", "cells": [_cell(scores.get((row, column))) for column in pair.columns]}
                    for row in pair.rows
                ],
            }
            for name, scores in sorted(pair.scores.items())
        ],
    }


def _cell(score: float | None) -> dict[str, str]:
    if score is None or isnan(score):
        return {"share": "0", "text": "–"}
    return {"share": f"{score:.3f}", "text": f"{score:.2f}"}


def _findings(report: Report) -> list[dict[str, Any]]:
    if all(finding.verdict is Verdict.NOT_TESTED for finding in report.findings):
        return []
    return [
        {
            "number": finding.number,
            "sentence": finding.sentence,
            "section": finding.section,
            "verdict": "not tested here" if finding.verdict is Verdict.NOT_TESTED else str(finding.verdict),
            "kind": _KINDS[finding.verdict],
            "parts": [
                figures if finding.verdict is Verdict.NOT_TESTED else f"{'yes' if held else 'no'}: {figures}"
                for held, figures in finding.parts
            ],
        }
        for finding in report.findings
    ]


def _provenance(results: Results) -> list[tuple[str, str]]:
    run = results.run
    settings, machine = run["settings"], run.get("machine", {})
    return [
        ("data set", run["dataset"]["title"]),
        ("fingerprint", run["dataset"]["fingerprint"]),
        *(("run", line) for line in settings_lines(run)),
        ("records", f"{len(results.records):,}"),
        ("intervals", f"95 %, over blocks of {counted(settings['block'], 'frame', 'frames')}"),
        ("command", run["command"]),
        *((f"model {name}", digest) for name, digest in run["segmenters"].items()),
        ("versions", ", ".join(f"{name} {number}" for name, number in run["versions"].items())),
        ("machine", ", ".join(str(value) for value in machine.values()) or "not told"),
    ]
