"""Model cards: a TOML file beside a model's file that describes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import tomli_w

from robustbench_cells.errors import ModelError
from robustbench_cells.files.atomic import write_text
from robustbench_cells.files.checksums import sha256
from robustbench_cells.files.schema import schema_problem
from robustbench_cells.files.toml import read_toml
from robustbench_cells.models.interface import SCHEMA, Interface, interface_from_card

_MAX_BYTES = 2**19  # ours have some 20 KB
_ADDED = ("crop", "scale", "instances", "channel_names")  # keys of later versions
_SCHEMA = {
    "type": "object",
    "additionalProperties": False,  # else a mistyped [input] would be ignored
    "properties": {
        "authors": {"type": "array", "items": {"type": "string"}},
        "license": {"type": "string"},
        "name": {"type": "string"},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "parameters": {"type": "integer"},
        **{name: {"type": "object"} for name in ("training", "data", "validation", "use", "results", "exported")},
        **{name: {"type": "array", "items": {"type": "object"}} for name in ("tried", "ceiling")},
        "file": {"type": "object", "additionalProperties": False, "properties": {"legacy_h5": {"type": "boolean"}}},
        **SCHEMA,
    },
}


def card_path(model: Path) -> Path:
    """Locate the card of a model: ``mine.toml`` beside ``mine.keras``.

    If ``mine.keras.toml`` exists, it takes precedence: several files may share a stem.
    """
    model = model.absolute()  # so that the current folder has a name
    own = model.with_name(f"{model.name}.toml")
    return own if own.exists() else model.with_suffix(".toml")


def write_card(path: Path, card: Mapping[str, Any]) -> None:
    """Write a card, atomically."""
    write_text(path, tomli_w.dumps(card))


def read_card(path: Path) -> dict[str, Any]:
    """Read and validate a card, or a part of one.

    Raises
    ------
    ModelError
        If it does not exist, is not a regular file, is too large, is not TOML, or does not match the schema.
    """
    try:
        card = read_toml(path, _MAX_BYTES, ModelError)
        problem = schema_problem(card, _SCHEMA, "the card")
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: is not TOML ({error}); restore it or remove it") from error
    if problem is not None:
        raise ModelError(f"{path}: {problem}")
    return card


def read_interface(model: Path) -> Interface:
    """Read the interface that a model's card declares, if it has one.

    Raises
    ------
    ModelError
        If the card cannot be read.
    """
    path = card_path(model)
    return interface_from_card(read_card(path), path.name) if path.exists() else Interface(card=path.name)


def model_digest(model: Path, companion_files: Sequence[Path] = ()) -> tuple[str, Interface]:
    """Compute the digest of a model, its companion files and its declared interface; and read that interface.

    Raises
    ------
    ModelError
        If the card cannot be read, or names another SHA-256.
    """
    digest = own = sha256(model)
    path = card_path(model)
    if companion_files:
        digest = hashlib.sha256(" ".join([digest, *map(sha256, companion_files)]).encode()).hexdigest()
    if not path.exists():
        return digest, Interface(card=path.name)
    card = read_card(path)
    expected = card.get("sha256")
    if expected not in (None, own, digest):
        raise ModelError(
            f"{model}: SHA-256 is {own[:12]}…, but its card {path.name} says {str(expected)[:12]}…; if the model is "
            "damaged, restore it; if it was replaced, write a new card; if the card belongs to another file, give this "
            f"one its own, {model.name}.toml"
        )
    interface = interface_from_card(card, path.name)
    if interface != Interface():
        content = {name: value for name, value in asdict(interface).items() if name != "card"}
        for name in _ADDED:  # digests of cards that do not use them stay as they were
            if content[name] == getattr(Interface, name):
                del content[name]
        digest = hashlib.sha256(f"{digest} {json.dumps(content)}".encode()).hexdigest()
    return digest, interface
