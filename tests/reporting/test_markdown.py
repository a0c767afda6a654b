"""What Markdown reports have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustbench_cells.reporting.report import Report
from robustbench_cells.results.tables import Results
from tests.support.manifests import change_manifest
from tests.support.report_outputs import write_output
from tests.support.report_results import make_results


@pytest.mark.parametrize(
    ("frames", "warning"),
    [
        (1, "Few frames: a single block, so there are no 95 % intervals."),
        (2, "Few frames: only 2 blocks of frames."),
        (6, ""),
    ],
)
@pytest.mark.parametrize("name", ["index.html", "leaderboard.md", "summary.md"])
def test_few_blocks_are_warned_of(frames: int, warning: str, name: str, tmp_path: Path) -> None:
    text = write_output(name, Report(make_results({"m": 0.9}, frames=frames)), tmp_path)
    assert warning in text
    assert ("Few frames" in text) == bool(warning)


def test_a_count_of_one_is_singular(tmp_path: Path) -> None:
    results = make_results({"m": 0.9}, frames=1)
    results = change_manifest(
        change_manifest(results, "settings", "most_patches", value=1), "settings", "block", value=1
    )
    first = (results.records.index == 0) & (results.records["artefact"] == "cell_size")
    report = Report(Results(results.records.assign(jaccard=results.records["jaccard"].mask(first)), results.run))
    assert "over blocks of 1 frame<" in write_output("index.html", report, tmp_path)
    summary = write_output("summary.md", report, tmp_path)
    assert "(at most 1 patch per frame)" in summary
    assert "on up to 1 patch per entry" in summary
