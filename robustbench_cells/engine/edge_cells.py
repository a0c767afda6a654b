"""True cells that a patch cuts, and which of them count as cells of that patch.

By ``keep`` each part that is seen counts. By ``drop`` a cell counts where its larger part is: over half of its pixels
on the whole frame lie in the view that the patch is made of. So of patches side by side at most one counts it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robustbench_cells.instances.overlaps import find_overlaps
from robustbench_cells.types import Labels, Masks, Patch


def left_out_cells(views: Sequence[Patch], labels: Labels) -> Masks:
    """Pixels of the cells that lie for the larger part outside of their view.

    Parameters
    ----------
    views
        The N patches before the artefact.
    labels
        Their labels, after it, (N, H, W).

    Returns
    -------
    numpy.ndarray
        bool, (N, H, W).
    """
    return np.stack([np.isin(of_patch, _cut_ids(view)) for view, of_patch in zip(views, labels, strict=True)])


def _cut_ids(view: Patch) -> list[int]:
    """Ids of the cells of a view of which it has half of the pixels or fewer."""
    if view.frame_labels is None:
        return []
    whole = find_overlaps(view.frame_labels, view.frame_labels)
    areas = dict(zip(whole.true_ids.tolist(), whole.true_areas.tolist(), strict=True))
    seen = find_overlaps(view.labels, view.labels)
    pairs = zip(seen.true_ids.tolist(), seen.true_areas.tolist(), strict=True)
    return [one for one, pixels in pairs if 2 * pixels <= areas[one]]
