from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.files.checksums import sha256
from robustbench_cells.reporting.outputs import OUTPUTS, write_reports
from robustbench_cells.reporting.report import Report
from robustbench_cells.reporting.terminal import terminal_table
from robustbench_cells.results import storage
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.storage import load, save
from robustbench_cells.results.tables import Results, records_table, summarise
from robustbench_cells.types import Record
from tests.support.commands import report

NAN = float("nan")
METRICS = {
    "jaccard": {"pooled": "mean", "best": "highest", "target": "", "version": 1},
    "precision": {"pooled": "mean", "best": "highest", "target": "", "version": 1},
    "cells_predicted": {"pooled": "sum", "best": "nearest", "target": "cells_true", "version": 1},
    "cells_true": {"pooled": "sum", "best": "nearest", "target": "cells_true", "version": 1},
}
RUN = RunManifest.from_json(
    {
        "version": 2,
        "command": "pytest benchmarks/ -k '<noise>|clean'",
        "dataset": {
            "key": "k",
            "title": "synthetic | <b>made up</b>",
            "fingerprint": "0123456789abcdef",
            "frames": ["a"],
            "positions": [0],
        },
        "segmenters": {"good": "one", "bad": "two", "background": "background 1"},
        "settings": {"profile": "default", "most_patches": 12, "seed": 0, "block": 1},
        "artefacts": {"noise": {"version": 1, "parameter": "sigma", "unit": "grey levels", "neutral": 0.0}},
        "metrics": METRICS,
        "tests": {"ran": 6, "grid": 8, "failed": []},
        "versions": {"robustbench_cells": "0"},
    }
)

CHECKED = ("command", "dataset", "settings", "segmenters", "artefacts", "metrics", "tests", "versions")


def record(segmenter: str, artefact: str, intensity: float, patch: int, *scores: float) -> Record:
    values = [float(score) for score in scores]
    return Record(segmenter, artefact, float(intensity), "a", patch, dict(zip(METRICS, values, strict=True)))


RECORDS = [
    record("good", "noise", 50, 0, 0.8, 0.9, 5, 4),
    record("good", "noise", 50, 1, 0.6, NAN, 3, 4),
    record("bad", "noise", 50, 0, 0.1, 0.2, 50, 4),
    record("bad", "noise", 50, 1, 0.3, 0.4, 60, 4),
    record("good", "clean", 0, 0, 0.9, 1.0, 4, 4),
    record("background", "clean", 0, 0, 0.95, NAN, 0, 4),
    record("bad", "clean", 0, 0, 0.4, 0.9, 9, 4),
]
RESULTS = Results(records_table(RECORDS), RUN)


def test_a_summary_pools_as_the_metric_says_and_counts_what_it_leaves_out() -> None:
    summary = summarise(RESULTS).set_index(["segmenter", "artefact", "intensity"])
    row = summary.loc[("good", "noise", 50)]
    assert row["jaccard"] == pytest.approx(0.7)
    assert row["precision"] == pytest.approx(0.9)
    assert row["precision_undefined"] == 1
    assert (row["cells_predicted"], row["cells_true"]) == (8, 8)
    assert (row["parameter"], row["unit"], row["frames"], row["patches"]) == ("sigma", "grey levels", 1, 2)
    assert np.isnan(summary.loc[("background", "clean", 0)]["precision"])
    assert summarise(RESULTS)["artefact"].iloc[0] == "clean"


def test_the_columns_of_the_summary() -> None:
    assert list(summarise(RESULTS))[:7] == [
        "segmenter", "artefact", "parameter", "unit", "intensity", "frames", "patches",
    ]  # fmt: skip


def test_results_come_back_as_they_were(tmp_path: Path) -> None:
    shuffled = Results(records_table(RECORDS[::-1]), RUN)
    save(shuffled, tmp_path)
    first = (tmp_path / "patches.csv.gz").read_bytes()
    save(RESULTS, tmp_path)
    assert (tmp_path / "patches.csv.gz").read_bytes() == first
    back = load(tmp_path)
    assert back.run == RUN
    assert back.records.equals(RESULTS.records)


def test_the_report_command_gives_the_same_files_again(tmp_path: Path) -> None:
    save(RESULTS, tmp_path)
    write_reports(Report(RESULTS), tmp_path / "first")
    assert report(["--results", str(tmp_path), "--out", str(tmp_path / "again")]) == 0
    first, again = (
        {path.relative_to(tmp_path / d): path.read_bytes() for path in (tmp_path / d).rglob("*.*")}
        for d in ("first", "again")
    )
    assert {path.parts[0] for path in first} == set(OUTPUTS.names()) - {"claims.md"}  # none can be tested on these
    assert again == first


def test_markdown_marks_the_best_and_says_what_is_missing(tmp_path: Path) -> None:
    write_reports(Report(RESULTS), tmp_path)
    text = (tmp_path / "summary.md").read_text()
    assert "**0.700**" in text
    assert "**8**" in text  # nearest to the true count, not the highest
    assert "0.950" in text
    assert "**0.950**" not in text  # the background is for comparison
    assert "synthetic" in text
    assert "6 of its 8 tests ran" in text
    assert "undefined" in text
    assert "<b>" not in text.replace("\\<b\\>", "")


def test_the_terminal_table_names_conditions() -> None:
    table = terminal_table(RESULTS)
    assert "noise 50" in table
    assert "clean" in table
    assert "0.700" in table


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("run.json", b"{", "damaged"),
        ("run.json", json.dumps({**RUN.to_json(), "version": 99}).encode(), "version 99"),
        ("run.json", b"[]", "damaged"),
        ("run.json", b"[" * 100_000, "damaged"),
        *[("run.json", json.dumps({**RUN.to_json(), part: {}}).encode(), "damaged|different runs") for part in CHECKED],
        ("patches.csv.gz", b"not gzip", "different runs"),
    ],
)
def test_damaged_results_are_refused_in_words(
    file: str, content: bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(RESULTS, tmp_path)
    (tmp_path / file).write_bytes(content)
    with pytest.raises(ResultsError, match=words):
        load(tmp_path)
    assert report(["--results", str(tmp_path)]) == 2
    assert "error:" in capsys.readouterr().err


def test_more_results_than_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(RESULTS, tmp_path)
    run = json.loads((tmp_path / "run.json").read_text())
    for limit, most, content, words in (
        ("_MAX_BYTES", 2**20, b"a\n" + b"00000000" * 2**18, "or 1 MiB, the limits for writing and reading"),
        ("_MAX_RECORDS", 100, b"a\n" * 101, "more than 100 records"),
        ("_MAX_HEAD", 100, b"a," * 51 + b"\n", r"patches\.csv\.gz has columns whose names have 102 bytes"),
    ):
        with monkeypatch.context() as smaller:
            smaller.setattr(storage, limit, most)
            (tmp_path / "patches.csv.gz").write_bytes(gzip.compress(content))
            run["records_sha256"] = sha256(tmp_path / "patches.csv.gz")
            (tmp_path / "run.json").write_text(json.dumps(run))
            with pytest.raises(ResultsError, match=words):
                load(tmp_path)
    with monkeypatch.context() as smaller:
        smaller.setattr(storage, "_MAX_BYTES", 20)
        with pytest.raises(ResultsError, match="larger than the limit of 0 MiB"):
            load(tmp_path)
        with pytest.raises(ResultsError, match="neither written nor read; run fewer frames"):
            save(RESULTS, tmp_path / "new")
        assert not (tmp_path / "new").exists()
    (tmp_path / "run.json").write_bytes(b" " * (2**24 + 1))
    with pytest.raises(ResultsError, match=r"run\.json has 16777217 bytes, more than the 16777216 allowed"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not gzip", "damaged"),
        (gzip.compress(b"segmenter,artefact\na,b\n"), "no column intensity"),
        (gzip.compress(b"segmenter,artefact,intensity,frame,patch,jaccard,precision,cells_predicted,cells_true\n"
                       b"a,b,0,c,0,high,1,1,1\n"), "damaged"),
    ],
    ids=["no_gzip", "no_column", "no_number"],  # the bytes hold the time, which differs between workers
)  # fmt: skip
@pytest.mark.parametrize("spoil", [{}, {"metrics": []}, {"dataset": None}])
def test_results_of_strangers_are_refused_in_words(
    content: bytes, words: str, spoil: dict[str, object], tmp_path: Path
) -> None:
    (tmp_path / "patches.csv.gz").write_bytes(content)
    run = {**RUN.to_json(), "records_sha256": sha256(tmp_path / "patches.csv.gz"), **spoil}
    (tmp_path / "run.json").write_text(json.dumps(run))
    with pytest.raises(ResultsError, match="damaged" if spoil else words):
        load(tmp_path)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("dataset", "positions"), [0, 1], "1 frames have 2 positions"),
        (("dataset", "positions"), ["first"], r"run\.json\.dataset\.positions\[0\]: 'first' is not of type 'integer'"),
        (("dataset", "frames"), ["a", "a"], r"dataset\.frames"),
        (("dataset", "frames"), ["b"], "the frame a is missing from run\\.json"),
        (("dataset", "fingerprint"), None, r"dataset\.fingerprint: None is not of type 'string'"),
        (("settings", "block"), 0, r"settings\.block: 0 is less than the minimum of 1"),
        (("settings", "seed"), "one", r"settings\.seed"),
        (("tests", "ran"), None, r"tests\.ran"),
        (("tests", "failed"), [1], r"tests\.failed\[0\]"),
        (("artefacts", "noise", "version"), None, r"artefacts\.noise\.version"),
        (("artefacts",), {}, "the artefact noise is missing from run\\.json"),
        (("segmenters",), {"good": "one"}, "the segmenter background, bad is missing"),
        (("segmenters",), [["good"]], r"segmenters: \[\['good'\]\] is not of type 'object'"),
        (("metrics", "jaccard", "pooled"), "median", r"metrics\.jaccard\.pooled: 'median' is not one of"),
        (("metrics", "jaccard", "target"), "dice", "metrics aim at {'dice'}, which is no metric"),
    ],
)
def test_facts_of_strangers_are_refused_in_words(
    path: tuple[str, ...], value: object, words: str, tmp_path: Path
) -> None:
    save(RESULTS, tmp_path)
    run = json.loads((tmp_path / "run.json").read_text())
    place = run
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (tmp_path / "run.json").write_text(json.dumps(run))
    with pytest.raises(ResultsError, match=""):
        load(tmp_path)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("intensity", "much"),
        ("intensity", "x" * 70_000),
        ("intensity", "inf"),
        ("patch", ""),
        ("patch", "0"),
        ("patch", "9" * 30),
        ("artefact", "fog"),
    ],
    ids=lambda value: value[:20],
)
def test_records_of_strangers_are_refused_in_words(column: str, value: str, tmp_path: Path) -> None:
    save(Results(RESULTS.records.assign(**{column: value}), RUN), tmp_path)
    with pytest.raises(ResultsError, match=r"damaged.*; run the benchmark again$") as found:
        load(tmp_path)
    assert len(str(found.value)) < 3000


def test_records_of_another_run_are_refused(tmp_path: Path) -> None:
    save(RESULTS, tmp_path)
    save(Results(RESULTS.records.iloc[:3], RUN), tmp_path / "other")
    (tmp_path / "other" / "patches.csv.gz").replace(tmp_path / "patches.csv.gz")
    with pytest.raises(ResultsError, match=r"run\.json and patches\.csv\.gz belong to different runs"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["NA", "null", "nan", "None", "_x", "m$x_$", "細胞", "a|b", "<i>"])
def test_any_name_comes_through(name: str, tmp_path: Path) -> None:
    records = [record(name, "noise", level, 0, 0.5, 0.5, 1, 1) for level in (0, 50)]
    run = replace(RUN, dataset=replace(RUN.dataset, title=name), segmenters={name: "digest"})
    save(Results(records_table(records), run), tmp_path)
    back = load(tmp_path)
    assert set(back.records["segmenter"]) == {name}
    assert {path.name for path in write_reports(Report(back), tmp_path)} == set(OUTPUTS.names()) - {"claims.md"}
    assert set(summarise(back)["segmenter"]) == {name}


def test_one_output_that_fails_leaves_the_others(tmp_path: Path) -> None:
    (tmp_path / "summary.csv").mkdir()
    with pytest.raises(ResultsError, match=r"summary\.csv: IsADirectoryError"):
        write_reports(Report(RESULTS), tmp_path)
    assert (tmp_path / "summary.md").is_file()


def test_a_sum_over_nothing_is_undefined(tmp_path: Path) -> None:
    records = [record("m", "clean", 0, 0, 0.5, 0.5, NAN, 1)]
    assert np.isnan(summarise(Results(records_table(records), RUN))["cells_predicted"].iloc[0])


def test_missing_results_say_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="no stored results; run pytest on your benchmark with --rb-reports"):
        load(tmp_path)


def test_no_record_is_no_table() -> None:
    with pytest.raises(ResultsError, match="no condition ran"):
        records_table([])
