"""Model cards: a TOML file beside a model's file that says what it is."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from robustbench_cells.errors import ModelError
from robustbench_cells.files import sha256, write_text


def card_path(model: Path) -> Path:
    """Where the card of a model file lies: beside it, with the suffix ``.toml``."""
    return model.with_suffix(".toml")


def write_card(path: Path, card: Mapping[str, Any]) -> None:
    """Write a card, atomically."""
    write_text(path, tomli_w.dumps(card))


def read_card(path: Path) -> dict[str, Any]:
    """A card, or texts that are to go into one.

    Raises
    ------
    ModelError
        If it is not there, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"{path}: no such file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: is not TOML ({error}); restore it or remove it") from error


def checked_digest(model: Path) -> str:
    """SHA-256 of a model file, which must be the one that its card, if it has one, names.

    Raises
    ------
    ModelError
        If it is not, or the card cannot be read.
    """
    digest = sha256(model)
    path = card_path(model)
    if path.exists():
        named = read_card(path).get("sha256")
        if named is not None and named != digest:
            raise ModelError(
                f"{model}: SHA-256 is {digest[:12]}…, but its card {path.name} says {str(named)[:12]}…; it is "
                "damaged or was replaced: restore it, or retrain it so that the card is written anew"
            )
    return digest
