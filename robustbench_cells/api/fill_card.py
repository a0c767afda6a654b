"""What is known of a model, written into its card: texts, and scores of stored results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import card_path, read_card
from robustbench_cells.models.opening import identify
from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN

_SCORES = (
    "accuracy", "jaccard", "jaccard_low", "jaccard_high", "precision", "recall", "cells_predicted", "cells_true",
)  # fmt: skip


def fill_card(model: Path, texts: Sequence[Mapping[str, Any]], runs: Mapping[str, Results]) -> dict[str, Any]:
    """The card of a model with texts and scores; nothing is written.

    Parameters
    ----------
    model
        File of the model.
    texts
        Tables to add to the card; what it had under the same name is replaced.
    runs
        Results to add, by the name that they get.

    Raises
    ------
    ModelError
        If the model has no card, or some results are not of this file.
    """
    if not card_path(model).exists():
        raise ModelError(f"{card_path(model)}: no such card; one is written when a model is trained")
    card = read_card(card_path(model))
    for table in texts:
        for name, value in table.items():
            whole = isinstance(value, dict) and isinstance(card.get(name), dict)
            card[name] = {**card[name], **value} if whole else value
    digest = identify(str(model))
    for name, results in runs.items():
        called = [segmenter for segmenter, its in results.run.segmenters.items() if its == digest]
        if not called:
            raise ModelError(f"{model}: the results called {name!r} are not of this file; run the benchmark with it")
        card.setdefault("results", {})[name] = describe_scores(results, called[0])
    return card


def describe_scores(results: Results, segmenter: str) -> dict[str, Any]:
    """The scores of a segmenter for its card: where they come from, and a list of conditions for each artefact."""
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
