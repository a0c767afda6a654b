"""``python -m robustbench_cells``: what there is, what data look like, and the other commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

from robustbench_cells import __version__
from robustbench_cells.cli import card, report, simulate, train
from robustbench_cells.cli import results as ledger
from robustbench_cells.datasets import download as data
from robustbench_cells.errors import RobustbenchError
from robustbench_cells.gate import policy as verdict
from robustbench_cells.models import export

_ELSEWHERE: dict[str, tuple[Callable[[list[str]], int], str]] = {
    "report": (report.main, "write the reports again from stored results"),
    "data": (data.main, "download public data sets"),
    "card": (card.main, "write texts and scores into model cards"),
    "export": (export.main, "write a model for other programs"),
    "train": (train.main, "train a recipe"),
    "results": (ledger.main, "list, export or prune the records that were kept"),
    "gate": (verdict.main, "judge a candidate run by a baseline run"),
    "simulate": (simulate.main, "how often the gate is right"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if given and given[0] in _ELSEWHERE:
        return _ELSEWHERE[given[0]][0](given[1:])
    parser = argparse.ArgumentParser(
        prog="python -m robustbench_cells",
        description="How far may a microscope image drift before a segmentation model breaks? The benchmark itself is "
        "run by pytest: `pytest --help` shows its options under 'robustness of cell segmentation'.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser(
        "list", help="show artefacts, segmenters, data sets, metrics, profiles, recipes, claims and reports"
    )
    describe = commands.add_parser("describe", help="print statistics of data sets, side by side")
    describe.add_argument("dataset", nargs="+", help="'synthetic', a folder or files, as `list` shows")
    describe.add_argument("--split", help="split of each (default: each one's own, as in a run)")
    describe.add_argument("--frames", type=int, default=12, help="frames of each, evenly spread (default: 12)")
    describe.add_argument("--white-level", type=int, help="the value of 16-bit files that is white")
    for name, (_, words) in _ELSEWHERE.items():
        commands.add_parser(name, help=words, add_help=False)
    options = parser.parse_args(given)
    try:
        print(_list() if options.command == "list" else _describe(options))
    except RobustbenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _list() -> str:
    from tabulate import tabulate

    from robustbench_cells.artefacts import ARTEFACTS
    from robustbench_cells.datasets.catalogue import CATALOGUE
    from robustbench_cells.datasets.sources import SOURCES
    from robustbench_cells.engine.grid import PROFILES
    from robustbench_cells.engine.pairs import pairs
    from robustbench_cells.metrics import METRICS
    from robustbench_cells.models.baselines import BASELINES
    from robustbench_cells.models.formats import FORMATS
    from robustbench_cells.models.loading import shipped_models
    from robustbench_cells.reporting.claims import in_order
    from robustbench_cells.reporting.outputs import OUTPUTS
    from robustbench_cells.training.recipes import RECIPES

    grids = [
        (
            artefact.name,
            artefact.parameter,
            artefact.unit,
            f"{artefact.neutral:g}",
            profile,
            _grid(artefact.grid(profile)),
        )
        for profile in PROFILES
        for artefact in [*ARTEFACTS, *pairs(profile)]
    ]
    grids.sort(key=lambda row: row[0])
    sections: dict[str, tuple[Sequence[str], list[Any]]] = {
        "Artefacts": (("name", "intensity", "unit", "neutral", "profile", "grid"), grids),
        "Segmenters": (
            ("name", "kind", "what"),
            [(baseline.name, "baseline", _first_line(baseline)) for baseline in BASELINES]
            + [(name, "shipped model", path.name) for name, path in shipped_models().items()]
            + [(known.looks_like, "your model", _first_line(known)) for known in FORMATS],
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
            ("name", "patches a frame", "frames", "purpose"),
            [(p.name, f"at most {p.most_patches}", p.most_frames or "all", p.purpose) for p in PROFILES.values()],
        ),
        "Training recipes": (("name", "what"), [(recipe.name, _first_line(recipe)) for recipe in RECIPES]),
        "Claims": (
            ("", "name", "what"),
            [(claim.number, claim.name, _first_line(claim)) for claim in in_order()],
        ),
        "Report outputs": (("file", "what"), [(output.name, _first_line(output)) for output in OUTPUTS]),
    }
    return "\n\n".join(
        f"{title}\n\n{tabulate(rows, headers, disable_numparse=True)}" for title, (headers, rows) in sections.items()
    )


def _first_line(plugin: object) -> str:
    return (type(plugin).__doc__ or "").strip().partition("\n")[0].replace("``", "")


def _grid(levels: tuple[float, ...]) -> str:
    if len(levels) > 8:
        return f"{levels[0]:g}, {levels[1]:g}, … {levels[-1]:g} ({len(levels)} steps)"
    return ", ".join(f"{level:g}" for level in levels)


def _describe(options: argparse.Namespace) -> str:
    from tabulate import tabulate

    from robustbench_cells.datasets.description import describe
    from robustbench_cells.datasets.opening import open_dataset

    selections = [
        open_dataset(where, options.split, frames=options.frames, white_level=options.white_level)
        for where in options.dataset
    ]
    tables = [describe(selection.read(frame) for frame in selection.frames) for selection in selections]
    rows = [(name, *(table[name] for table in tables)) for name in tables[0]]
    return tabulate(rows, ("", *(selection.title for selection in selections)), floatfmt=".1f")


if __name__ == "__main__":
    sys.exit(main())
