from __future__ import annotations

import zipfile
from math import inf, isinf, isnan
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.errors import ResultsError
from robustbench_cells.results.curves import directions, normalised_auc
from robustbench_cells.results.example_patches import EXAMPLES_FILE, choose_examples, load_examples, save_examples
from robustbench_cells.results.intervals import percentile_interval, resampled
from robustbench_cells.results.merging import merge_runs
from robustbench_cells.results.scorecard import Figure, scorecards
from robustbench_cells.results.tables import Results
from tests.support.manifests import with_fact
from tests.support.report_results import pictures, results

RUN = results({"strong": 0.9, "weak": 0.5})
BY_NAME = {card.segmenter: card for card in scorecards(RUN, {"strong": [10.0, 12.0, 11.0]})}


def test_a_card_says_what_the_records_say() -> None:
    card = BY_NAME["strong"]
    rows = RUN.records[RUN.records["segmenter"] == "strong"]
    clean = rows.loc[rows["artefact"] == "clean", "jaccard"].mean()
    grid = rows[rows["artefact"].isin(["noise", "illumination", "cell_size"])]
    mean = grid.groupby(["artefact", "intensity"])["jaccard"].mean().groupby("artefact").mean().mean()
    assert card.clean
    assert card.mean
    assert card.relative
    assert card.cells_signed
    assert card.cells_absolute
    assert card.milliseconds == Figure(11.0, 10.0, 12.0)
    assert card.clean.value == pytest.approx(clean)
    assert card.mean.value == pytest.approx(mean)
    assert card.relative.value == pytest.approx(mean / clean)
    assert card.cells_signed.value == card.cells_absolute.value == pytest.approx(0.35)  # 11 to 16 cells counted of 10
    assert card.worst == "noise"
    assert card.heights["noise"].value == pytest.approx((clean + 2 * (clean - 0.25) + clean - 0.5) / 4)


def test_it_breaks_where_a_tenth_is_lost_and_both_ways() -> None:
    card = BY_NAME["strong"]
    clean = card.clean.value if card.clean else 0
    at = {(point.artefact, point.direction): point for point in card.breaks}
    assert set(at) == {("noise", 1), ("illumination", 1), ("cell_size", 1), ("cell_size", -1)}
    assert at["noise", 1].point.value == pytest.approx(0.1 * clean / 0.5 * 100)
    assert at["cell_size", -1].reached is False
    assert isinf(at["cell_size", -1].point.value)
    assert at["noise", 1].point.low <= at["noise", 1].point.value <= at["noise", 1].point.high


def test_without_the_neutral_intensity_a_break_before_the_first_that_ran_is_not_known() -> None:
    """Sigma 0 stretches: it may have broken the model already, which clean does not show."""
    rows = RUN.records
    for artefact, way, nearest in (("noise", 1, 100), ("cell_size", -1, 0.5), ("noise", 1, 50)):
        near = rows.assign(jaccard=rows["jaccard"].where(rows["artefact"] == "clean", rows["jaccard"] / 2))
        part = near[(near["artefact"] == "clean") | (near["intensity"] == nearest)].reset_index(drop=True)
        (point,) = [one for one in scorecards(Results(part, RUN.run))[0].breaks if one.artefact == artefact]
        assert (point.left_censored, point.reached, point.broken_at_neutral, point.undefined) == (
            True,
            False,
            False,
            False,
        )
        assert (point.nearest, point.point.value) == (nearest, -way * inf)


def test_the_order_is_that_of_an_absolute_score() -> None:
    cards = scorecards(results({"weak": 0.3, "strong": 0.8, "background": 0.1}))
    assert [card.segmenter for card in cards] == ["strong", "weak"]  # no card for the background


def test_without_clean_what_rests_on_it_is_left_out() -> None:
    only = Results(RUN.records[RUN.records["artefact"] == "noise"].reset_index(drop=True), RUN.run)
    card = scorecards(only)[0]
    assert (card.clean, card.relative, card.breaks, card.cells_signed) == (None, None, (), None)
    assert card.mean


def test_one_block_has_no_interval() -> None:
    (card,) = scorecards(results({"one": 0.9}, frames=1))
    assert card.mean
    assert isnan(card.mean.low)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_the_interval_of_a_resampled_mean_holds_within_the_values(values: list[float]) -> None:
    sums = np.column_stack([values, np.ones(len(values))])
    low, high = percentile_interval((drawn := resampled(sums))[:, 0] / drawn[:, 1])
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


@given(st.floats(0, 1), st.lists(st.floats(0, 1e4), min_size=2, max_size=9, unique=True))
def test_a_flat_curve_is_as_high_as_its_points(height: float, intensities: list[float]) -> None:
    intensities = sorted(intensities)
    if intensities[-1] - intensities[0] > 1e-6:
        assert normalised_auc(np.full(len(intensities), height), intensities) == pytest.approx(height)


def test_the_sides_of_neutral() -> None:
    assert directions([0.5, 1, 2, 3], 1) == [(1, [1, 2, 3]), (-1, [1, 0.5])]
    assert directions([0, 50], 0) == [(1, [0, 50])]


def test_pictures_are_chosen_by_rule() -> None:
    views = choose_examples(RUN)
    strip = [view for view in views if not view.failure_of]
    assert len({(view.frame, view.patch) for view in strip}) == 1
    assert (strip[0].frame, strip[0].patch) == ("003", 0)  # the lower of the two in the middle of twelve
    assert {(view.artefact, view.intensity) for view in strip} == set(
        RUN.records[["artefact", "intensity"]].itertuples(index=False, name=None)
    )
    worst = [view for view in views if view.failure_of == "strong" and view.artefact == "noise"]
    assert [(view.frame, view.patch, view.intensity) for view in worst] == [("005", 1, 0.0), ("005", 0, 0.0)]


def test_a_long_grid_is_shown_in_nine_steps() -> None:
    many = pd.concat([RUN.records.assign(artefact="noise", intensity=float(sigma)) for sigma in range(41)])
    many = many.drop_duplicates(["segmenter", "intensity", "frame", "patch"]).reset_index(drop=True)
    strip = [view.intensity for view in choose_examples(Results(many, RUN.run)) if not view.failure_of]
    assert strip == [0, 5, 10, 15, 20, 25, 30, 35, 40]


def test_pictures_come_back_as_they_were_and_only_with_their_results(tmp_path: Path) -> None:
    taken = pictures(RUN)
    save_examples(taken, RUN, tmp_path)
    back = load_examples(RUN, tmp_path)
    assert back
    assert list(back.views) == list(taken.views)
    assert np.array_equal(back.images, taken.images)
    assert all(np.array_equal(back.masks[name], mask) for name, mask in taken.masks.items())
    assert load_examples(results({"other": 0.9}), tmp_path) is None
    assert load_examples(RUN, tmp_path / "elsewhere") is None


@pytest.mark.parametrize("keep", [0, 100, -100])
def test_damaged_pictures_are_refused_in_words(keep: int, tmp_path: Path) -> None:
    save_examples(pictures(RUN), RUN, tmp_path)
    path = tmp_path / EXAMPLES_FILE
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ResultsError, match=r"pictures\.npz: is damaged"):
        load_examples(RUN, tmp_path)


def test_pictures_that_declare_more_than_there_is_take_no_memory(tmp_path: Path) -> None:
    save_examples(pictures(RUN), RUN, tmp_path)
    path = tmp_path / EXAMPLES_FILE
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    count = len(choose_examples(RUN))
    members["images.npy"] = members["images.npy"].replace(f"({count}, 256, 256)".encode(), b"(9999999, 256, 256)")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ResultsError, match=r"pictures\.npz: is damaged .*more than the 1073741824 bytes allowed"):
        load_examples(RUN, tmp_path)


def test_two_runs_of_the_same_frames_share_them() -> None:
    first, second = results({"m": 0.9, "background": 0.1}), results({"m": 0.8, "background": 0.1})
    both = merge_runs(first, second)
    assert set(both.records["segmenter"]) == {"m (A)", "m (B)", "background"}
    assert len(both.records) == len(first.records) + len(second.records) // 2
    means = both.records[both.records["artefact"] == "clean"].groupby("segmenter")["jaccard"].mean()
    assert means["m (A)"] - means["m (B)"] == pytest.approx(0.1)


def test_two_runs_of_other_frames_stay_apart() -> None:
    first, second = results({"m": 0.9, "background": 0.1}), results({"m": 0.8, "background": 0.1}, frames=4)
    second = with_fact(second, "dataset", "fingerprint", value="other")
    both = merge_runs(first, second)
    assert set(both.records["segmenter"]) == {"m (A)", "m (B)"}
    assert len(both.run.dataset.frames) == len(set(both.run.dataset.positions)) == 10
    assert both.summary["frames"].max() == 6
    second = with_fact(second, "settings", "block", value=2)
    with pytest.raises(ResultsError, match="frames per block differ"):
        merge_runs(first, second)
