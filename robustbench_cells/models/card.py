"""Model cards: a TOML file beside a model's file that says what it is."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jsonschema
import tomli_w

from robustbench_cells.errors import ModelError
from robustbench_cells.files.atomic import write_text
from robustbench_cells.files.checksums import sha256
from robustbench_cells.models.interface import SCHEMA, Interface, interface_from_card

_MAX_BYTES = 4 * 2**20
_UNKNOWN = "additionalProperties"
_SCHEMA = {
    "type": "object",
    "additionalProperties": False,  # a mistyped [input] would change nothing
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
    """Where the card of a model's file or folder lies: beside it, ``mine.toml`` for ``mine.keras``.

    Where ``mine.keras.toml`` is there, it is that: for several files of one stem.
    """
    model = model.absolute()  # the current folder has a name, too
    own = model.with_name(f"{model.name}.toml")
    return own if own.exists() else model.with_suffix(".toml")


def write_card(path: Path, card: Mapping[str, Any]) -> None:
    """Write a card, atomically."""
    write_text(path, tomli_w.dumps(card))


def read_card(path: Path) -> dict[str, Any]:
    """A card, or texts that are to go into one.

    Raises
    ------
    ModelError
        If it is not there, is not TOML, or says something that no card says.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ModelError(f"{path}: has {path.stat().st_size} bytes; a card has at most {_MAX_BYTES}")
        card = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"{path}: no such file") from error
    except (OSError, ValueError, RecursionError) as error:  # also of a number with thousands of digits
        raise ModelError(f"{path}: is not TOML ({error}); restore it or remove it") from error
    wrong = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(_SCHEMA).iter_errors(card))
    if wrong is not None:
        place = ".".join(map(str, wrong.absolute_path)) or "the card"
        known = "; there are: " + ", ".join(wrong.schema["properties"]) if wrong.validator == _UNKNOWN else ""
        raise ModelError(f"{path}: {place[:200]}: {wrong.message[:200]}{known}")
    return card


def model_digest(model: Path, companion_files: Sequence[Path] = ()) -> tuple[str, Interface]:
    """The digest of a model's file or folder, and of its other files, with what its card declares; and that.

    The content must be that whose SHA-256 the card, if there is one, names.

    Raises
    ------
    ModelError
        If it is not, or the card cannot be read.
    """
    digest = own = sha256(model)
    path = card_path(model)
    if companion_files:
        digest = hashlib.sha256(" ".join([digest, *map(sha256, companion_files)]).encode()).hexdigest()
    if not path.exists():
        return digest, Interface(card=path.name)
    card = read_card(path)
    named = card.get("sha256")
    if named not in (None, own, digest):
        raise ModelError(
            f"{model}: SHA-256 is {own[:12]}…, but its card {path.name} says {str(named)[:12]}…; it is damaged "
            "or was replaced: restore it, or retrain it so that the card is written anew (or, if it is the card "
            f"of another file, give this one its own: {model.name}.toml)"
        )
    interface = interface_from_card(card, path.name)
    if interface != Interface():
        content = {name: value for name, value in asdict(interface).items() if name != "card"}
        digest = hashlib.sha256(f"{digest} {json.dumps(content)}".encode()).hexdigest()
    return digest, interface
