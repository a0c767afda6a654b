"""Synthetic images of cells, which a network predicts before the run to reveal wrong declarations and states."""

from __future__ import annotations

import warnings

import numpy as np

from robustbench_cells.errors import DeclarationWarning, ModelError
from robustbench_cells.models.independence import require_independence
from robustbench_cells.models.instance_labels import foreground, is_labels, require_ids
from robustbench_cells.models.interface import Interface
from robustbench_cells.models.network import NetworkSegmenter
from robustbench_cells.types import PATCH_SIDE, Image

_MAX_COVERED = 0.9  # share of foreground; a tenth of the probe images is cells


def probe(segmenter: NetworkSegmenter) -> None:
    """Predict the probe images; warn if the result is not plausible.

    Raises
    ------
    ModelError
        If the network fails, its output cannot be probabilities or labels of cells, or it predicts an image in another
        way the next time or among others.
    """
    images = as_seen(varied_images(), segmenter.interface)
    try:
        prediction = require_independence(segmenter.name, segmenter.predict, images)
    except ModelError:
        raise
    except Exception as error:  # runtimes raise anything
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise ModelError(f"{segmenter.name}: cannot predict a probe image ({reason}); is it damaged?") from error
    if is_labels(prediction):
        remedy = (
            f"declare under [output] in {segmenter.interface.card} foreground = 1, or whatever value is cells, or "
            'instances = "components" if every value but 0 is'
        )
        require_ids(segmenter.name, prediction, remedy)
    share = float(np.mean(foreground(prediction[:2])))
    if not 0 < share < _MAX_COVERED:
        warnings.warn(
            f"{segmenter.name}: segments {share:.1%} of a synthetic probe image as cells; if that is wrong, declare in "
            f"{segmenter.interface.card} the input it expects ([input] range, normalise) and the output it returns "
            "([output] kind, foreground)",
            DeclarationWarning,
            stacklevel=2,
        )


def as_seen(images: Image, interface: Interface) -> Image:
    """Return grey images, (N, H, W), as a network sees them: alike in each of several channels, (N, H, W, C)."""
    return np.stack([images] * interface.channels, axis=-1) if interface.channel_names else images


def varied_images() -> Image:
    """Draw the probe images, and one inverted and one dark and flat: four patches, (4, 256, 256)."""
    images = probe_images()
    return np.concatenate([images, 255 - images[:1], images[1:] / 4])


def probe_images() -> Image:
    """Draw two patches, (2, 256, 256), of bright and dark ellipses on an uneven background with noise."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:PATCH_SIDE, :PATCH_SIDE]
    images = 90 + 20 * np.sin(rows / 80) + rng.normal(0, 4, (2, PATCH_SIDE, PATCH_SIDE))
    for number, (row, column, angle) in enumerate(rng.uniform(0, (PATCH_SIDE, PATCH_SIDE, np.pi), (60, 3))):
        along = (rows - row) * np.cos(angle) + (columns - column) * np.sin(angle)
        across = (columns - column) * np.cos(angle) - (rows - row) * np.sin(angle)
        images[number % 2][(along / 10) ** 2 + (across / 5) ** 2 < 1] += 100 if number % 4 < 2 else -60
    return np.clip(images, 0, 255).astype(np.float32)
