"""What a user asks for, in names; and the objects that these name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """What the user asked for; every field is an option of the pytest plugin."""

    dataset: str = "synthetic"
    split: str | None = None
    models: tuple[str, ...] = ()
    profile: str = "default"
    frames: int | None = None
    seed: int = 0
    margin: int = 0
    white_level: int | None = None
    block: int | None = None
    trust_model: bool = False
