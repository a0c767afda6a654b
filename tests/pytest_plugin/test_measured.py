"""A data set with a measured axis, as its users run it: collected, scored, drawn, judged."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from tests.support.measured_set import axis_toml, shift, write_measured_set
from tests.support.pytest_runs import bench

FOCUS = "measured:focus"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("measured")
    write_measured_set(folder / "set")
    bench(folder, *OPTIONS, "-k", "focus or clean", "-v")
    return folder


OPTIONS = ("--rb-dataset", "set", "--rb-model", "dog_otsu", "--rb-artefact", f"{FOCUS}", "--rb-artefact", "defocus=3,6")


def page_data(folder: Path) -> dict:
    page = (folder / "reports" / "index.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_measured_curve_is_drawn_over_the_simulated_one(whole: Path) -> None:
    summary = pd.read_csv(whole / "reports" / "summary.csv").query("segmenter == 'dog_otsu'")
    assert set(summary["artefact"]) == {"clean", "defocus", FOCUS}
    data = page_data(whole)
    line = next(number for number, one in enumerate(data["lines"]) if one["name"] == "dog_otsu")
    (panel,) = (one for one in data["panels"] if any(curves["jaccard"] for curves in one["beside"]))
    (measured,) = panel["beside"][line]["jaccard"]
    simulated = panel["curves"][line]["jaccard"]
    assert measured["x"] == simulated["x"] == [0, 3, 6]
    drawn = summary[summary["artefact"] == FOCUS].sort_values("intensity")["jaccard"]
    assert measured["y"][1:] == pytest.approx(drawn.tolist(), abs=1e-4)
    assert measured["y"][0] == simulated["y"][0]
    assert measured["y"][1:] == pytest.approx(simulated["y"][1:], abs=0.1)  # a disk is near to diffraction here
    assert "measured:focus, radius 3 px" in measured["hover"][1]
    page = (whole / "reports" / "index.html").read_text(encoding="utf-8")
    assert page.count("Dotted, open markers: measured:focus") == 1


def test_the_gate_judges_a_measured_axis_and_refuses_other_images(whole: Path) -> None:
    judged = ("--rb-dataset", "set", "--rb-model", "dog_otsu", "--rb-baseline", "reports")
    out = bench(whole, "--rb-reports", "again", *judged, code=8)  # two frames: inconclusive
    assert re.search(r"dog_otsu measured:focus: mean Jaccard\n.*3 +6\n.*\n.*\n.* \+0\.000 +\+0\.000", out)
    (whole / "set/focus_6/f1.png").write_bytes((whole / "set/focus_3/f1.png").read_bytes())
    out = bench(whole, "--rb-reports", "other", *judged, code=4)
    assert re.search(r"the version of measured:focus is \d+ in the baseline and \d+ in the candidate", out)


def test_mistakes_end_the_run_before_any_test(tmp_path: Path) -> None:
    root = write_measured_set(tmp_path / "set", axis_toml({3: "gone"}))
    assert "gone: no such folder" in bench(tmp_path, *OPTIONS, code=4)
    (root / "measured.toml").write_text(axis_toml(), encoding="utf-8")
    shift(root / "focus_3/f0.png", 6, 0)
    assert re.search(r"f0.png: is shifted by \d\.\d px", bench(tmp_path, *OPTIONS, code=4))
