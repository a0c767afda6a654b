"""The cells of a comparison: from ids, or from masks, and only where they are scored."""

from __future__ import annotations

import numpy as np

from robustbench_cells.metrics import Comparison


def test_without_ids_cells_are_components() -> None:
    masks, truth = np.zeros((1, 6, 9), bool), np.zeros((1, 6, 9), bool)
    truth[0, 1:3, 1:8] = True
    masks[0, 1:3, 1:4] = masks[0, 1:3, 5:8] = True
    (found,) = Comparison(masks, truth).overlaps
    assert found.true_areas.tolist() == [14]
    assert found.predicted_areas.tolist() == [6, 6]
    assert found.shared.tolist() == [6, 6]


def test_ids_keep_touching_cells_apart_and_pieces_together() -> None:
    labels = np.zeros((1, 6, 9), np.int32)
    labels[0, 1, 1:4], labels[0, 1, 4:8], labels[0, 4, 0] = 7, 900_000, 7
    comparison = Comparison(labels > 0, labels > 0, None, labels, labels)
    (found,) = comparison.overlaps
    assert found.true_ids.tolist() == [7, 900_000]
    assert found.true_areas.tolist() == found.predicted_areas.tolist() == found.shared.tolist() == [4, 4]


def test_what_is_not_scored_has_no_cells() -> None:
    """A predicted cell counts by half of its pixels, or in part and on a true cell, as in the count of cells."""
    scored = np.ones((1, 8, 12), bool)
    scored[..., 6:] = False
    truth = np.zeros((1, 8, 12), np.int32)
    truth[0, 6, 5:8] = 3
    predicted = np.zeros((1, 8, 12), np.int32)
    predicted[0, 0, 4:8] = 1  # half inside
    predicted[0, 2, 5:8] = 2  # one pixel inside, on no cell
    predicted[0, 4, 8:11] = 4  # outside
    predicted[0, 6, 5:9] = 5  # one pixel inside, on a cell
    (found,) = Comparison(predicted > 0, truth > 0, scored, predicted, truth).overlaps
    assert found.true_ids.tolist() == [3]
    assert found.true_areas.tolist() == [1]
    assert found.predicted_ids.tolist() == [1, 5]
    assert found.predicted_areas.tolist() == [2, 1]


def test_masks_and_their_components_give_the_same_cells_where_some_pixels_are_not_scored() -> None:
    scored = np.ones((1, 8, 12), bool)
    scored[..., 6:] = False
    masks, truth = np.zeros((2, 1, 8, 12), bool)
    masks[0, 0, 4:8] = masks[0, 2, 5:8] = truth[0, 6, 5:8] = masks[0, 6, 5:9] = True
    (found,) = Comparison(masks, truth, scored).overlaps
    assert found.predicted_areas.tolist() == [2, 1]
    assert found.true_areas.tolist() == [1]
