"""Record what other libraries make of the pairs of `random_cells`, in ``references.csv``, for `test_references`.

The libraries are heavy and need one another's dependencies, so they are no test dependencies: run this once, from the
root of a checkout, in an environment of their own:

    python3 -m venv /tmp/references
    /tmp/references/bin/pip install numpy scipy scikit-image numba tqdm scikit-learn tifffile six
    /tmp/references/bin/pip install --no-deps stardist csbdeep cellpose py-ctcmetrics surface-distance
    PYTHONPATH=. /tmp/references/bin/python tests/metrics/record_references.py

Definitions that differ: StarDist computes in float32, so the sum of IoU is that of the pairs which it reports, over
areas that are counted here; cellpose's precision is float32 as well, so its counts are kept. Of surface-distance the
percentile and the tolerance are used, on outlines of scikit-image and distances of SciPy: its own surfaces are those of
masks, in which touching cells are one.
"""

from __future__ import annotations

import csv
import importlib.util
import sys
import tempfile
import types
from pathlib import Path

import numpy as np
import surface_distance
import tifffile
from ctc_metrics.metrics.technical.seg import seg
from ctc_metrics.utils.representations import match
from scipy.ndimage import distance_transform_edt
from skimage.segmentation import find_boundaries
from stardist.matching import matching

from tests.support.random_cells import digest, random_pairs

PAIRS = 600
THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
COLUMNS = (
    "pair",
    *("true", "predicted", "stardist_50", "stardist_75", "stardist_f1", "stardist_iou", "stardist_pq"),
    *(f"cellpose_{threshold * 100:.0f}" for threshold in THRESHOLDS),
    *("ctc_seg", "surface_dice", "hd95"),
)


def load_cellpose_metrics() -> types.ModuleType:
    """The file ``cellpose/metrics.py`` alone: its package imports torch."""
    found = importlib.util.find_spec("cellpose")
    assert found
    assert found.submodule_search_locations
    package = types.ModuleType("cellpose")
    package.__path__ = list(found.submodule_search_locations)
    sys.modules["cellpose"] = package
    sys.modules["cellpose.utils"] = package.utils = types.ModuleType("cellpose.utils")  # type: ignore[attr-defined]
    return importlib.import_module("cellpose.metrics")


def record_stardist(truth: np.ndarray, prediction: np.ndarray) -> list[float]:
    """Cells on both sides, precision at 0.5 and 0.75, F1, sum of IoU, panoptic quality."""
    half, three_quarters = (matching(truth, prediction, thresh, report_matches=True) for thresh in (0.5, 0.75))
    total = 0.0
    for number in half.matched_tps:
        true, found = (
            labels == one for labels, one in zip((truth, prediction), half.matched_pairs[number], strict=True)
        )
        total += (true & found).sum() / (true | found).sum()
    scores = half.accuracy, three_quarters.accuracy, half.f1, total, float(half.panoptic_quality)
    return [half.n_true, half.n_pred, *scores]


def record_ctc(truth: np.ndarray, prediction: np.ndarray, folder: Path) -> float:
    """SEG of one frame, from files, as the library takes them."""
    paths = folder / "truth.tif", folder / "prediction.tif"
    for path, labels in zip(paths, (truth, prediction), strict=True):
        tifffile.imwrite(path, labels)
    labels_ref, _, _, _, iou = match(*map(str, paths))
    return seg([labels_ref], [iou]) if labels_ref else float("nan")


def record_outlines(truth: np.ndarray, prediction: np.ndarray) -> list[float]:
    """Surface Dice at 2 px and the robust Hausdorff distance."""
    true, found = (find_boundaries(labels, connectivity=1, mode="inner") for labels in (truth, prediction))
    if not true.any() and not found.any():
        return [float("nan")] * 2
    if not true.any() or not found.any():
        return [0.0, float("nan")]
    surfaces = {
        "distances_gt_to_pred": np.sort(distance_transform_edt(~found)[true]),
        "distances_pred_to_gt": np.sort(distance_transform_edt(~true)[found]),
        "surfel_areas_gt": np.ones(true.sum()),
        "surfel_areas_pred": np.ones(found.sum()),
    }
    dice = surface_distance.compute_surface_dice_at_tolerance(surfaces, 2)
    return [float(dice), float(surface_distance.compute_robust_hausdorff(surfaces, 95))]


def main() -> None:
    """Write the table beside this file."""
    cellpose = load_cellpose_metrics()
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(__file__).with_name("references.csv").open("w", newline="", encoding="utf-8") as file,
    ):
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for truth, prediction in random_pairs(PAIRS):
            positives = cellpose.average_precision(truth, prediction, list(THRESHOLDS))[1]
            row = [
                digest(truth, prediction),
                *record_stardist(truth, prediction),
                *map(int, positives),
                record_ctc(truth, prediction, Path(folder)),
                *record_outlines(truth, prediction),
            ]
            table.writerow([f"{value:.15g}" for value in row])


if __name__ == "__main__":
    main()
