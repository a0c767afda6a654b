"""``card``: what is known of a model, into its card."""

from __future__ import annotations

import argparse
from pathlib import Path

from robustbench_cells.errors import ResultsError

NAME = "card"
HELP = "write texts and scores into model cards"


def configure(parser: argparse.ArgumentParser) -> None:
    """See `Command.configure`."""
    parser.description = (
        "Write what is known of models into their cards (the .toml beside the .keras file): texts of a TOML file, and "
        "scores from stored results. What the card had under the same name is replaced."
    )
    parser.epilog = (
        "Example: robustbench-cells card models/unet_*.keras --about models/about/data.toml "
        "--results border=reports/real --results inside=reports/inside"
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
        help="stored results whose scores go into the card as results.NAME (repeatable)",
    )


def run(options: argparse.Namespace) -> int:
    """See `Command.run`."""
    from robustbench_cells.api.fill_card import fill_card
    from robustbench_cells.models.card import card_path, read_card, write_card
    from robustbench_cells.results.storage import load

    texts = [read_card(path) for path in options.about]
    runs = {name: load(folder) for name, folder in map(_split, options.results)}
    cards = {card_path(model): fill_card(model, texts, runs) for model in options.model}
    for path, card in cards.items():
        write_card(path, card)
        print(f"wrote {path}")
    return 0


def _split(option: str) -> tuple[str, Path]:
    name, equals, folder = option.partition("=")
    if not (name and equals and folder):
        raise ResultsError(f"--results {option}: NAME=FOLDER is needed, for example border=reports/real")
    return name, Path(folder)
