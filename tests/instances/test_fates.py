"""What became of each cell, on drawn cells, and in agreement with the counts that are scored."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.instances.fates import CellFates, Fate, find_fates
from robustbench_cells.instances.matching import count_merged, count_missed, matched_pairs
from robustbench_cells.instances.overlaps import Overlaps, find_overlaps
from robustbench_cells.types import Labels


def boxes(*places: tuple[int, int]) -> Labels:
    """A row of pixels in which each cell is a range, numbered in order."""
    labels = np.zeros((1, 100), np.int32)
    for number, (start, end) in enumerate(places, start=1):
        labels[0, start:end] = number
    return labels


def fates(truth: Labels, prediction: Labels) -> CellFates:
    return find_fates(find_overlaps(truth, prediction))


def test_each_way_to_lose_a_cell() -> None:
    truth = boxes((0, 10), (10, 16), (20, 30), (40, 60), (70, 80))
    prediction = boxes((0, 16), (40, 49), (49, 60), (72, 76), (90, 99))
    found = fates(truth, prediction)
    assert found.true == (Fate.FOUND, Fate.MERGED, Fate.MISSED, Fate.FOUND, Fate.POOR_OUTLINE)
    assert found.predicted == (Fate.FOUND, Fate.SPLIT, Fate.FOUND, Fate.POOR_OUTLINE, Fate.INVENTED)
    thirds = fates(boxes((0, 30), (50, 80)), boxes((0, 10), (10, 20), (20, 30)))
    assert (thirds.true, set(thirds.predicted)) == ((Fate.SPLIT, Fate.MISSED), {Fate.SPLIT})
    merged = fates(boxes((0, 10), (10, 20), (20, 30)), boxes((0, 30)))
    assert (set(merged.true), merged.predicted) == ({Fate.MERGED}, (Fate.MERGED,))


def test_partners_are_the_match_else_the_largest_overlap() -> None:
    truth, prediction = boxes((0, 10), (10, 14), (50, 60)), boxes((0, 14), (20, 30))
    overlaps = find_overlaps(truth, prediction)
    found = find_fates(overlaps)
    assert overlaps.of_predicted[found.partner_of_true[:2]].tolist() == [0, 0]
    assert overlaps.of_true[found.partner_of_predicted[:1]].tolist() == [0]
    assert (found.partner_of_true[2], found.partner_of_predicted[1]) == (-1, -1)


def test_empty_sides() -> None:
    nothing = boxes()
    assert fates(nothing, nothing).true == ()
    assert fates(boxes((0, 9)), nothing).true == (Fate.MISSED,)
    assert fates(nothing, boxes((0, 9))).predicted == (Fate.INVENTED,)


@st.composite
def cells(draw: st.DrawFn) -> Overlaps:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return find_overlaps(*(rng.integers(0, 5, (4, 30)).repeat(3, 1).astype(np.int32) for _ in range(2)))


@given(cells())
def test_fates_agree_with_what_is_counted(overlaps: Overlaps) -> None:
    found = find_fates(overlaps)
    true, predicted = Counter(found.true), Counter(found.predicted)
    assert true[Fate.FOUND] == predicted[Fate.FOUND] == len(matched_pairs(overlaps))
    assert true[Fate.MISSED] == count_missed(overlaps)
    assert predicted[Fate.INVENTED] == count_missed(overlaps.swapped)
    assert (true[Fate.INVENTED], predicted[Fate.MISSED]) == (0, 0)
    swapped = find_fates(overlaps.swapped)
    mirror = {Fate.MERGED: Fate.SPLIT, Fate.SPLIT: Fate.MERGED, Fate.MISSED: Fate.INVENTED, Fate.INVENTED: Fate.MISSED}
    both_ways = {Fate.MERGED, Fate.SPLIT}  # a cell may be in both, and merged is named first
    for one, other in zip(found.true, swapped.predicted, strict=True):
        assert other is mirror.get(one, one) or {one, other} <= both_ways
    if not count_merged(overlaps):
        assert Fate.MERGED not in true
