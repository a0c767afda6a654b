"""The nuclei that come with StarDist, with their masks, as its own scores have them; where StarDist is installed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import robustbench_cells as rb
from tests.support.stardist_scores import require_scores_of_stardist

stardist_data = pytest.importorskip("stardist.data", reason="needs the extra 'stardist'")


def bright(images: np.ndarray) -> np.ndarray:
    """Nuclei as what is bright, smoothed, whose cells are the components."""
    return np.stack([cv2.GaussianBlur(image, None, 1.5) > 55 for image in images])


def test_a_real_frame_runs_and_its_scores_are_those_of_stardist() -> None:
    from skimage.measure import label

    image, mask = stardist_data.test_image_nuclei_2d(return_mask=True)
    image = np.clip(image / np.percentile(image, 99.9) * 255, 0, 255).astype(np.float32)
    data = rb.from_arrays(image[None], mask[None].astype(np.int32))
    result = rb.benchmark({"bright": bright}, data, {"blur": [2]}, metrics=["ap50"], progress=False)
    table = result.results.summary.set_index(["segmenter", "artefact"])
    views = list(rb.iter_patches(data, rb.Condition(), 0, 6))
    truth = [view.labels for view in views]
    found = [label(bright(view.image[None])[0], connectivity=2) for view in views]
    require_scores_of_stardist(table.loc[("bright", "clean")], truth, found)
    assert table.loc[("bright", "clean"), "ap50"] > 0.2
