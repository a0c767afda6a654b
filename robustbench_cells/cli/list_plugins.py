"""``list``: artefacts, segmenters, data sets, metrics, profiles, recipes, claims, reports, and what is from outside."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from robustbench_cells.registry import Registry

NAME = "list"
HELP = "show artefacts, segmenters, data sets, metrics, profiles, recipes, claims and reports"


def configure(parser: argparse.ArgumentParser) -> None:
    """See `Command.configure`."""
    parser.description = "Show every plug-in, and the grid of each profile."


def run(options: argparse.Namespace) -> int:
    """See `Command.run`."""
    print(list_plugins())
    return 0


def list_plugins() -> str:
    """Every plug-in, as tables."""
    from tabulate import tabulate

    from robustbench_cells.datasets.catalogue import CATALOGUE
    from robustbench_cells.datasets.sources import SOURCES
    from robustbench_cells.engine.grid import PROFILES, artefacts_of
    from robustbench_cells.metrics import METRICS
    from robustbench_cells.models.baselines import BASELINES
    from robustbench_cells.models.formats import FORMATS
    from robustbench_cells.models.loading import shipped_models
    from robustbench_cells.reporting.claims import ordered_claims
    from robustbench_cells.reporting.outputs import OUTPUTS
    from robustbench_cells.training.recipes import RECIPES

    grids = [
        (
            artefact.name,
            artefact.family,
            artefact.parameter,
            artefact.unit,
            f"{artefact.neutral:g}",
            profile,
            _grid(artefact.grid(profile)),
        )
        for profile in PROFILES
        for artefact in artefacts_of(profile)
    ]
    grids.sort(key=lambda row: (row[1], row[0]))
    sections: dict[str, tuple[Sequence[str], list[Any]]] = {
        "Artefacts": (("name", "family", "intensity", "unit", "neutral", "profile", "grid"), grids),
        "Segmenters": (
            ("name", "kind", "what"),
            [(baseline.name, "baseline", _first_line(baseline)) for baseline in BASELINES]
            + [(name, "shipped model", path.name + _needs("keras")) for name, path in shipped_models().items()]
            + [(known.looks_like, "your model", _first_line(known) + _needs(known.extra)) for known in FORMATS],
        ),
        "Data sets": (
            ("kind", "layout", "splits"),
            [(source.name, source.layout, source.splits) for source in SOURCES],
        ),
        "Data sets to download": (("name", "what"), [(offer.name, _first_line(offer)) for offer in CATALOGUE]),
        "Metrics": (
            ("name", "patches become", "best", "what"),
            [
                (metric.name, metric.pooled, f"{metric.best} {metric.target}".strip(), _first_line(metric))
                for metric in METRICS
            ],
        ),
        "Profiles": (
            ("name", "patches a frame", "of physical artefacts", "frames", "purpose"),
            [
                (p.name, f"at most {p.most_patches}", f"at most {p.most_physical}", p.most_frames or "all", p.purpose)
                for p in PROFILES.values()
            ],
        ),
        "Training recipes": (("name", "what"), [(recipe.name, _first_line(recipe)) for recipe in RECIPES]),
        "Claims": (
            ("", "name", "what"),
            [(claim.number, claim.name, _first_line(claim)) for claim in ordered_claims()],
        ),
        "Report outputs": (("file", "what"), [(output.name, _first_line(output)) for output in OUTPUTS]),
        **_from_outside(),
    }
    return "\n\n".join(
        f"{title}\n\n{tabulate(rows, headers, disable_numparse=True)}" for title, (headers, rows) in sections.items()
    )


def registries() -> list[Registry[Any]]:
    """Every registry of plug-ins."""
    from robustbench_cells.artefacts import ARTEFACTS
    from robustbench_cells.datasets.catalogue import CATALOGUE
    from robustbench_cells.datasets.sources import SOURCES
    from robustbench_cells.gate.criteria import CRITERIA
    from robustbench_cells.metrics import METRICS
    from robustbench_cells.models.baselines import BASELINES
    from robustbench_cells.models.exports import EXPORTS
    from robustbench_cells.models.formats import FORMATS
    from robustbench_cells.reporting.claims import CLAIMS
    from robustbench_cells.reporting.outputs import OUTPUTS
    from robustbench_cells.training.recipes import RECIPES

    return [
        ARTEFACTS,
        BASELINES,
        FORMATS,
        SOURCES,
        CATALOGUE,
        METRICS,
        CRITERIA,
        RECIPES,
        CLAIMS,
        OUTPUTS,
        EXPORTS,
    ]


def _from_outside() -> dict[str, tuple[Sequence[str], list[Any]]]:
    """The sections on other packages, as far as there are any."""
    plugins = [
        (registry.noun, name, origin.distribution, origin.version)
        for registry in registries()
        for name in registry.names()
        if (origin := registry.origin(name))
    ]
    failures = [
        (registry.noun, failure.entry_point, failure.origin.distribution, failure.origin.version, failure.error)
        for registry in registries()
        for failure in registry.failures
    ]
    sections: dict[str, tuple[Sequence[str], list[Any]]] = {
        "Plug-ins of other packages": (("kind", "name", "package", "version"), plugins),
        "Plug-ins that could not be loaded": (("kind", "entry point", "package", "version", "why"), failures),
    }
    return {title: (headers, rows) for title, (headers, rows) in sections.items() if rows}


def _first_line(plugin: object) -> str:
    return (type(plugin).__doc__ or "").strip().partition("\n")[0].replace("``", "")


def _needs(extra: str) -> str:
    from robustbench_cells.models.extras import missing_library

    return f" (needs robustbench-cells[{extra}])" if missing_library(extra) else ""


def _grid(levels: tuple[float, ...]) -> str:
    if len(levels) > 8:
        return f"{levels[0]:g}, {levels[1]:g}, … {levels[-1]:g} ({len(levels)} steps)"
    return ", ".join(f"{level:g}" for level in levels)
