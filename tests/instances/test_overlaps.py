"""The overlap table, compared with one counted pixel by pixel."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from robustbench_cells.instances.components import label_components
from robustbench_cells.instances.overlaps import find_overlaps

IDS = st.sampled_from([-2, -1, 0, 1, 2, 3, 70_000, 2**31 - 1])
PATCHES = arrays(np.int32, (7, 9), elements=IDS)


@given(PATCHES, PATCHES)
def test_it_is_what_counting_each_pair_of_ids_gives(truth: np.ndarray, prediction: np.ndarray) -> None:
    found = find_overlaps(truth, prediction)
    assert found.true_ids.tolist() == sorted({*truth[truth > 0].tolist()})
    assert found.predicted_ids.tolist() == sorted({*prediction[prediction > 0].tolist()})
    assert found.true_areas.tolist() == [(truth == one).sum() for one in found.true_ids]
    assert found.predicted_areas.tolist() == [(prediction == one).sum() for one in found.predicted_ids]
    table = np.zeros((len(found.true_ids), len(found.predicted_ids)), int)
    table[found.of_true, found.of_predicted] = found.shared
    for row, one in enumerate(found.true_ids):
        for column, other in enumerate(found.predicted_ids):
            assert table[row, column] == ((truth == one) & (prediction == other)).sum()
    assert (found.shared > 0).all()
    assert len(set(zip(found.of_true.tolist(), found.of_predicted.tolist(), strict=True))) == len(found.shared)


@given(PATCHES, PATCHES)
def test_swapping_truth_and_prediction_swaps_it(truth: np.ndarray, prediction: np.ndarray) -> None:
    swapped, found = find_overlaps(prediction, truth), find_overlaps(truth, prediction).swapped
    assert swapped.true_areas.tolist() == found.true_areas.tolist()
    assert sorted(swapped.iou.tolist()) == sorted(found.iou.tolist())


def test_components_are_8_connected_and_numbered_in_each_mask() -> None:
    masks = np.zeros((2, 4, 5), bool)
    masks[0, 0, 0] = masks[0, 1, 1] = masks[0, 3, 4] = masks[1, 2, 2] = True
    labels = label_components(masks)
    assert labels.dtype == np.int32
    assert labels.max(axis=(1, 2)).tolist() == [2, 1]
    assert labels[0, 0, 0] == labels[0, 1, 1] != labels[0, 3, 4]
    assert ((labels > 0) == masks).all()
