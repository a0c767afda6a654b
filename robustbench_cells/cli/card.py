"""``python -m robustbench_cells card``: what is known of a model, into its card."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from robustbench_cells.errors import ModelError, ResultsError, RobustbenchError
from robustbench_cells.models.card import card_path, model_digest, read_card, write_card
from robustbench_cells.models.loading import format_of
from robustbench_cells.results.storage import load
from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN

_SCORES = (
    "accuracy", "jaccard", "jaccard_low", "jaccard_high", "precision", "recall", "cells_predicted", "cells_true",
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m robustbench_cells card",
        description="Write what is known of models into their cards (the .toml beside the .keras file): texts from a "
        "TOML file, and scores from stored results. What the card had under the same name is replaced.",
        epilog="Example: python -m robustbench_cells card models/unet_*.keras --about models/about/data.toml "
        "--results border=reports/real --results inside=reports/inside",
    )
    parser.add_argument("model", nargs="+", type=Path, help="a model file that has a card")
    parser.add_argument(
        "--about",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="TOML whose tables go into the card: licence and citation of the data, intended use, limits (repeatable)",
    )
    parser.add_argument(
        "--results",
        action="append",
        default=[],
        metavar="NAME=FOLDER",
        help="scores that a run of the benchmark stored in a folder go into the card as results.NAME (repeatable)",
    )
    options = parser.parse_args(arguments)
    try:
        about = [read_card(path) for path in options.about]
        runs = dict(map(_named, options.results))
        cards = {card_path(model): _filled(model, about, runs) for model in options.model}
        for path, card in cards.items():
            write_card(path, card)
            print(f"wrote {path}")
    except (RobustbenchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _named(option: str) -> tuple[str, Results]:
    name, equals, folder = option.partition("=")
    if not (name and equals and folder):
        raise ResultsError(f"--results {option}: NAME=FOLDER is needed, for example border=reports/real")
    return name, load(Path(folder))


def _filled(model: Path, about: list[dict[str, Any]], runs: Mapping[str, Results]) -> dict[str, Any]:
    if not card_path(model).exists():
        raise ModelError(f"{card_path(model)}: no such card; one is written when a model is trained")
    card = read_card(card_path(model))
    for texts in about:
        for name, value in texts.items():
            whole = isinstance(value, dict) and isinstance(card.get(name), dict)
            card[name] = {**card[name], **value} if whole else value
    known = format_of(str(model))
    digest, _ = model_digest(model, known.companion_files(str(model)) if known else ())
    for name, results in runs.items():
        called = [segmenter for segmenter, its in results.run.segmenters.items() if its == digest]
        if not called:
            raise ModelError(f"{model}: the results called {name!r} are not of this file; run the benchmark with it")
        card.setdefault("results", {})[name] = scores(results, called[0])
    return card


def scores(results: Results, segmenter: str) -> dict[str, Any]:
    """What a card says of a run: where the scores come from, and a list of conditions for each artefact."""
    dataset, settings, tests = results.run.dataset, results.run.settings, results.run.tests
    table: dict[str, Any] = {
        "data": dataset.title,
        "fingerprint": dataset.fingerprint,
        "command": results.run.command,
        "seed": settings.seed,
        "tests": f"{tests.ran} of {tests.grid}, {len(tests.failed)} failed",
    }
    rows = results.summary[results.summary["segmenter"] == segmenter]
    for artefact, part in rows.groupby("artefact", sort=False):
        table[str(artefact)] = [_condition(row) for _, row in part.iterrows()]
    return table


def _condition(row: pd.Series) -> dict[str, Any]:
    intensity = {} if row["artefact"] == CLEAN else {row["parameter"]: row["intensity"]}
    known = {name: row[name] for name in _SCORES if name in row and pd.notna(row[name])}
    return intensity | {
        name: int(value) if name.startswith("cells") else round(value, 4) for name, value in known.items()
    }
