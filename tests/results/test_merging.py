"""Two runs as one."""

from __future__ import annotations

import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.reporting.cell_rules import true_cells
from robustbench_cells.results.merging import merge_runs
from tests.support.cell_runs import with_cells
from tests.support.manifests import change_manifest
from tests.support.report_results import make_results


def test_two_runs_on_the_same_frames_share_them() -> None:
    first, second = make_results({"m": 0.9, "background": 0.1}), make_results({"m": 0.8, "background": 0.1})
    both = merge_runs(first, second)
    assert set(both.records["segmenter"]) == {"m (A)", "m (B)", "background"}
    assert len(both.records) == len(first.records) + len(second.records) // 2
    means = both.records[both.records["artefact"] == "clean"].groupby("segmenter")["jaccard"].mean()
    assert means["m (A)"] - means["m (B)"] == pytest.approx(0.1)


def test_two_runs_on_other_frames_stay_apart() -> None:
    first, second = make_results({"m": 0.9, "background": 0.1}), make_results({"m": 0.8, "background": 0.1}, frames=4)
    second = change_manifest(second, "dataset", "fingerprint", value="other")
    both = merge_runs(first, second)
    assert set(both.records["segmenter"]) == {"m (A)", "m (B)"}
    assert len(both.run.dataset.frames) == len(set(both.run.dataset.positions)) == 10
    assert both.summary["frames"].max() == 6
    second = change_manifest(second, "settings", "block", value=2)
    with pytest.raises(ResultsError, match="frames per block differ"):
        merge_runs(first, second)


def test_lengths_have_micrometres_only_where_the_pixels_are_alike() -> None:
    first, other = (change_manifest(make_results({"m": 0.9}), "settings", "pixel_size", value=x) for x in (1.6, 0.8))
    assert merge_runs(first, first).run.settings.pixel_size == 1.6
    assert merge_runs(first, other).run.settings.pixel_size is None


@pytest.mark.parametrize("plugin", ["artefact noise", "metric jaccard"])
def test_edited_plug_ins_are_not_compared(plugin: str) -> None:
    run = make_results({"m": 0.9, "background": 0.1})
    first, second = (change_manifest(run, "sources", value={plugin: code}) for code in ("a1", "b2"))
    with pytest.raises(ResultsError, match="their code of plug-ins differ"):
        merge_runs(first, second)
    assert len(merge_runs(first, run).records)  # runs of earlier versions do not name it


def test_a_run_with_more_metrics_is_compared_by_those_that_both_have() -> None:
    run = make_results({"m": 0.9, "background": 0.1})
    more = with_cells(run)
    for pair in ((run, more), (more, run)):
        both = merge_runs(*pair)
        assert set(both.run.metrics) == set(run.run.metrics)
        assert not {"ap50", "merged"} & set(both.records)
        assert set(both.summary["segmenter"]) == {"m (A)", "m (B)", "background"}
    assert "ap50" in merge_runs(more, more).summary


def test_runs_that_count_cells_at_the_border_otherwise_are_not_compared_by_cells() -> None:
    run = make_results({"m": 0.9, "background": 0.1})
    dropped = change_manifest(run, "settings", "edge_cells", value="drop")
    assert len(merge_runs(run, dropped).records)  # neither scored cells
    with pytest.raises(ResultsError, match="rules for cells that a patch cuts"):
        merge_runs(with_cells(run), with_cells(dropped))


@pytest.mark.parametrize(
    ("kinds", "expected"), [(("ids", "ids"), "ids"), (("ids", "components"), "mixed"), (("ids", ""), "")]
)
def test_true_cells_of_two_data_sets_are_said_to_be_of_both_kinds(kinds: tuple[str, str], expected: str) -> None:
    first, second = (
        change_manifest(
            change_manifest(make_results({"m": 0.9}), "dataset", "instances", value=kind),
            "dataset",
            "touching",
            value=0.3,
        )
        for kind in kinds
    )
    both = merge_runs(first, change_manifest(second, "dataset", "fingerprint", value="other")).run
    assert both.dataset.instances == expected
    assert "touch another" not in true_cells(both)  # its share is known of each, not of both
