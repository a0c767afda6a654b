"""Example patches of the page: one patch at every intensity, and the worst patches within the trusted range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from robustbench_cells.reporting.cell_fates import FATES, PatchFates
from robustbench_cells.reporting.data_uris import encode_overlay, encode_photo
from robustbench_cells.results.example_patches import ExamplePatches, ExampleView
from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN, REFERENCE


def gallery(
    examples: ExamplePatches, results: Results, fates: Mapping[str, Sequence[PatchFates | None]]
) -> dict[str, Any]:
    """Photos and overlays as data URIs, each with its caption; outlines of cells where there are `patch_fates`."""
    names = [name for name in sorted(examples.masks) if name != REFERENCE]
    photos = [encode_photo(image) for image in examples.images]
    keys = ["segmenter", "artefact", "intensity", "frame", "patch"]
    scores = {tuple(row[key] for key in keys): row for row in results.records.to_dict("records")}

    def caption(name: str, view: ExampleView) -> str:
        row = scores.get((name, view.artefact, view.intensity, view.frame, view.patch))
        if row is None:
            return "not run"
        cells = (
            f"; cells predicted {row['cells_predicted']:.0f}, labelled {row['cells_true']:.0f}"
            if "cells_true" in row
            else ""
        )
        return f"Jaccard undefined{cells}" if isnan(row["jaccard"]) else f"Jaccard {row['jaccard']:.2f}{cells}"

    def cells(name: str, number: int) -> dict[str, str]:
        patch = fates[name][number] if name in fates else None
        return {"outlines": patch.picture, "fates": patch.text} if patch else {"outlines": "", "fates": ""}

    strips: dict[str, list[dict[str, Any]]] = {}
    worst: dict[str, list[dict[str, Any]]] = {}
    for number, view in enumerate(examples.views):
        if view.failure_of:
            if view.failure_of in examples.masks:
                worst.setdefault(view.artefact, []).append(
                    {
                        "name": view.failure_of,
                        "photo": photos[number],
                        "mask": encode_overlay(examples.truth[number], examples.masks[view.failure_of][number]),
                        "caption": f"{caption(view.failure_of, view)}; {_condition(view, results)}, frame {view.frame}",
                        "cells": cells(view.failure_of, number),
                    }
                )
        else:
            strips.setdefault(view.artefact, []).append(
                {
                    "condition": _condition(view, results),
                    "photo": photos[number],
                    "masks": [encode_overlay(examples.truth[number], examples.masks[name][number]) for name in names],
                    "captions": [caption(name, view) for name in names],
                    "cells": [cells(name, number) for name in names],
                }
            )
    first = next(view for view in examples.views if not view.failure_of)
    clean = strips.pop(CLEAN, [])
    return {
        "names": names,
        "fates": list(FATES) if fates else [],
        "strips": [{"artefact": artefact, "steps": [*clean, *strips[artefact]]} for artefact in sorted(strips)]
        or [{"artefact": CLEAN, "steps": clean}],
        "rule": f"Patch {first.patch} of frame {first.frame}: the one with the median number of labelled cells, "
        "of those that the most artefacts take. "
        "At another zoom the view is cut around the same centre.",
        "worst": [
            {
                "artefact": artefact,
                "rule": "The two patches with the lowest Jaccard of each model, at intensities where it keeps 90 % of "
                "its own clean score. Models without such an intensity are not listed.",
                "examples": ones,
            }
            for artefact, ones in worst.items()
        ],
    }


def _condition(view: ExampleView, results: Results) -> str:
    if view.artefact == CLEAN:
        return "no artefact"
    info = results.run.artefacts[view.artefact]
    text = f"{info.parameter} {results.run.unit(view.artefact).amount(view.intensity)}"
    if (parts := info.together) is None:
        return text
    if parts.sweeps_first:
        return f"{parts.first}, {text}, and {parts.second} {parts.intensity:g}"
    return f"{parts.first} {parts.intensity:g} and {parts.second}, {text}"
