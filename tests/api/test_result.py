"""What a notebook gets out of results."""

from __future__ import annotations

import re
from math import inf, isnan
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

import robustbench_cells as rb
from robustbench_cells.api.result import BenchmarkResult
from robustbench_cells.errors import BenchmarkWarning, GateError, ResultsError, UnknownNameError
from robustbench_cells.results.example_patches import save_examples
from robustbench_cells.results.storage import save
from robustbench_cells.results.tables import summarise
from tests.support.frame_arrays import DATA, bright
from tests.support.gate_runs import lower, make_seed
from tests.support.pytest_runs import bench
from tests.support.report_results import make_examples, make_results

mpl.use("agg")
RESULT = BenchmarkResult(make_results({"m": 0.9, "weak": 0.5, "background": 0.1}))


def test_table_is_the_summary() -> None:
    table = RESULT.to_pandas()
    assert table["jaccard_low"].equals(summarise(RESULT.results)["jaccard_low"].reset_index(drop=True))
    assert list(table)[:7] == ["model", "artefact", "parameter", "unit", "intensity", "frames", "patches"]
    assert table.index.tolist() == list(range(len(table)))


def test_curve_is_tidy_and_has_the_means_of_the_records() -> None:
    curve = RESULT.curve("noise")
    assert list(curve) == ["model", "intensity", "metric", "value", "low", "high", "blocks"]
    rows = RESULT.results.records.query("segmenter == 'm' and artefact == 'noise' and intensity == 50")
    (value,) = curve.query("model == 'm' and intensity == 50 and metric == 'jaccard'")["value"]
    assert value == pytest.approx(rows["jaccard"].mean())
    sums = curve.query("metric == 'cells_true'")
    assert sums[["low", "high"]].isna().all().all()
    assert len(RESULT.curve("noise", "recall")) == len(curve.query("metric == 'recall'"))


@pytest.mark.parametrize(("arguments", "words"), [(("fog",), "'fog'"), (("noise", "dice"), "'dice'")])
def test_what_did_not_run_is_named(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(UnknownNameError, match=words):
        RESULT.curve(*arguments)
    with pytest.raises(UnknownNameError, match=words):
        RESULT.plot(*arguments)


def test_break_points_say_what_is_censored() -> None:
    table = RESULT.break_points().set_index(["model", "artefact", "direction", "limit"])
    weak = table.loc[("weak", "noise", "up", "relative")]
    assert (weak["low"], weak["high"]) == (0, 50)  # intensities that ran
    assert 0 < weak["intensity"] < 50
    assert weak["score"] == pytest.approx(0.9 * 0.474)
    assert weak["censored"] == ""
    absolute = table.query("limit == 'absolute'")
    assert absolute["score"].tolist() == pytest.approx([0.9 * 0.874] * 8)
    assert len(table) == 2 * len(absolute)
    right = table[table["censored"] == "right"]
    assert len(right)
    assert (right[["low", "high"]].abs() == inf).any(axis=1).all()
    assert np.isfinite(right["intensity"]).all()
    without_zoom_1 = RESULT.results.records.query("artefact != 'cell_size' or intensity != 1").reset_index(drop=True)
    fallen = without_zoom_1["jaccard"].where(without_zoom_1["artefact"] != "cell_size", 0.01)
    left = BenchmarkResult(type(RESULT.results)(without_zoom_1.assign(jaccard=fallen), RESULT.results.run))
    rows = left.break_points().query("artefact == 'cell_size' and direction == 'up'")
    assert rows["censored"].tolist() == ["left"] * 4
    assert rows["intensity"].tolist() == rows["high"].tolist() == [2.0] * 4
    assert rows["low"].tolist() == [-inf] * 4


def test_plot_draws_each_model_into_the_axes_that_it_is_given() -> None:
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    assert RESULT.plot("noise", "jaccard", axes) is axes
    assert axes.get_xlabel() == "sigma (grey levels)"
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert set(labels) == {"m", "weak", "background"}
    (line,) = (one for one in axes.lines if one.get_marker() == "o")
    curve = RESULT.curve("noise", "jaccard").query("model == 'm'")
    assert line.get_ydata() == pytest.approx(curve["value"].to_numpy())


def test_gate_takes_a_folder_or_another_result(tmp_path: Path) -> None:
    worse = BenchmarkResult(make_results({"m": 0.8, "weak": 0.5, "background": 0.1}))
    RESULT.save(tmp_path)
    for baseline in (RESULT, tmp_path, str(tmp_path)):
        gate = worse.gate(baseline)
        assert gate.status == "fail"
        table = gate.to_pandas()
        assert "regresses" in set(table.query("model == 'm'")["outcome"])
        assert set(table.query("model == 'weak'")["outcome"]) == {"holds", "at the floor"}
        clean = table.query("model == 'm' and condition == 'clean'").iloc[0]
        assert clean["difference"] == pytest.approx(-0.1)
        assert clean["low"] <= clean["difference"] <= clean["high"] < -clean["tolerance"]
    assert RESULT.gate(RESULT).status == "pass"
    assert worse.gate(RESULT, {"jaccard": np.float32(0.4)}).status == "pass"
    assert "FAIL" in repr(worse.gate(RESULT))
    with pytest.raises(GateError, match="has no x"):
        worse.gate(RESULT, against={"m": "x"})


def test_gate_takes_several_seeds_of_the_recipe_in_use(tmp_path: Path) -> None:
    seeds = [BenchmarkResult(make_seed(number)) for number in (3, 4, 5)]
    candidate = BenchmarkResult(make_seed(6, lower("noise", 0.01)))
    for number, seed in enumerate(seeds):
        seed.save(tmp_path / f"{number}")
    for baselines in (seeds, [tmp_path / f"{number}" for number in range(3)]):
        gate = candidate.gate(baselines)
        assert gate.status == "pass"
        axes = gate.to_pandas().query("criterion == 'area'").set_index("condition")
        assert axes.loc["noise", "outcome"] == "watch"
        assert set(axes["seeds"]) == {3}
        assert (axes["deviation"].abs() < axes["reach"]).all()
        assert set(axes["beyond"]) == {""}
        assert axes.loc["noise", "relative"] == pytest.approx(
            axes.loc["noise", "difference"] / axes.loc["noise", "baseline"]
        )
    assert candidate.gate(seeds, within_spread="fail").status == "fail"
    assert candidate.gate(seeds[0]).to_pandas()["deviation"].isna().all()
    with pytest.raises(GateError, match="give all of them in one way"):
        candidate.gate([seeds[0], tmp_path / "1"])
    with pytest.raises(GateError, match="must be 'pass' or 'fail'"):
        candidate.gate(seeds, within_spread="maybe")  # type: ignore[arg-type]


def test_stored_results_come_back_whole(tmp_path: Path) -> None:
    result = rb.benchmark(bright, DATA, {"noise": [0, 50]}, profile="quick", progress=False)
    result.save(tmp_path / "run")
    back = rb.open_run(tmp_path / "run")
    assert back.results.records.equals(result.results.records)
    assert back.results.run == result.results.run
    written = {path.name for path in back.report(tmp_path / "reports")}
    assert {"index.html", "summary.csv"} <= written
    page = (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    assert "data:image/webp" in page  # the example patches came along
    assert back.to_pandas().equals(result.to_pandas())


def test_saving_takes_a_former_verdict_away(tmp_path: Path) -> None:
    RESULT.save(tmp_path)
    (tmp_path / "gate.md").write_text("# PASS")
    RESULT.save(tmp_path)
    assert not (tmp_path / "gate.md").exists()
    with pytest.raises(ResultsError, match="no stored results"):
        rb.open_run(tmp_path / "nowhere")


def test_run_of_pytest_is_opened_with_its_verdict(tmp_path: Path) -> None:
    from robustbench_cells.reporting.gate_summary import save_gate
    from robustbench_cells.reporting.gate_text import summarise_gate

    save(RESULT.results, tmp_path)
    save_gate(summarise_gate("no baseline"), tmp_path)
    assert "No verdict" in rb.open_run(tmp_path)._repr_html_()


def test_notebook_shows_the_first_screen_and_runs_nothing() -> None:
    html = RESULT._repr_html_()
    assert "Which model can I trust" in html
    assert "has the highest mean Jaccard" in html
    assert not re.search(r"<script|<style|\bid=|javascript:|src=", html)
    assert "mean Jaccard" in repr(RESULT)


def test_names_cannot_act_in_a_notebook() -> None:
    hostile = BenchmarkResult(make_results({"<img src=x onerror=alert(1)>": 0.9}))
    assert "<img" not in hostile._repr_html_()


def test_intervals_of_one_frame_are_unknown() -> None:
    one = BenchmarkResult(make_results({"m": 0.9}, frames=1))
    assert all(isnan(low) for low in one.curve("noise", "jaccard")["low"])


def test_damaged_example_patches_cost_nothing_else(tmp_path: Path) -> None:
    RESULT.save(tmp_path)
    save_examples(make_examples(RESULT.results), RESULT.results, tmp_path)
    (tmp_path / "pictures.npz").write_bytes(b"no archive")
    opened = rb.open_run(tmp_path)
    with pytest.warns(BenchmarkWarning, match="no example patches: ResultsError"):
        opened.save(tmp_path / "again")
    assert rb.open_run(tmp_path / "again").results.run == RESULT.results.run


def test_notebook_run_can_be_followed_by_pytest(tmp_path: Path) -> None:
    data = rb.open_dataset("synthetic", frames=3, margin=25)
    result = rb.benchmark("dog_otsu", data, {"noise": [50]}, profile="quick", progress=False)
    settings = result.results.run.settings
    assert (settings.frames, settings.margin) == (3, 25)
    result.save(tmp_path / "baseline")
    bench(tmp_path, "--rb-model=dog_otsu", "--rb-baseline=baseline", "--rb-block=1", code=0)
