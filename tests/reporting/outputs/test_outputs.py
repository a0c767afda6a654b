"""Every report output: untrusted names, thin results, two compared runs, and what an earlier report left."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.reporting.gate_text import summarise_gate
from robustbench_cells.reporting.outputs import OUTPUTS, write_reports
from robustbench_cells.reporting.report import Report
from robustbench_cells.results.example_patches import choose_examples, save_examples
from robustbench_cells.results.manifest import GridTests
from robustbench_cells.results.storage import save
from robustbench_cells.results.tables import Results
from tests.support.commands import report
from tests.support.manifests import change_manifest
from tests.support.report_outputs import write_output
from tests.support.report_results import make_examples, make_results
from tests.support.tiny_results import RESULTS

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
    "\x1b[2J\x07\x9b1m\u202e\u2028net",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    results = make_results({name: 0.9 - 0.05 * number for number, name in enumerate(HOSTILE)})
    results = change_manifest(results, "dataset", "title", value=HOSTILE[1])
    results = change_manifest(
        change_manifest(results, "command", value=HOSTILE[0]), "tests", "failed", value=HOSTILE[:1]
    )
    examples = make_examples(results)
    examples = replace(examples, masks=dict(list(examples.masks.items())[:3]))
    write_reports(Report(results, examples, summarise_gate(HOSTILE[1])), folder)
    return folder


def test_untrusted_names_are_not_html(hostile: Path) -> None:
    page = (hostile / "index.html").read_text()
    assert page.count("<script") == 3 + page.count("'<script")  # our three, and those within plotly's own text
    for name in ("<img src=x", "<b onmouseover", "<script>alert"):
        assert name not in page
    assert "{{ 7 * 7 }}" in page


def test_untrusted_names_do_not_control_a_terminal(hostile: Path) -> None:
    files = [path for path in hostile.rglob("*") if path.suffix in (".md", ".csv", ".tex", ".svg")]
    assert len(files) > 10
    for path in files:
        text = path.read_text()
        assert not set("\x1b\x07\x9b\u202e\u2028") & set(text), path
        assert "u2028net" in text or path.suffix == ".svg", path


def test_untrusted_names_are_not_formulas(hostile: Path) -> None:
    for table, column in (("summary.csv", "segmenter"), ("break_points.csv", "model")):
        with (hostile / table).open(newline="") as file:
            names = {row[column] for row in csv.DictReader(file)}
        assert len(names) == len(HOSTILE)
        assert not [name for name in names if name[0] in "=+-@"]


def test_untrusted_names_do_not_break_a_table(hostile: Path) -> None:
    text = (hostile / "leaderboard.md").read_text()
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    models, *limits = (table.splitlines() for table in tables)
    assert len(models) == 2 + len(HOSTILE)
    assert len(limits) == 2  # the absolute one, and those relative to each clean score
    for rows in (models, *limits):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    for rows in limits:
        assert len(re.findall(r"(?<!\\)\|", rows[0])) == 2 + len(HOSTILE)  # a column per model, beside the limit's
    assert "<script" not in re.sub(r"`.*?`", "", text).replace("\\<", "")


def test_untrusted_names_are_not_latex(hostile: Path) -> None:
    lines = (hostile / "summary.tex").read_text().splitlines()
    table = [line for line in lines if not line.startswith("%")]
    assert all(line.endswith((r"\\", "rule", "}")) for line in table)
    assert r"\input" not in "".join(table)
    columns = {len(re.findall(r"(?<!\\)&", line)) for line in table if line.endswith(r"\\")}
    assert columns == {len(HOSTILE)}


def test_the_best_is_in_bold_and_undefined_scores_are_named(tmp_path: Path) -> None:
    write_reports(Report(RESULTS), tmp_path)
    text = (tmp_path / "summary.md").read_text()
    assert "**0.700**" in text
    assert "**8**" in text  # nearest to the true count, not the highest
    assert "0.950" in text
    assert "**0.950**" not in text  # the background is for comparison only
    assert "synthetic" in text
    assert "6 of its 8 tests ran" in text
    assert "undefined" in text
    assert "<b>" not in text.replace("\\<b\\>", "")


def test_figures_of_an_earlier_report_are_removed(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    for name in ("old.png", "recall.png", "mine.txt"):
        (tmp_path / "figures" / name).write_text("")
    results = make_results({"m": 0.9})
    write_reports(Report(results), tmp_path)
    assert (tmp_path / "figures" / "recall.png").stat().st_size > 0
    clean = Results(results.records[results.records["artefact"] == "clean"].reset_index(drop=True), results.run)
    write_reports(Report(clean), tmp_path / "clean")
    assert not (tmp_path / "clean" / "figures").exists()
    write_reports(Report(clean), tmp_path)
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"old.png", "mine.txt"}  # other files stay
    write_reports(Report(results), tmp_path)
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert {"jaccard.svg", "jaccard.png", "precision_recall.svg", "illumination_noise.png"} <= names


@pytest.mark.usefixtures("without_figures")
def test_the_page_stays_small_and_names_what_is_excluded(tmp_path: Path) -> None:
    results = make_results({f"model_{number}": 0.9 for number in range(8)})
    run = replace(results.run, tests=GridTests(7, 8, ("x",)))
    partial = Results(results.records.drop(results.records.index[-24:]), run)
    write_reports(Report(partial, make_examples(partial)), tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert len(page) < 10e6
    assert "7 of its 8 tests ran" in page
    assert "Failed, and excluded below: x." in page
    assert "Not all models ran under the same conditions" in page
    assert 'class="badge">synthetic' in page


def test_the_report_command_writes_the_same_files_again(tmp_path: Path) -> None:
    save(RESULTS, tmp_path)
    write_reports(Report(RESULTS), tmp_path / "first")
    assert report(["--results", str(tmp_path), "--out", str(tmp_path / "again")]) == 0
    first, again = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
        for name in ("first", "again")
    )
    assert {path.parts[0] for path in first} == set(OUTPUTS.names()) - {"claims.md"}  # no claim can be tested
    assert again == first


def test_two_compared_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, clean in (("a", 0.9), ("b", 0.7)):
        save(make_results({"m": clean}), tmp_path / name)
    assert report(["--compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    folder = tmp_path / "b" / "compared"
    page = (folder / "index.html").read_text()
    assert {path.name for path in folder.iterdir()} == set(OUTPUTS.names()) - {"claims.md"}
    assert "m (A)" in page
    assert "No example patches: this page compares two runs" in page
    assert "the candidate is significantly worse" in page
    assert report(["--compare", str(tmp_path / "a"), str(tmp_path / "none")]) == 2
    assert "no stored results" in capsys.readouterr().err


def make_thin(name: str) -> Results:
    """Results that are valid but lack something that reports show."""
    results = make_results({"m": 0.9, "n": 0.4, "background": 0.1})
    records = results.records
    if name == "only clean":
        records = records[records["artefact"] == "clean"]
    elif name == "no clean":
        records = records[records["artefact"] != "clean"]
    elif name == "only the background":
        records = records[records["segmenter"] == "background"]
    elif name == "only combined":
        records = records[records["artefact"].str.contains(r"\+")]
    elif name == "one frame":
        records = records[records["frame"] == "000"]
    elif name == "one intensity":
        records = records[records["intensity"].isin([0, 50])]
    elif name == "noise undefined":
        records = records.assign(jaccard=records["jaccard"].mask(records["artefact"] == "noise"))
    elif name == "nothing defined":
        records = records.assign(**dict.fromkeys(("jaccard", "precision", "recall", "cells_true"), float("nan")))
    elif name == "clean is 0":
        records = records.assign(jaccard=records["jaccard"].where(records["artefact"] != "clean", 0.0))
    elif name == "one model partial":
        records = records[(records["segmenter"] != "m") | records["artefact"].isin(["clean", "noise"])]
    elif name == "no precision":
        records = records.drop(columns=["precision", "cells_predicted", "cells_true"])
        removed = ("precision", "cells_predicted", "cells_true")
        metrics = {name: info for name, info in results.run.metrics.items() if name not in removed}
        return Results(records, replace(results.run, metrics=metrics))
    return Results(records.reset_index(drop=True), results.run)


@pytest.mark.parametrize(
    "name",
    ["only clean", "no clean", "only the background", "only combined", "one frame", "one intensity", "noise undefined",
     "nothing defined", "clean is 0", "one model partial", "no precision"],
)  # fmt: skip
def test_thin_results_are_reported(name: str, tmp_path: Path) -> None:
    results = make_thin(name)
    views = choose_examples(results)
    write_reports(Report(results, make_examples(results) if views else None), tmp_path)
    page = (tmp_path / "index.html").read_text()
    data = page.partition('id="data">')[2].partition("</script>")[0]
    json.loads(data, parse_constant=lambda constant: pytest.fail(f"{constant} is not JSON"))
    texts = {
        "no clean": "90 % of the best clean score, which was not run; include it",
        "noise undefined": "undefined",
        "nothing defined": "undefined",
        "clean is 0": "below the limit already at 0 grey levels",
        "one model partial": "Not all models ran under the same conditions",
    }
    assert texts.get(name, "") in page
    if name in ("nothing defined", "one model partial", "only clean"):
        assert "highest mean Jaccard" not in page


def test_an_output_that_fails_leaves_the_others(tmp_path: Path) -> None:
    (tmp_path / "summary.csv").mkdir()
    with pytest.raises(ResultsError, match=r"summary\.csv: IsADirectoryError"):
        write_reports(Report(RESULTS), tmp_path)
    assert (tmp_path / "summary.md").is_file()


@pytest.mark.usefixtures("without_figures")
def test_damaged_example_patches_leave_the_rest_of_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = make_results({"m": 0.9})
    save(results, tmp_path)
    save_examples(make_examples(results), results, tmp_path)
    assert report(["--results", str(tmp_path)]) == 0
    assert "No example patches" not in (tmp_path / "index.html").read_text()
    (tmp_path / "pictures.npz").write_bytes(b"PK")
    assert report(["--results", str(tmp_path)]) == 0
    page = (tmp_path / "index.html").read_text()
    assert "No example patches: pictures.npz of this run is missing or damaged." in page
    assert "pictures.npz: is damaged" in capsys.readouterr().err


def _noisy(frames: int) -> Results:
    """Two models on frames whose scores vary, the one more than the other."""
    results = make_results({"calm": 0.9, "wild": 0.9}, frames=frames)
    rng = np.random.default_rng(0)
    scores = 0.6 + rng.normal(0, np.where(results.records["segmenter"] == "calm", 0.004, 0.1))
    metrics = dict.fromkeys(("accuracy", "jaccard", "precision", "recall"), scores)
    cells = rng.poisson(11, len(scores)).astype(float)
    return Results(results.records.assign(**metrics, cells_predicted=cells), results.run)


@pytest.mark.parametrize("frames", [4, 12])
def test_each_column_of_the_paper_table_has_one_number_of_digits(frames: int, tmp_path: Path) -> None:
    text = write_output("summary.tex", Report(_noisy(frames)), tmp_path)
    rows = [line.removesuffix(r" \\").split(" & ")[1:] for line in text.splitlines() if "[" in line and line[0] != "%"]
    digits = [
        {len(number) for cell in column for number in re.findall(r"\.(\d+)", cell)}
        for column in zip(*rows, strict=True)
    ]
    assert digits == [{3}, {2}]
    assert all(cell.endswith("]*" if frames < 6 else "]") for row in rows for cell in row)


@pytest.mark.parametrize("name", ["index.html", "leaderboard.md", "summary.md"])
def test_intervals_over_few_blocks_are_marked(name: str, tmp_path: Path) -> None:
    few, many = (write_output(name, Report(_noisy(frames)), tmp_path / str(frames)) for frames in (4, 12))
    mark = re.compile(r"\[[-+\d.]+, [-+\d.]+\\?\]\\?\*|±[\d.]+\\\*")
    assert mark.search(few)
    assert not mark.search(many)


def test_digits_of_a_summary_follow_the_intervals(tmp_path: Path) -> None:
    text = write_output("summary.md", Report(_noisy(12)), tmp_path)
    (table,) = re.findall(r"### noise: jaccard\n\n(.*?)\n\n", text, re.DOTALL)
    cells = [row.replace("*", "").split("|")[2:4] for row in table.splitlines()[2:]]
    assert [{len(cell.strip().partition(".")[2]) for cell in column} for column in zip(*cells, strict=True)] == [
        {3},
        {2},
    ]


def test_the_table_for_programs_has_the_number_of_blocks(tmp_path: Path) -> None:
    rows = list(csv.DictReader(write_output("summary.csv", Report(_noisy(4)), tmp_path).splitlines()))
    assert {row["jaccard_blocks"] for row in rows} == {"4"}
