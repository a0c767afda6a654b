"""A trained network in files of the Keras family, and how far the masks of two models differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from robustbench_cells.models.card import write_card
from robustbench_cells.models.probe import probe_images
from robustbench_cells.types import Segmenter

TIE = 1e-4  # distance from 0.5 within which rounding decides


def save_weights(folder: Path, model: Any) -> Path:
    """Save the weights alone."""
    model.save_weights(folder / "net.weights.h5")
    return folder / "net.weights.h5"


def save_legacy(folder: Path, model: Any) -> Path:
    """Save the whole model in the legacy format, enabled in its card."""
    model.save(folder / "net.h5")
    write_card(folder / "net.toml", {"file": {"legacy_h5": True}})
    return folder / "net.h5"


def save_exported(folder: Path, model: Any) -> Path:
    """Export a SavedModel, as Keras 3 does."""
    model.export(folder / "net", verbose=False)
    return folder / "net"


def differing_share(first: Segmenter, second: Segmenter) -> float:
    """Compute the share of pixels on which two masks differ, ties left out."""
    images = probe_images()
    one, other = first.predict(images), second.predict(images)
    assert 0.005 < (one > 0.5).mean() < 0.995
    return float(((one > 0.5) != (other > 0.5))[np.abs(one - 0.5) > TIE].mean())
