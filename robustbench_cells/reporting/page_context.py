"""What the page shows, as values for its template."""

from __future__ import annotations

from dataclasses import asdict
from math import isnan
from pathlib import Path
from typing import Any

from robustbench_cells.reporting.charts import metrics_of, panel, tables
from robustbench_cells.reporting.claims import ClaimStatus
from robustbench_cells.reporting.first_screen import answer, margin_note, model_card
from robustbench_cells.reporting.gallery import gallery
from robustbench_cells.reporting.gate_text import HEADERS
from robustbench_cells.reporting.markdown import settings_lines, warnings
from robustbench_cells.reporting.number_format import counted
from robustbench_cells.reporting.pair_heatmaps import PairMap, pair_maps
from robustbench_cells.reporting.report import Report
from robustbench_cells.reporting.scorecard_rows import uneven
from robustbench_cells.reporting.style import GREY, styles
from robustbench_cells.results.tables import Results
from robustbench_cells.types import REFERENCE

PAGE_FOLDER = Path(__file__).with_name("page")
_KINDS = {ClaimStatus.HOLDS: "holds", ClaimStatus.FAILS: "fails", ClaimStatus.NOT_TESTED: "untested"}


_COMPARED = "two runs are laid side by side here, and the page of each has its own"


_MISSING = "there is no pictures.npz of this run beside its results, or it is damaged"


def page_context(report: Report) -> dict[str, Any]:
    """Everything that ``index.html.j2`` shows."""
    results = report.results
    artefacts = [{"name": name, **asdict(results.run.artefacts[name])} for name in results.single_artefacts]
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
        "title": results.run.dataset.title.removeprefix("synthetic, "),
        "synthetic": "synthetic" in results.run.dataset.key,
        "warnings": [*warnings(results.run), *uneven(report.cards), *margin_note(results)],
        "answer": answer(report.cards, maps=bool(maps)),
        "artefacts": artefacts,
        "cards": [model_card(card, results, looks[card.segmenter]) for card in report.cards],
        "gate": report.verdict,
        "gate_headers": HEADERS,
        "metrics": metrics,
        "paths": {"precision", "recall"} <= set(results.summary),
        "lines": lines,
        "tables": list(tables(results, metrics)),
        "maps": maps,
        "pictures": pictures,
        "lacks_pictures": _COMPARED if results.run.compared else _MISSING,
        "findings": _findings(report),
        "provenance": _provenance(results),
        "data": {
            "metrics": [asdict(metric) for metric in metrics],
            "lines": lines,
            "panels": [panel(results, one, lines, metrics) for one in artefacts],
            "strips": pictures["strips"] if pictures else [],
            "grey": GREY,
        },
    }


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
    if all(finding.verdict is ClaimStatus.NOT_TESTED for finding in report.findings):
        return []
    return [
        {
            "number": finding.number,
            "sentence": finding.sentence,
            "section": finding.section,
            "verdict": "not tested here" if finding.verdict is ClaimStatus.NOT_TESTED else str(finding.verdict),
            "kind": _KINDS[finding.verdict],
            "parts": [
                figures if finding.verdict is ClaimStatus.NOT_TESTED else f"{'yes' if held else 'no'}: {figures}"
                for held, figures in finding.parts
            ],
        }
        for finding in report.findings
    ]


def _provenance(results: Results) -> list[tuple[str, str]]:
    run = results.run
    settings, machine = run.settings, run.machine
    return [
        ("data set", run.dataset.title),
        ("fingerprint", run.dataset.fingerprint),
        *(("run", line) for line in settings_lines(run)),
        ("records", f"{len(results.records):,}"),
        ("intervals", f"95 %, over blocks of {counted(settings.block, 'frame', 'frames')}"),
        ("command", run.command),
        *((f"model {name}", digest) for name, digest in run.segmenters.items()),
        ("versions", ", ".join(f"{name} {number}" for name, number in run.versions.items())),
        ("machine", ", ".join(str(value) for value in machine.values()) or "not told"),
    ]
