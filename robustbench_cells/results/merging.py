"""Two runs as one, so that every report shows them beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import pandas as pd

from robustbench_cells.errors import ResultsError
from robustbench_cells.results.tables import Results, margin
from robustbench_cells.types import REFERENCE

T = TypeVar("T")
_LABELS = ("A", "B")
_KEYS = ["segmenter", "artefact", "intensity", "frame", "patch"]


def side_by_side(first: Results, second: Results) -> Results:
    """The records of both runs, the segmenters called ``NAME (A)`` and ``NAME (B)``.

    Frames of different data sets, seeds or margins stay apart, and the background is left out then, since it has no one
    score.

    Raises
    ------
    ResultsError
        If the two have other metrics, other intensities' units or versions of an artefact, or other blocks.
    """
    runs = first.run, second.run
    faults = [
        f"the {what} differ"
        for what, one, other in (
            ("metrics", *(run["metrics"] for run in runs)),
            ("artefacts", *(_versions(run, runs) for run in runs)),
            ("frames of a block", *(run["settings"]["block"] for run in runs)),
        )
        if one != other
    ]
    if faults:
        raise ResultsError(f"the two runs cannot be laid side by side: {'; '.join(faults)}")
    alike = all(
        runs[0][kind].get(key) == runs[1][kind].get(key)
        for kind, keys in (
            ("dataset", ("key", "fingerprint", "frames")),
            ("settings", ("seed", "most_patches", "margin")),
        )
        for key in keys
    )
    parts = [_labelled(results, label, alike) for results, label in zip((first, second), _LABELS, strict=True)]
    records = pd.concat(parts, ignore_index=True)
    background = records["segmenter"] == REFERENCE
    records = records[~(background & (records.duplicated(_KEYS) | (not alike)))]
    return Results(records.reset_index(drop=True), _facts(runs, alike))


def named(*sides: Mapping[str, T]) -> dict[str, T]:
    """What belongs to the segmenters of each run, under their names side by side."""
    return {_named(name, label): of for label, side in zip(_LABELS, sides, strict=True) for name, of in side.items()}


def _named(name: str, label: str) -> str:
    return name if name == REFERENCE else f"{name} ({label})"


def _versions(run: Mapping[str, Any], runs: tuple[Mapping[str, Any], ...]) -> dict[str, Any]:
    """Of the artefacts that both runs know."""
    shared = set(runs[0]["artefacts"]) & set(runs[1]["artefacts"])
    return {name: (run["artefacts"][name]["version"], run["artefacts"][name]["unit"]) for name in sorted(shared)}


def _labelled(results: Results, label: str, alike: bool) -> pd.DataFrame:
    names = {name: _named(name, label) for name in results.records["segmenter"].unique()}
    records = results.records.assign(segmenter=results.records["segmenter"].map(names))
    return records if alike else records.assign(frame=f"{label}/" + records["frame"])


def _facts(runs: tuple[Mapping[str, Any], ...], alike: bool) -> dict[str, Any]:
    first, second = runs
    dataset = dict(first["dataset"])
    if not alike:
        block = first["settings"]["block"]
        after = (max(dataset["positions"]) // block + 2) * block  # so that no block has frames of both
        dataset = {
            "key": " and ".join(run["dataset"]["key"] for run in runs),
            "title": "; ".join(f"{label}: {run['dataset']['title']}" for label, run in zip(_LABELS, runs, strict=True)),
            "fingerprint": " and ".join(run["dataset"]["fingerprint"] for run in runs),
            "frames": [
                f"{label}/{frame}"
                for label, run in zip(_LABELS, runs, strict=True)
                for frame in run["dataset"]["frames"]
            ],
            "positions": [*dataset["positions"], *(after + place for place in second["dataset"]["positions"])],
        }

    return {
        **first,
        "command": "; ".join(f"{label}: {run['command']}" for label, run in zip(_LABELS, runs, strict=True)),
        "dataset": dataset,
        "segmenters": named(*(run["segmenters"] for run in runs)),
        "artefacts": {**second["artefacts"], **first["artefacts"]},
        "beside": {"settings": second["settings"], "versions": second["versions"]},
        "tests": {
            "ran": sum(run["tests"]["ran"] for run in runs),
            "grid": sum(run["tests"]["grid"] for run in runs),
            "failed": [
                f"{test} ({label})" for label, run in zip(_LABELS, runs, strict=True) for test in run["tests"]["failed"]
            ],
        },
    }


def with_inside(results: Results, inside: Results) -> Results:
    """Results to the border together with those of the same segmenters inside the field of interest.

    Raises
    ------
    ResultsError
        If the first are not to the border, the second not inside of it, or the two differ in anything else, except
        that the second may have fewer segmenters.
    """
    outer, inner = margin(results), margin(inside)
    if outer or not inner:
        raise ResultsError(
            f"the results have a margin of {outer} px and those inside one of {inner} px; the first are to be run "
            "without --rb-margin, the second with it"
        )
    shared = {name: results.run["segmenters"].get(name) for name in inside.run["segmenters"]}
    for name, one, other in (
        ("data", f"{results.run['dataset']['key']}/margin={inner}", inside.run["dataset"]["key"]),
        ("frames", results.run["dataset"]["frames"], inside.run["dataset"]["frames"]),
        ("segmenters", shared, inside.run["segmenters"]),
        *((name, results.run["settings"][name], inside.run["settings"][name]) for name in ("seed", "most_patches")),
    ):
        if one != other:
            raise ResultsError(f"the results inside the field of interest differ in their {name}; run both alike")
    return Results(results.records, results.run, inside)
