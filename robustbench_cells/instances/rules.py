"""The rules by which a mask becomes instance labels.

A mask says which pixels are cells, not which cell. What a network's probabilities leave open is settled by a rule that
its card names and every report shows; cells that a model labels itself need none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np

from robustbench_cells.instances.components import label_components
from robustbench_cells.types import Labels, Masks

InstanceRule = Literal["components", "watershed"]
InstanceKind = Literal["labels", "components", "watershed"]  # of a segmenter's predictions: its own labels, or a rule

DYNAMIC = 0.75  # pixels; a core is a cell's own if it is deeper by this than the neck between it and a deeper one


def watershed(masks: Masks) -> Labels:
    """Cut each mask where it is narrow: a seeded watershed of the distance to the background.

    A seed is a maximum of the Euclidean distance transform that is at least `DYNAMIC` px higher than the pass to any
    higher one (P. Soille, Morphological Image Analysis, 2004, section 6.3.5: extended maxima); scikit-image's watershed
    grows the seeds over the mask. Every component keeps a seed, so the foreground stays as it is.

    Parameters
    ----------
    masks
        Foreground, bool, (N, H, W).

    Returns
    -------
    numpy.ndarray
        int32, (N, H, W), 0 background; the cells of each mask are numbered from 1.
    """
    return np.stack([_cut(mask) for mask in masks]) if len(masks) else np.zeros(masks.shape, np.int32)


def _cut(mask: Masks) -> Labels:
    from scipy.ndimage import distance_transform_edt, label  # these take long to import
    from skimage.morphology import local_maxima, reconstruction
    from skimage.segmentation import watershed as grow

    if mask.all():  # no background to be far from
        return np.ones(mask.shape, np.int32)
    depth = distance_transform_edt(mask)
    flattened = reconstruction(depth - DYNAMIC, depth, footprint=np.ones((3, 3)))
    seeds, _ = label(local_maxima(flattened, connectivity=2) & mask, np.ones((3, 3)))
    return grow(-depth, seeds, connectivity=2, mask=mask).astype(np.int32)


INSTANCE_RULES: Mapping[InstanceRule, Callable[[Masks], Labels]] = {
    "components": label_components,
    "watershed": watershed,
}
