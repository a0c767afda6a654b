"""A synthetic probe image of cells, which a network predicts before the run."""

from __future__ import annotations

import warnings

import numpy as np

from robustbench_cells.errors import DeclarationWarning, ModelError
from robustbench_cells.models.network import NetworkSegmenter
from robustbench_cells.types import PATCH_SIDE, THRESHOLD, Image

_MAX_COVERED = 0.9  # share of the probe, a tenth of which is cells


def probe(segmenter: NetworkSegmenter) -> None:
    """Let a network predict a picture that looks like cells, so that a wrong declaration is found before the run.

    Raises
    ------
    ModelError
        If the network fails, or what comes back cannot be cells' probabilities.
    """
    try:
        found = segmenter.predict(probe_images())
    except ModelError:
        raise
    except Exception as error:  # whatever the library that runs it raises
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise ModelError(f"{segmenter.name}: cannot predict a picture ({reason}); is it damaged?") from error
    share = float(np.mean(found > THRESHOLD))
    if not 0 < share < _MAX_COVERED:
        warnings.warn(
            f"{segmenter.name}: calls {share:.1%} of a picture with cells cell. If that is not meant, declare in "
            f"{segmenter.interface.card} what it takes ([input] range, normalise) and gives ([output] kind, "
            "foreground)",
            DeclarationWarning,
            stacklevel=2,
        )


def probe_images() -> Image:
    """Two patches, (2, 256, 256), of bright and dark ellipses on an uneven ground with noise."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:PATCH_SIDE, :PATCH_SIDE]
    images = 90 + 20 * np.sin(rows / 80) + rng.normal(0, 4, (2, PATCH_SIDE, PATCH_SIDE))
    for number, (row, column, angle) in enumerate(rng.uniform(0, (PATCH_SIDE, PATCH_SIDE, np.pi), (60, 3))):
        along = (rows - row) * np.cos(angle) + (columns - column) * np.sin(angle)
        across = (columns - column) * np.cos(angle) - (rows - row) * np.sin(angle)
        images[number % 2][(along / 10) ** 2 + (across / 5) ** 2 < 1] += 100 if number % 4 < 2 else -60
    return np.clip(images, 0, 255).astype(np.float32)
