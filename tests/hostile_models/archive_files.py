"""The archive: what it holds, where that would be unpacked to, and how much it has."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.hostile_models.files import WEIGHTS, config_text, lambda_keras, members, rezipped
from tests.hostile_models.trap import Trap


def archive_with(name: str) -> Callable[[Path, Path, Trap], Path]:
    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        named = name.format(absolute=trap.made, trap="trap/made")
        return rezipped(folder / "hostile.keras", members(tiny) | {named: b"canary"})

    return build


def archive_with_a_link(folder: Path, tiny: Path, trap: Trap) -> Path:
    path = rezipped(folder / "hostile.keras", members(tiny))
    link = zipfile.ZipInfo("assets/link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, str(trap.made.parent))
    return path


def archive_with_two_configs(folder: Path, tiny: Path, trap: Trap) -> Path:
    hostile = members(lambda_keras(folder, tiny, trap))["config.json"]
    path = rezipped(folder / "hostile.keras", members(tiny))
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("config.json", hostile)
    return path


def npz_weights(folder: Path, tiny: Path, trap: Trap) -> Path:
    content = members(tiny)
    bomb = io.BytesIO()
    np.savez_compressed(bomb, weights=np.zeros(2**20))
    del content[WEIGHTS]
    return rezipped(folder / "hostile.keras", content | {"model.weights.npz": bomb.getvalue()})


def long_within_much(folder: Path, tiny: Path, trap: Trap) -> Path:
    """Beside what cannot be compressed, which makes the whole look as if nothing was."""
    content = members(tiny) | {"config.json": b" " * 2**24, "metadata.json": os.urandom(2**23)}
    return rezipped(folder / "hostile.keras", content, zipfile.ZIP_DEFLATED)


HOSTILE: dict[str, Callable[[Path, Path, Trap], Path]] = {
    "CVE-2025-12060, absolute": archive_with("{absolute}"),
    "CVE-2025-12060, upwards": archive_with("../{trap}"),
    "CVE-2025-12060, assets": archive_with("assets/../../{trap}"),
    "CVE-2025-12060, a link": archive_with_a_link,
    "keras 23016": npz_weights,
    "two configurations": archive_with_two_configs,
    "a configuration that decompresses": long_within_much,
    "a long configuration": config_text(b" " * 2**22 + b"{}"),
}  # fmt: skip
