"""Two artefacts at once, as users run them: beside the rest of the grid, drawn, resumed and judged."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from tests.support.pytest_runs import bench, records

PAIR = "vignetting-80+shot_noise"
OPTIONS = ("--rb-frames=1", "--rb-model=dog_otsu", "--rb-artefact=shot_noise=10,30", "--rb-artefact=vignetting=80")
TOGETHER = "--rb-together=vignetting=80+shot_noise=10,30"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run without the pair, whose results are the folder ``old``, and the same with it."""
    folder = tmp_path_factory.mktemp("together")
    bench(folder, *OPTIONS, "--rb-store=records.sqlite", "--rb-reports=old", figures=False)
    return folder, bench(folder, *OPTIONS, TOGETHER, "--rb-store=records.sqlite", figures=True)


def test_no_other_number_changes_and_nothing_is_computed_twice(whole: tuple[Path, str]) -> None:
    folder, output = whole
    before, after = pd.read_csv(folder / "old" / "patches.csv.gz"), records(folder)
    own = after[after["artefact"] == PAIR]
    pd.testing.assert_frame_equal(after[after["artefact"] != PAIR].reset_index(drop=True), before)
    assert set(own["intensity"]) == {10, 30}
    assert f"{len(before)} cached, {len(own)} computed" in output
    again = bench(folder, *OPTIONS, TOGETHER, "--rb-store=records.sqlite", "--rb-reports=again", "-k", "vignetting-80+")
    assert f"{len(own)} records: all cached" in again
    info = json.loads((folder / "reports" / "run.json").read_text(encoding="utf-8"))["artefacts"][PAIR]
    assert info["together"] == {"first": "vignetting", "intensity": 80, "second": "shot_noise"}


def test_its_curve_is_drawn_beside_that_of_the_swept_one_alone(whole: tuple[Path, str]) -> None:
    folder, _ = whole
    page = (folder / "reports" / "index.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    data = json.loads(found[1])
    line = next(number for number, one in enumerate(data["lines"]) if one["name"] == "dog_otsu")
    table = records(folder).query("segmenter == 'dog_otsu'").groupby(["artefact", "intensity"])["jaccard"].mean()
    (panel,) = (one for one in data["panels"] if one["beside"][line]["jaccard"])
    (alone,) = panel["beside"][line]["jaccard"]
    own = panel["curves"][line]["jaccard"]
    assert own["x"] == alone["x"] == [10, 30]
    assert own["y"] == pytest.approx(table[PAIR].tolist(), abs=1e-4)
    assert alone["y"] == pytest.approx(table["shot_noise"].tolist(), abs=1e-4)
    assert "Dotted, open markers: shot_noise alone" in page
    assert f"<figcaption>{PAIR}</figcaption>" in page
    assert (folder / "reports" / "figures" / "vignetting_shot_noise.svg").exists()


def test_the_gate_judges_it_as_any_axis_and_names_what_an_older_baseline_lacks(whole: tuple[Path, str]) -> None:
    folder, _ = whole
    judged = ("--rb-model=dog_otsu", "--rb-store=records.sqlite", "--rb-reports=judged")
    out = bench(folder, *judged, "--rb-baseline=reports", code=8)  # one frame: inconclusive
    assert re.search(rf"inconclusive +area dog_otsu-{re.escape(PAIR)} ", out)
    out = bench(folder, *judged, "--rb-baseline=old", TOGETHER, code=4)
    assert f"artefact {PAIR}=10,30 contradicts the baseline, which ran with {PAIR}=nothing" in out
