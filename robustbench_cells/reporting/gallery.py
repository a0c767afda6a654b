"""The pictures of the page: one patch through each artefact's intensities, and where models fail."""

from __future__ import annotations

from math import isnan
from typing import Any

from robustbench_cells.reporting.data_uris import overlay, photo
from robustbench_cells.results.example_patches import ExamplePatches, ExampleView
from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN, REFERENCE


def gallery(pictures: ExamplePatches, results: Results) -> dict[str, Any]:
    """Photos and overlays as data URIs, each with its words."""
    names = [name for name in sorted(pictures.masks) if name != REFERENCE]
    photos = [photo(image) for image in pictures.images]
    keys = ["segmenter", "artefact", "intensity", "frame", "patch"]
    scores = {tuple(row[key] for key in keys): row for row in results.records.to_dict("records")}

    def caption(name: str, view: ExampleView) -> str:
        row = scores.get((name, view.artefact, view.intensity, view.frame, view.patch))
        if row is None:
            return "not run"
        cells = (
            f"; cells counted {row['cells_predicted']:.0f}, labelled {row['cells_true']:.0f}"
            if "cells_true" in row
            else ""
        )
        return f"Jaccard undefined{cells}" if isnan(row["jaccard"]) else f"Jaccard {row['jaccard']:.2f}{cells}"

    strips: dict[str, list[dict[str, Any]]] = {}
    worst: dict[str, list[dict[str, Any]]] = {}
    for number, view in enumerate(pictures.views):
        if view.failure_of:
            if view.failure_of in pictures.masks:
                worst.setdefault(view.artefact, []).append(
                    {
                        "name": view.failure_of,
                        "photo": photos[number],
                        "mask": overlay(pictures.truth[number], pictures.masks[view.failure_of][number]),
                        "told": f"{caption(view.failure_of, view)}; {_where(view, results)}, frame {view.frame}",
                    }
                )
        else:
            strips.setdefault(view.artefact, []).append(
                {
                    "told": _where(view, results),
                    "photo": photos[number],
                    "masks": [overlay(pictures.truth[number], pictures.masks[name][number]) for name in names],
                    "told_of": [caption(name, view) for name in names],
                }
            )
    first = next(view for view in pictures.views if not view.failure_of)
    clean = strips.pop(CLEAN, [])
    return {
        "names": names,
        "strips": [{"artefact": artefact, "steps": [*clean, *strips[artefact]]} for artefact in sorted(strips)]
        or [{"artefact": CLEAN, "steps": clean}],
        "rule": f"Patch {first.patch} of frame {first.frame}: the one whose clean Jaccard, averaged over the models, "
        "is the median of all. At another zoom the view is cut around the same place.",
        "worst": [
            {
                "artefact": artefact,
                "rule": "The two patches with the lowest Jaccard of each model, among the intensities whose mean is "
                "90 % of the clean one or above. A model that has no such intensity is not here.",
                "pictures": ones,
            }
            for artefact, ones in worst.items()
        ],
    }


def _where(view: ExampleView, results: Results) -> str:
    if view.artefact == CLEAN:
        return "no artefact"
    facts = results.run.artefacts[view.artefact]
    told = f"{facts.parameter} {view.intensity:g} {facts.unit}"
    parts = facts.together
    return f"{parts.first} {parts.intensity:g} and {parts.second}, {told}" if parts else told
