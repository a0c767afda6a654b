"""What ``run.json`` says of the plug-ins, the versions and the machine."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from inspect import cleandoc
from typing import Any

from robustbench_cells import __version__
from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.artefacts._base import Artefact
from robustbench_cells.engine.pairs import CombinedArtefact, combined_artefacts
from robustbench_cells.metrics import METRICS

_VERSIONS_OF = ("numpy", "opencv-python-headless", "scikit-image", "keras", "tensorflow", "jax", "torch")


def artefact_facts(profile: str) -> dict[str, Any]:
    """Each artefact of a profile's grid, those in pairs among them."""
    return {
        artefact.name: {
            "version": artefact.version,
            "parameter": artefact.parameter,
            "unit": artefact.unit,
            "neutral": artefact.neutral,
            "about": _about(artefact),
            **({"together": artefact.parts} if isinstance(artefact, CombinedArtefact) else {}),
        }
        for artefact in [*ARTEFACTS, *combined_artefacts(profile)]
    }


def metric_facts() -> dict[str, Any]:
    """Each metric, the means before the sums."""
    return {
        metric.name: {
            "version": metric.version,
            "pooled": metric.pooled,
            "best": metric.best,
            "target": metric.target,
        }
        for metric in sorted(METRICS, key=lambda metric: (metric.pooled != "mean", metric.name))
    }


def version_facts() -> dict[str, str]:
    """Of this package, of Python, and of what numbers depend on, as far as it is installed."""
    found = {"robustbench_cells": __version__, "python": platform.python_version()}
    for package in _VERSIONS_OF:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def machine_facts() -> dict[str, Any]:
    """What this runs on."""
    return {"system": platform.platform(), "processor": platform.machine(), "cores": os.cpu_count()}


def _about(artefact: Artefact) -> str:
    """Its docstring, less what is for programmers."""
    text, _, _ = cleandoc(type(artefact).__doc__ or "").partition("\nParameters\n")
    return " ".join(text.split()).replace("``", "")
