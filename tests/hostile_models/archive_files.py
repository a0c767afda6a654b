"""Hostile archives: members, where they would be unpacked, and their size."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.hostile_models.files import WEIGHTS, lambda_keras, read_members, with_config_text, write_zip
from tests.hostile_models.trap import Trap


def archive_with(name: str) -> Callable[[Path, Path, Trap], Path]:
    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        named = name.format(absolute=trap.target, trap="trap/target")
        return write_zip(folder / "hostile.keras", read_members(tiny) | {named: b"canary"})

    return build


def archive_with_a_link(folder: Path, tiny: Path, trap: Trap) -> Path:
    path = write_zip(folder / "hostile.keras", read_members(tiny))
    link = zipfile.ZipInfo("assets/link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, str(trap.target.parent))
    return path


def archive_with_two_configs(folder: Path, tiny: Path, trap: Trap) -> Path:
    hostile = read_members(lambda_keras(folder, tiny, trap))["config.json"]
    path = write_zip(folder / "hostile.keras", read_members(tiny))
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("config.json", hostile)
    return path


def npz_weights(folder: Path, tiny: Path, trap: Trap) -> Path:
    content = read_members(tiny)
    bomb = io.BytesIO()
    np.savez_compressed(bomb, weights=np.zeros(2**20))
    del content[WEIGHTS]
    return write_zip(folder / "hostile.keras", content | {"model.weights.npz": bomb.getvalue()})


def long_configuration(folder: Path, tiny: Path, trap: Trap) -> Path:
    """Hide a configuration that decompresses behind incompressible metadata, which lowers the overall ratio."""
    content = read_members(tiny) | {"config.json": b" " * 2**24, "metadata.json": os.urandom(2**23)}
    return write_zip(folder / "hostile.keras", content, zipfile.ZIP_DEFLATED)


HOSTILE: dict[str, Callable[[Path, Path, Trap], Path]] = {
    "CVE-2025-12060, absolute": archive_with("{absolute}"),
    "CVE-2025-12060, upwards": archive_with("../{trap}"),
    "CVE-2025-12060, assets": archive_with("assets/../../{trap}"),
    "CVE-2025-12060, a link": archive_with_a_link,
    "keras 23016": npz_weights,
    "two configurations": archive_with_two_configs,
    "a configuration that decompresses": long_configuration,
    "a long configuration": with_config_text(b" " * 2**22 + b"{}"),
}  # fmt: skip
