"""Two runs as one, so that every report compares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

import pandas as pd

from robustbench_cells.errors import ResultsError
from robustbench_cells.results.bisection import added_intensities
from robustbench_cells.results.manifest import ComparedRun, DatasetInfo, GridTests, RunManifest, RunSettings
from robustbench_cells.results.tables import KEYS, Results
from robustbench_cells.types import REFERENCE

T = TypeVar("T")
_LABELS = ("A", "B")


def merge_runs(first: Results, second: Results) -> Results:
    """The records of both runs, the segmenters called ``NAME (A)`` and ``NAME (B)``, with the metrics that both have.

    Frames of different data sets, seeds or margins stay apart; the background is then left out, since it has no single
    score.

    Raises
    ------
    ResultsError
        If the two differ in their metrics, in an artefact's version or unit, in the code of plug-ins, in the length of
        a block, or, where both scored cells, in what counts of those that a patch cuts.
    """
    first, second = _with_metrics(first, second), _with_metrics(second, first)
    runs = first.run, second.run
    shared = sorted(set(runs[0].artefacts) & set(runs[1].artefacts))
    differences = [
        str(what)
        for what, one, other in (
            ("metrics", *(run.metrics for run in runs)),
            ("artefacts", *([_version_and_unit(run, name) for name in shared] for run in runs)),
            ("code of plug-ins", *(_shared_sources(run, *runs) for run in runs)),
            ("frames per block", *(run.settings.block for run in runs)),
            ("rules for cells that a patch cuts (--rb-edge-cells)", *map(_edge_rule, runs)),
        )
        if one != other
    ]
    if differences:
        raise ResultsError(f"the two runs cannot be compared: their {', '.join(differences)} differ")
    same_patches = _patches_of(runs[0]) == _patches_of(runs[1])
    parts = [_relabel(results, label, same_patches) for results, label in zip((first, second), _LABELS, strict=True)]
    records = pd.concat(parts, ignore_index=True)
    background = records["segmenter"] == REFERENCE
    records = records[~(background & (records.duplicated(KEYS) | (not same_patches)))]
    return Results(records.reset_index(drop=True), _merge_manifests(*runs, same_patches))


def merge_names(*sides: Mapping[str, T]) -> dict[str, T]:
    """Values by segmenter of each run, under the names of the merged run."""
    return {
        _merged_name(name, label): value
        for label, side in zip(_LABELS, sides, strict=True)
        for name, value in side.items()
    }


def with_inside(results: Results, inside: Results) -> Results:
    """Results to the border together with those of the same segmenters inside the field of interest.

    Raises
    ------
    ResultsError
        If the first have a margin, the second have none, or the two differ in anything else but the number of
        segmenters, of which the second may have fewer.
    """
    outer, inner = results.run, inside.run
    if outer.settings.margin or not inner.settings.margin:
        raise ResultsError(
            f"the results have a margin of {outer.settings.margin} px and those inside {inner.settings.margin} px; "
            "run the first without --rb-margin, the second with it"
        )
    for name, one, other in (
        ("data", f"{outer.dataset.key}/margin={inner.settings.margin}", inner.dataset.key),
        ("frames", outer.dataset.frames, inner.dataset.frames),
        ("segmenters", {name: outer.segmenters.get(name) for name in inner.segmenters}, inner.segmenters),
        ("seed", outer.settings.seed, inner.settings.seed),
        ("most_patches", outer.settings.most_patches, inner.settings.most_patches),
        ("rule for cells that a patch cuts (--rb-edge-cells)", _edge_rule(outer), _edge_rule(inner)),
    ):
        if one != other:
            raise ResultsError(f"the results inside the field of interest differ in their {name}; run both alike")
    return Results(results.records, results.run, inside)


def _with_metrics(results: Results, other: Results) -> Results:
    """The same without the metrics that the other run has not computed."""
    kept = {name: info for name, info in results.run.metrics.items() if name in other.run.metrics}
    lacking = list(results.run.metrics.keys() - kept.keys())
    return Results(results.records.drop(columns=lacking), replace(results.run, metrics=kept), results.inside)


def _patches_of(run: RunManifest) -> tuple[Any, ...]:
    """Everything that determines the patches of a run."""
    dataset, settings = run.dataset, run.settings
    return (
        dataset.key,
        dataset.fingerprint,
        dataset.frames,
        settings.seed,
        settings.most_patches,
        settings.margin,
    )


def _version_and_unit(run: RunManifest, artefact: str) -> tuple[int, str]:
    return run.artefacts[artefact].version, run.artefacts[artefact].unit


def _edge_rule(run: RunManifest) -> str:
    """The rule for cells that a patch cuts, on which scores of cells alone depend."""
    return run.settings.edge_cells if any(info.group for info in run.metrics.values()) else ""


def _shared_sources(run: RunManifest, first: RunManifest, second: RunManifest) -> dict[str, str]:
    """Code of the artefacts and metrics from outside that both runs name."""
    used = {
        *(f"artefact {name}" for name in first.acting & second.acting),
        *(f"metric {name}" for name in first.metrics),
    }
    return {name: run.sources[name] for name in used & first.sources.keys() & second.sources.keys()}


def _merged_name(name: str, label: str) -> str:
    return name if name == REFERENCE else f"{name} ({label})"


def _relabel(results: Results, label: str, same_patches: bool) -> pd.DataFrame:
    names = {name: _merged_name(name, label) for name in results.records["segmenter"].unique()}
    records = results.records.assign(segmenter=results.records["segmenter"].map(names))
    return records if same_patches else records.assign(frame=f"{label}/" + records["frame"])


def _merge_manifests(first: RunManifest, second: RunManifest, same_patches: bool) -> RunManifest:
    sides = tuple(zip(_LABELS, (first, second), strict=True))
    return replace(
        first,
        command="; ".join(f"{label}: {run.command}" for label, run in sides),
        dataset=first.dataset if same_patches else _merge_datasets(first, second),
        segmenters=merge_names(first.segmenters, second.segmenters),
        artefacts={**second.artefacts, **first.artefacts},
        settings=_merge_settings(first.settings, second.settings),
        compared=ComparedRun(second.settings, second.versions),
        runners=merge_names(first.runners, second.runners),
        instances=merge_names(first.instances, second.instances),
        incomplete=tuple(f"{label}: {reason}" for label, run in sides for reason in run.incomplete),
        tests=GridTests(
            first.tests.ran + second.tests.ran,
            first.tests.grid + second.tests.grid,
            tuple(f"{test} ({label})" for label, run in sides for test in run.tests.failed),
        ),
    )


def _merge_settings(first: RunSettings, second: RunSettings) -> RunSettings:
    """Those of the first; where pixels differ in size, no length in px is one in µm."""
    size = first.pixel_size if first.pixel_size == second.pixel_size else None
    return replace(first, refined=added_intensities(first.refined, second.refined), pixel_size=size)


def _merge_datasets(first: RunManifest, second: RunManifest) -> DatasetInfo:
    one, other = first.dataset, second.dataset
    block = first.settings.block
    instances = one.instances if one.instances == other.instances else "mixed"
    offset = (max(one.positions) // block + 2) * block  # no block holds frames of both
    return DatasetInfo(
        key=f"{one.key} and {other.key}",
        title=f"A: {one.title}; B: {other.title}",
        fingerprint=f"{one.fingerprint} and {other.fingerprint}",
        frames=(*(f"A/{frame}" for frame in one.frames), *(f"B/{frame}" for frame in other.frames)),
        positions=(*one.positions, *(offset + position for position in other.positions)),
        instances=instances if one.instances and other.instances else "",
    )
