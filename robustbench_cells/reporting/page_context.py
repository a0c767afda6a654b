"""The values that the page's template shows."""

from __future__ import annotations

from dataclasses import asdict
from math import isnan
from pathlib import Path
from typing import Any

from robustbench_cells.reporting.cell_fates import all_cells_command, patch_fates, worst_cells
from robustbench_cells.reporting.cell_rules import cell_lines
from robustbench_cells.reporting.charts import beside_labels, data_tables, panel_data, plotted_metrics
from robustbench_cells.reporting.claims import ClaimStatus
from robustbench_cells.reporting.first_screen import margin_warnings, model_card, summary_sentence
from robustbench_cells.reporting.first_to_break import families
from robustbench_cells.reporting.gallery import gallery
from robustbench_cells.reporting.gate_rows import HEADERS
from robustbench_cells.reporting.lost_cells import WAYS, cell_report
from robustbench_cells.reporting.markdown import run_warnings, settings_lines
from robustbench_cells.reporting.number_format import format_count, format_level, format_limit
from robustbench_cells.reporting.pair_heatmaps import PairMap, pair_maps
from robustbench_cells.reporting.report import Report
from robustbench_cells.reporting.scorecard_rows import comparability_warnings
from robustbench_cells.reporting.style import GREY, assign_styles
from robustbench_cells.results.tables import Results
from robustbench_cells.types import REFERENCE

PAGE_FOLDER = Path(__file__).with_name("page")
_KINDS = {ClaimStatus.HOLDS: "holds", ClaimStatus.FAILS: "fails", ClaimStatus.NOT_TESTED: "untested"}
_COMPARED = "this page compares two runs; the page of each run has its own"
_MISSING = "pictures.npz of this run is missing or damaged"


def page_context(report: Report) -> dict[str, Any]:
    """All values of ``index.html.j2``."""
    results = report.results
    panels = [
        {
            "name": name,
            **asdict(results.run.artefacts[name]),
            "unit": results.run.unit(name).label,
            "beside": list(beside_labels(results, name).values()),
        }
        for name in (*results.single_artefacts, *results.combined_artefacts)
    ]
    styles = assign_styles(results.summary["segmenter"])
    metrics = list(plotted_metrics(results))
    cells = cell_report(report.cards, results)
    fates = patch_fates(report.examples, results) if report.examples else {}
    examples = gallery(report.examples, results, fates) if report.examples and report.examples.views else None
    worst = worst_cells(fates, report.examples) if report.examples else []
    lines = [
        {
            "name": name,
            "colour": style.colour,
            "symbol": style.symbol,
            "letter": style.letter,
            "reference": name == REFERENCE,
        }
        for name, style in styles.items()
        if name in set(results.summary["segmenter"])
    ]
    maps = [_map(pair) for pair in pair_maps(results)]
    return {
        "title": results.run.dataset.title.removeprefix("synthetic, "),
        "synthetic": "synthetic" in results.run.dataset.key,
        "warnings": [
            *run_warnings(results),
            *comparability_warnings(report.cards),
            *margin_warnings(results),
        ],
        "answer": summary_sentence(report.cards, results, has_combined=bool(maps)),
        "limit": next((format_limit(point.limit) for card in report.cards for point in card.limits), "the limit"),
        "panels": panels,
        "families": [
            {"name": family, "artefacts": [one for one in panels if one["name"] in names]}
            for family, names in families(results).items()
        ],
        "cards": [
            model_card(card, results, styles[card.segmenter], cells.cards[card.segmenter] if cells else None)
            for card in report.cards
        ],
        "cells": cells,
        "ways": WAYS,
        "worst_cells": worst,
        "worst_commands": {one.model: all_cells_command(results, one) for one in reversed(worst)},
        "gate": report.gate,
        "gate_headers": HEADERS,
        "metrics": metrics,
        "paths": {"precision", "recall"} <= set(results.summary),
        "lines": lines,
        "tables": list(data_tables(results, metrics)),
        "maps": maps,
        "examples": examples,
        "no_examples": _COMPARED if results.run.compared else _MISSING,
        "findings": _findings(report),
        "provenance": _provenance(results),
        "data": {
            "metrics": [asdict(metric) for metric in metrics],
            "lines": lines,
            "panels": [panel_data(results, one, lines, metrics) for one in panels],
            "strips": examples["strips"] if examples else [],
            "names": examples["names"] if examples else [],
            "grey": GREY,
        },
    }


def _map(pair: PairMap) -> dict[str, Any]:
    down, across = pair.axes
    return {
        "note": f"Mean Jaccard; rows: {down}; columns: {across}. Where one is neutral, the other acts alone.",
        "corner": f"{pair.first} ↓ {pair.second} →",
        "columns": list(map(format_level, pair.columns)),
        "models": [
            {
                "name": name,
                "rows": [
                    {
                        "intensity": format_level(row),
                        "cells": [_cell(scores.get((row, column))) for column in pair.columns],
                    }
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
    if all(finding.status is ClaimStatus.NOT_TESTED for finding in report.findings):
        return []
    return [
        {
            "number": finding.number,
            "sentence": finding.sentence,
            "section": finding.section,
            "status": "not tested here" if finding.status is ClaimStatus.NOT_TESTED else str(finding.status),
            "kind": _KINDS[finding.status],
            "parts": [
                text if finding.status is ClaimStatus.NOT_TESTED else f"{'yes' if holds else 'no'}: {text}"
                for holds, text in finding.parts
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
        *(("cells", line) for line in cell_lines(run)),
        *(("run", line) for line in settings_lines(run)),
        ("records", f"{len(results.records):,}"),
        ("intervals", f"95 %, over blocks of {format_count(settings.block, 'frame', 'frames')}"),
        ("command", run.command),
        *((name, value) for name in ("date", "commit", "branch") if (value := getattr(run, name))),
        *((f"model {name}", digest) for name, digest in run.segmenters.items()),
        ("versions", ", ".join(f"{name} {number}" for name, number in run.versions.items())),
        ("machine", ", ".join(str(value) for value in machine.values()) or "not recorded"),
    ]
