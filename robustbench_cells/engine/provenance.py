"""The manifest of a run: data, segmenters, grid, settings, versions, machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from inspect import cleandoc
from pathlib import Path

from robustbench_cells import __version__
from robustbench_cells.artefacts import ARTEFACTS, Artefact
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.evaluate import GridCell
from robustbench_cells.engine.measured import MeasuredArtefact
from robustbench_cells.engine.pairs import CombinedArtefact
from robustbench_cells.engine.tasks import Timing
from robustbench_cells.files.checkout import find_checkout
from robustbench_cells.metrics import METRICS, Metric
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.instance_labels import declared_kind
from robustbench_cells.registry import describe_origins, describe_sources
from robustbench_cells.results.artefact_info import ArtefactInfo, CombinationInfo
from robustbench_cells.results.manifest import (
    DatasetInfo,
    GridTests,
    MetricInfo,
    RunManifest,
    RunSettings,
)
from robustbench_cells.types import Segmenter

_ORDER = {"mean": 0, "ratio": 1, "sum": 2}  # of metrics, by how they are pooled
_VERSIONS_OF = ("numpy", "opencv-python-headless", "scikit-image", "keras", "tensorflow", "jax", "torch")


def make_manifest(
    selection: Selection,
    segmenters: Mapping[str, Segmenter],
    grid: Sequence[Condition],
    settings: RunSettings,
    cells: Sequence[GridCell],
    *,
    metrics: Sequence[Metric],
    grid_size: int,
    timing: Timing,
    command: str,
    sequential: bool,
    dask_workers: int,
    incomplete: Sequence[str],
) -> RunManifest:
    """Describe a run; see `BenchmarkRun` for the parameters."""
    names = {condition.name for condition in grid}
    checkout = find_checkout(Path())
    return RunManifest(
        command=command,
        dataset=DatasetInfo(
            key=selection.key,
            title=selection.title,
            fingerprint=selection.fingerprint,
            frames=tuple(selection.frames),
            positions=tuple(selection.positions),
            void_share=selection.void_share,
            padded=selection.smaller_than_patch,
            instances=selection.cells.instances,
            touching=selection.cells.touching_share,
        ),
        settings=replace(settings, sequential=sequential),
        segmenters={name: segmenter.digest for name, segmenter in segmenters.items()},
        artefacts=_artefacts(grid, selection),
        metrics=_describe_metrics(metrics),
        tests=GridTests(
            ran=len({(cell.segmenter, cell.condition) for cell in cells if cell.condition in names}),
            grid=grid_size,
            failed=tuple(sorted({f"{cell.segmenter}-{cell.condition}" for cell in cells if not cell.valid})),
        ),
        effort=timing.stored(),
        versions=dict(_installed()),
        machine={"system": platform.platform(), "processor": platform.machine(), "cores": os.cpu_count()},
        dask_workers=dask_workers,
        plugins=describe_origins(ARTEFACTS, METRICS, BASELINES),
        sources=describe_sources(ARTEFACTS, METRICS, BASELINES),
        incomplete=tuple(incomplete),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=checkout.commit,
        branch=checkout.branch,
        runners={name: runner for name, one in segmenters.items() if (runner := getattr(one, "runner", None))},
        instances={name: kind for name, one in segmenters.items() if (kind := _instance_kind(one))},
    )


def _instance_kind(segmenter: Segmenter) -> str:
    """What its cells are (see `Segmenter`); empty for a model that is not loaded and whose files do not tell."""
    return (declared_kind(segmenter) or "") if hasattr(segmenter, "instances") else "components"


def _artefacts(grid: Iterable[Condition], selection: Selection) -> dict[str, ArtefactInfo]:
    artefacts = {condition.artefact.name: condition.artefact for condition in grid if condition.artefact}
    return {
        name: ArtefactInfo(
            version=selection.measured_version(name) if name in selection.measured else artefact.version,
            parameter=artefact.parameter,
            unit=artefact.unit,
            neutral=artefact.neutral,
            about=about(artefact),
            scale=artefact.scale,
            is_clean_at_neutral=artefact.is_clean_at_neutral,
            family=artefact.family,
            over=artefact.over if isinstance(artefact, MeasuredArtefact) else "",
            together=CombinationInfo(**artefact.parts) if isinstance(artefact, CombinedArtefact) else None,
        )
        for name, artefact in artefacts.items()
    }


def _describe_metrics(metrics: Sequence[Metric]) -> dict[str, MetricInfo]:
    """The metrics of a run, the means before ratios and sums."""
    return {
        metric.name: MetricInfo(
            metric.version,
            metric.pooled,
            metric.best,
            metric.target,
            metric.range,
            metric.ratios,
            metric.group,
            metric.is_part,
        )
        for metric in sorted(metrics, key=lambda metric: (_ORDER.get(metric.pooled, 0), metric.name))
    }


@cache
def _installed() -> dict[str, str]:
    """Versions of this package, of Python, and of the installed libraries that numbers depend on."""
    found = {"robustbench_cells": __version__, "python": platform.python_version()}
    for package in _VERSIONS_OF:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def about(artefact: Artefact) -> str:
    """The docstring, without its part for programmers; of a combined artefact, what acts after what."""
    if isinstance(artefact, CombinedArtefact):
        return artefact.about
    text, _, _ = cleandoc(type(artefact).__doc__ or "").partition("\nParameters\n")
    return " ".join(text.split()).replace("``", "")
