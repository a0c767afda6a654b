from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.reporting.gate_text import GateSummary, save_gate, summarise_gate
from robustbench_cells.reporting.number_format import format_break_point, format_figure
from robustbench_cells.reporting.outputs import OUTPUTS, write_reports
from robustbench_cells.reporting.pair_heatmaps import pair_maps
from robustbench_cells.reporting.report import Report
from robustbench_cells.results.example_patches import choose_examples, save_examples
from robustbench_cells.results.manifest import GridTests
from robustbench_cells.results.scorecard import BreakPoint, Figure
from robustbench_cells.results.storage import load, save
from robustbench_cells.results.tables import Results
from tests.support.commands import report
from tests.support.manifests import with_fact
from tests.support.report_results import pictures, results

INF, NAN = float("inf"), float("nan")
HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    '"><b onmouseover=alert(1)>',
    "=HYPERLINK(1)",
    "+1",
    "@x",
    "a|b\n| c",
    "\\input{x}%$&#_^~{}",
    "[x](javascript:alert(1))",
    "{{ 7 * 7 }}",
]


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (Figure(0.8651, 0.8585, 0.8726), "0.865 [0.859, 0.873]"),
        (Figure(26.044, 25.39, 26.69), "26.0 [25.4, 26.7]"),
        (Figure(1391.2, 1361.0, 1429.0), "1,390 [1,360, 1,430]"),
        (Figure(0.5), "0.500"),
        (Figure(12345.0), "12,345"),
        (Figure(0.0), "0.000"),
        (Figure(NAN), "undefined"),
        (Figure(INF, INF, INF), "undefined"),
        (Figure(0.8, 0.7, INF), "0.800 [0.700, undefined]"),
        (None, "not run"),
    ],
)
def test_figures_are_rounded_to_what_their_interval_supports(figure: Figure | None, words: str) -> None:
    assert format_figure(figure) == words


@pytest.mark.parametrize(
    ("point", "way", "neutral", "words"),
    [
        (Figure(26.04, 25.4, 26.7), 1, 0, "26.0 px [25.4, 26.7]"),
        (Figure(180.0, 170.0, INF), 1, 0, "180 px [170, beyond 200]"),
        (Figure(INF, INF, INF), 1, 0, "not reached up to 200 px"),
        (Figure(INF, 170.0, INF), 1, 0, "not reached up to 200 px [170, beyond 200]"),
        (Figure(-INF, -INF, -INF), -1, 400, "not reached down to 200 px"),
        (Figure(20.0, 20.0, 20.0), 1, 20, "at once"),
        (Figure(-INF, -INF, -INF), 1, 0, "somewhere below 20 px (0 did not run)"),
        (Figure(-INF, -INF, 26.7), 1, 0, "somewhere below 20 px (0 did not run) [below 20, 26.7]"),
        (Figure(26.04, -INF, 26.7), 1, 0, "26.0 px [below 20, 26.7]"),
        (Figure(INF, INF, INF), -1, 400, "somewhere above 20 px (400 did not run)"),
    ],
)
def test_break_points_in_words(point: Figure, way: int, neutral: float, words: str) -> None:
    assert format_break_point(BreakPoint("noise", "sigma", "px", way, neutral, 20.0, 200.0, point)) == words


def test_two_at_once_is_a_map_with_each_alone_at_its_edges() -> None:
    (pair,) = pair_maps(results({"m": 0.9}))
    assert (pair.first, pair.second) == ("illumination", "noise")
    assert pair.axes == ("illumination, sigma (grey levels)", "noise, sigma (grey levels)")
    assert (pair.rows, pair.columns) == ((0.0, 1000.0), (0.0, 50.0, 100.0))
    assert set(pair.scores["m"]) >= {(row, column) for row in pair.rows for column in pair.columns}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    run = results({name: 0.9 - 0.05 * number for number, name in enumerate(HOSTILE)})
    run = with_fact(with_fact(run, "dataset", "title", value=HOSTILE[1]), "command", value=HOSTILE[0])
    run = with_fact(run, "tests", "failed", value=[HOSTILE[0]])
    taken = replace(pictures(run), masks=dict(list(pictures(run).masks.items())[:3]))
    write_reports(Report(run, taken, summarise_gate(HOSTILE[1])), folder)
    return folder


def test_names_of_strangers_are_no_html(hostile: Path) -> None:
    page = (hostile / "index.html").read_text()
    assert page.count("<script") == 3 + page.count("'<script")  # our three, and what plotly's own text says
    for name in ("<img src=x", "<b onmouseover", "<script>alert"):
        assert name not in page
    assert "{{ 7 * 7 }}" in page


def test_names_of_strangers_are_no_formula(hostile: Path) -> None:
    with (hostile / "summary.csv").open(newline="") as file:
        names = {row["segmenter"] for row in csv.DictReader(file)}
    assert len(names) == len(HOSTILE)
    assert not [name for name in names if name[0] in "=+-@"]


def test_names_of_strangers_break_no_table(hostile: Path) -> None:
    text = (hostile / "leaderboard.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(HOSTILE)
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert "<script" not in re.sub(r"`.*?`", "", text).replace("\\<", "")


def test_names_of_strangers_are_no_latex(hostile: Path) -> None:
    lines = (hostile / "summary.tex").read_text().splitlines()
    table = [line for line in lines if not line.startswith("%")]
    assert all(line.endswith((r"\\", "rule", "}")) for line in table)
    assert r"\input" not in "".join(table)
    columns = {len(re.findall(r"(?<!\\)&", line)) for line in table if line.endswith(r"\\")}
    assert columns == {len(HOSTILE)}


def test_figures_of_an_earlier_report_go(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    for name in ("old.png", "recall.png", "mine.txt"):
        (tmp_path / "figures" / name).write_text("")
    run = results({"m": 0.9})
    write_reports(Report(run), tmp_path)
    assert (tmp_path / "figures" / "recall.png").stat().st_size > 0
    clean = Results(run.records[run.records["artefact"] == "clean"].reset_index(drop=True), run.run)
    write_reports(Report(clean), tmp_path / "clean")
    assert not (tmp_path / "clean" / "figures").exists()
    write_reports(Report(clean), tmp_path)
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"old.png", "mine.txt"}  # what is not ours stays
    write_reports(Report(run), tmp_path)
    found = {path.name for path in (tmp_path / "figures").iterdir()}
    assert {"jaccard.svg", "jaccard.png", "precision_recall.svg", "illumination_noise.png"} <= found


def test_the_page_stays_small_and_tells_what_is_left_out(tmp_path: Path) -> None:
    run = results({f"model_{number}": 0.9 for number in range(8)})
    few = Results(run.records.drop(run.records.index[-24:]), replace(run.run, tests=GridTests(7, 8, ("x",))))
    write_reports(Report(few, pictures(few)), tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert len(page) < 10e6
    assert "7 of its 8 tests ran" in page
    assert "Failed, and left out below: x." in page
    assert "Not all models ran under the same conditions" in page
    assert 'class="badge">synthetic' in page


def test_two_runs_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, clean in (("a", 0.9), ("b", 0.7)):
        save(results({"m": clean}), tmp_path / name)
    assert report(["--compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    folder = tmp_path / "b" / "compared"
    page = (folder / "index.html").read_text()
    assert {path.name for path in folder.iterdir()} == set(OUTPUTS.names()) - {"claims.md"}
    assert "m (A)" in page
    assert "No pictures: two runs are laid side by side here" in page
    assert "the candidate is surely worse" in page
    assert report(["--compare", str(tmp_path / "a"), str(tmp_path / "none")]) == 2
    assert "no stored results" in capsys.readouterr().err


def odd(name: str) -> Results:
    """Results that are legal and thin."""
    run = results({"m": 0.9, "n": 0.4, "background": 0.1})
    records = run.records
    if name == "only clean":
        records = records[records["artefact"] == "clean"]
    elif name == "no clean":
        records = records[records["artefact"] != "clean"]
    elif name == "only the background":
        records = records[records["segmenter"] == "background"]
    elif name == "only pairs":
        records = records[records["artefact"].str.contains(r"\+")]
    elif name == "one frame":
        records = records[records["frame"] == "000"]
    elif name == "one intensity":
        records = records[records["intensity"].isin([0, 50])]
    elif name == "noise undefined":
        records = records.assign(jaccard=records["jaccard"].mask(records["artefact"] == "noise"))
    elif name == "nothing defined":
        records = records.assign(**dict.fromkeys(("jaccard", "precision", "recall", "cells_true"), NAN))
    elif name == "dead where clean":
        records = records.assign(jaccard=records["jaccard"].where(records["artefact"] != "clean", 0.0))
    elif name == "some cut short":
        records = records[(records["segmenter"] != "m") | records["artefact"].isin(["clean", "noise"])]
    elif name == "no precision":
        records = records.drop(columns=["precision", "cells_predicted", "cells_true"])
        gone = ("precision", "cells_predicted", "cells_true")
        metrics = {name: facts for name, facts in run.run.metrics.items() if name not in gone}
        return Results(records, replace(run.run, metrics=metrics))
    return Results(records.reset_index(drop=True), run.run)


@pytest.mark.parametrize(
    "name",
    ["only clean", "no clean", "only the background", "only pairs", "one frame", "one intensity", "noise undefined",
     "nothing defined", "dead where clean", "some cut short", "no precision"],
)  # fmt: skip
def test_thin_results_are_reported_too(name: str, tmp_path: Path) -> None:
    run = odd(name)
    views = choose_examples(run)
    write_reports(Report(run, pictures(run) if views else None), tmp_path)
    page = (tmp_path / "index.html").read_text()
    data = page.partition('id="data">')[2].partition("</script>")[0]
    json.loads(data, parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))
    words = {
        "no clean": "run it too",
        "noise undefined": "undefined",
        "nothing defined": "undefined",
        "dead where clean": "breaks already at 0 grey levels",
        "some cut short": "Not all models ran under the same conditions",
    }
    assert words.get(name, "") in page
    if name in ("nothing defined", "some cut short", "only clean"):
        assert "highest mean Jaccard" not in page


def written(name: str, report: Report, folder: Path) -> str:
    """One output, without the others."""
    OUTPUTS.get(name).write(report, folder / name)
    return (folder / name).read_text()


def answer(run: Results, folder: Path, verdict: GateSummary | None = None) -> str:
    """The first sentences of the page."""
    page = written("index.html", Report(run, verdict=verdict), folder)
    return "\n".join(re.findall(r'<p class="lead[^>]*>(.*?)</p>', page.partition("<table")[0]))


def test_the_answer_has_the_verdict_first_and_the_clean_score(tmp_path: Path) -> None:
    fails = GateSummary("regresses", "FAIL: the candidate is surely worse", [])
    for models, words in (
        ({"ruined": 0.14}, "ruined keeps 90 % of its clean Jaccard of 0.11"),
        ({"good": 0.9, "ruined": 0.14}, "It keeps 90 % of its clean Jaccard of 0.87"),
    ):
        verdict, sentence = answer(results(models), tmp_path, fails).split("\n")
        assert verdict == "FAIL: the candidate is surely worse."
        assert words in sentence
    assert answer(results({"ruined": 0.14}), tmp_path).startswith("ruined keeps")


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ((0.9, 0.8), "Of 2 models, m0 has the highest mean Jaccard over the grid"),
        ((0.9, 0.8, 0.90001), "Of 3 models, 2 tie for the highest mean Jaccard over the grid"),
        ((0.9, 0.9), "All 2 models tie for the highest mean Jaccard over the grid"),
    ],
)
def test_what_reads_alike_ties(models: tuple[float, ...], words: str, tmp_path: Path) -> None:
    assert answer(results({f"m{n}": clean for n, clean in enumerate(models)}), tmp_path).startswith(words)


def test_a_break_point_that_is_not_known_is_told_in_words(tmp_path: Path) -> None:
    run = results({"m": 0.9})
    noisy = run.records["artefact"] == "noise"
    rows = run.records.assign(jaccard=run.records["jaccard"].mask(noisy, 0.4))
    report = Report(Results(rows[~noisy | (rows["intensity"] > 0)].reset_index(drop=True), run.run))
    words = "somewhere below 50 grey levels (0 did not run)"
    assert words in written("leaderboard.md", report, tmp_path)
    page = written("index.html", report, tmp_path)
    assert f"noise nobody knows how far: it breaks {words}" in page
    assert f'<span class="reach">breaks {words}</span>' in page


def test_few_blocks_are_told(tmp_path: Path) -> None:
    rest, none = "Few frames: intervals that rest on 2 blocks", "Few frames: they make one block"
    for frames, found in ((1, {none}), (2, {rest}), (6, set())):
        report = Report(results({"m": 0.9}, frames=frames))
        for name in ("index.html", "leaderboard.md", "summary.md"):
            text = written(name, report, tmp_path)
            assert {words for words in (rest, none) if words in text} == found


def test_one_of_a_thing_is_singular(tmp_path: Path) -> None:
    run = results({"m": 0.9}, frames=1)
    run = with_fact(with_fact(run, "settings", "most_patches", value=1), "settings", "block", value=1)
    first = (run.records.index == 0) & (run.records["artefact"] == "cell_size")
    report = Report(Results(run.records.assign(jaccard=run.records["jaccard"].mask(first)), run.run))
    assert "over blocks of 1 frame<" in written("index.html", report, tmp_path)
    summary = written("summary.md", report, tmp_path)
    assert "(at most 1 patch a frame)" in summary
    assert "on up to 1 patch a cell" in summary


def test_stored_names_cannot_leave_their_folder(tmp_path: Path) -> None:
    run = results({"m": 0.9})
    for path in (("artefacts", "../x"), ("metrics", "a/b"), ("artefacts", "/x")):
        infos = getattr(run.run, path[0])
        changed = replace(run.run, **{path[0]: {**infos, path[1]: next(iter(infos.values()))}})
        save(Results(run.records, changed), tmp_path)
        with pytest.raises(ResultsError, match="does not match"):
            load(tmp_path)


def test_a_verdict_comes_back_with_the_next_report(tmp_path: Path) -> None:
    save(results({"m": 0.9}), tmp_path)
    save_gate(summarise_gate("no <baseline>"), tmp_path)
    assert report(["--results", str(tmp_path)]) == 0
    assert "no &lt;baseline&gt;" in (tmp_path / "index.html").read_text()
    (tmp_path / "gate.json").write_text('{"verdict": 1}')
    assert report(["--results", str(tmp_path)]) == 2


def test_damaged_pictures_cost_the_pictures_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = results({"m": 0.9})
    save(run, tmp_path)
    save_examples(pictures(run), run, tmp_path)
    assert report(["--results", str(tmp_path)]) == 0
    assert "No pictures" not in (tmp_path / "index.html").read_text()
    (tmp_path / "pictures.npz").write_bytes(b"PK")
    assert report(["--results", str(tmp_path)]) == 0
    assert "No pictures: there is no pictures.npz" in (tmp_path / "index.html").read_text()
    assert "pictures.npz: is damaged" in capsys.readouterr().err
