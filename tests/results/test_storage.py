"""Stored results: what is saved is loaded, and untrusted files are refused with a clear error."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.files.checksums import sha256
from robustbench_cells.metrics import METRICS
from robustbench_cells.reporting.outputs import OUTPUTS, write_reports
from robustbench_cells.reporting.report import Report
from robustbench_cells.results import limits, storage
from robustbench_cells.results.storage import load, save
from robustbench_cells.results.tables import Results, records_table, summarise
from tests.support.commands import report
from tests.support.tiny_results import RECORDS, RESULTS, RUN, make_record

REQUIRED = ("command", "dataset", "settings", "segmenters", "artefacts", "metrics", "tests", "versions")
COLUMNS = b"segmenter,artefact,intensity,frame,patch,jaccard,precision,cells_predicted,cells_true\n"


def test_results_round_trip(tmp_path: Path) -> None:
    shuffled = Results(records_table(RECORDS[::-1]), RUN)
    save(shuffled, tmp_path)
    first = (tmp_path / "patches.csv.gz").read_bytes()
    save(RESULTS, tmp_path)
    assert (tmp_path / "patches.csv.gz").read_bytes() == first
    loaded = load(tmp_path)
    assert loaded.run == RUN
    assert loaded.records.equals(RESULTS.records)


@pytest.mark.parametrize("name", ["NA", "null", "nan", "None", "_x", "m$x_$", "細胞", "a|b", "<i>"])
def test_any_name_round_trips(name: str, tmp_path: Path) -> None:
    records = [make_record(name, "noise", level, 0, 0.5, 0.5, 1, 1) for level in (0, 50)]
    run = replace(RUN, dataset=replace(RUN.dataset, title=name), segmenters={name: "digest"})
    save(Results(records_table(records), run), tmp_path)
    loaded = load(tmp_path)
    assert set(loaded.records["segmenter"]) == {name}
    assert {path.name for path in write_reports(Report(loaded), tmp_path)} == set(OUTPUTS.names()) - {"claims.md"}
    assert set(summarise(loaded)["segmenter"]) == {name}


def test_missing_results_are_reported_with_the_command_that_makes_them(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="no stored results; run pytest on your benchmark with --rb-reports"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("run.json", b"{", "damaged"),
        ("run.json", json.dumps({**RUN.to_json(), "version": 99}).encode(), "version 99"),
        ("run.json", b"[]", "damaged"),
        ("run.json", b"[" * 100_000, "damaged"),
        *[("run.json", json.dumps({**RUN.to_json(), key: {}}).encode(), "damaged|different runs") for key in REQUIRED],
        ("patches.csv.gz", b"not gzip", "different runs"),
    ],
)
def test_damaged_results_are_refused(
    file: str, content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(RESULTS, tmp_path)
    (tmp_path / file).write_bytes(content)
    with pytest.raises(ResultsError, match=message):
        load(tmp_path)
    assert report(["--results", str(tmp_path)]) == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("limit", "value", "content", "message"),
    [
        ("_MAX_BYTES", 2**20, b"a\n" + b"00000000" * 2**18, "or 1 MiB, the limits for writing and reading"),
        ("MAX_RECORDS", 100, b"a\n" * 101, "more than 100 records"),
        ("_MAX_HEAD", 100, b"a," * 51 + b"\n", r"patches\.csv\.gz has column names of 102 bytes together"),
    ],
    ids=["bytes", "records", "column_names"],
)
def test_a_table_above_a_limit_is_refused_before_it_takes_memory(
    limit: str, value: int, content: bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(RESULTS, tmp_path)
    run = json.loads((tmp_path / "run.json").read_text())
    (tmp_path / "patches.csv.gz").write_bytes(gzip.compress(content))
    run["records_sha256"] = sha256(tmp_path / "patches.csv.gz")
    (tmp_path / "run.json").write_text(json.dumps(run))
    monkeypatch.setattr(storage, limit, value)
    with pytest.raises(ResultsError, match=message):
        load(tmp_path)


def test_a_file_above_a_limit_is_neither_read_nor_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(RESULTS, tmp_path)
    monkeypatch.setattr(storage, "_MAX_BYTES", 20)
    with pytest.raises(ResultsError, match=r"patches\.csv\.gz: has 173 bytes, more than the 20 allowed"):
        load(tmp_path)
    with pytest.raises(ResultsError, match="limits for writing and reading; run fewer frames or models at a time"):
        save(RESULTS, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("part", ["segmenters", "metrics"])
def test_a_run_of_thousands_is_refused_before_reports_begin(
    part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(RESULTS, tmp_path)
    run = json.loads((tmp_path / "run.json").read_text())
    run[part] |= dict.fromkeys((f"m{number}" for number in range(3000)), next(iter(run[part].values())))
    (tmp_path / "run.json").write_text(json.dumps(run))
    assert report(["--results", str(tmp_path)]) == 2
    assert f"run.json.{part}: has {len(run[part])} entries, more than the" in capsys.readouterr().err
    assert not (tmp_path / "index.html").exists()


def test_records_of_thousands_of_conditions_are_refused(tmp_path: Path) -> None:
    levels = range(limits.MAX_FIGURES // len(RUN.metrics) // len(RUN.segmenters) + 1)
    save(Results(RESULTS.records.iloc[[0] * len(levels)].assign(intensity=levels), RUN), tmp_path)
    with pytest.raises(ResultsError, match="3 models under 8334 conditions with 4 metrics are 100008 figures"):
        load(tmp_path)


def test_a_manifest_above_a_limit_is_refused(tmp_path: Path) -> None:
    save(RESULTS, tmp_path)
    (tmp_path / "run.json").write_bytes(b" " * (2**24 + 1))
    with pytest.raises(ResultsError, match=r"run\.json: has 16777217 bytes, more than the 16777216 allowed"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not gzip", "damaged"),
        (gzip.compress(b"segmenter,artefact\na,b\n"), "no column intensity"),
        (gzip.compress(COLUMNS + b"a,b,0,c,0,high,1,1,1\n"), "damaged"),
    ],
    ids=["no_gzip", "no_column", "no_number"],  # the bytes hold the time, which differs between workers
)
@pytest.mark.parametrize("change", [{}, {"metrics": []}, {"dataset": None}])
def test_untrusted_results_are_refused(content: bytes, message: str, change: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "patches.csv.gz").write_bytes(content)
    run = {**RUN.to_json(), "records_sha256": sha256(tmp_path / "patches.csv.gz"), **change}
    (tmp_path / "run.json").write_text(json.dumps(run))
    with pytest.raises(ResultsError, match="damaged" if change else message):
        load(tmp_path)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("dataset", "frames"), ["b"], r"the frame a is missing from run\.json"),
        (("artefacts",), {}, r"the artefact noise is missing from run\.json"),
        (("segmenters",), {"good": "one"}, "the segmenter background, bad is missing"),
        (("dataset", "positions"), ["first"], r"damaged \(run\.json\.dataset\.positions\[0\]: 'first' is not of type"),
    ],
)
def test_a_manifest_that_does_not_fit_its_records_is_refused(
    path: tuple[str, ...], value: object, message: str, tmp_path: Path
) -> None:
    save(RESULTS, tmp_path)
    run = json.loads((tmp_path / "run.json").read_text())
    place = run
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (tmp_path / "run.json").write_text(json.dumps(run))
    with pytest.raises(ResultsError, match=message):
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
def test_untrusted_records_are_refused(column: str, value: str, tmp_path: Path) -> None:
    save(Results(RESULTS.records.assign(**{column: value}), RUN), tmp_path)
    with pytest.raises(ResultsError, match=r"damaged.*; run the benchmark again$") as raised:
        load(tmp_path)
    assert len(str(raised.value)) < 3000


@pytest.mark.parametrize(
    ("metric", "score"),
    [("jaccard", 7.0), ("jaccard", -0.01), ("jaccard", float("inf")), ("precision", 1.5), ("cells_predicted", -1.0)],
)
def test_a_score_that_its_metric_cannot_have_is_refused(metric: str, score: float, tmp_path: Path) -> None:
    ranges = {name: METRICS.get(name).range for name in RUN.metrics}
    run = replace(RUN, metrics={name: replace(info, range=ranges[name]) for name, info in RUN.metrics.items()})
    save(Results(RESULTS.records, run), tmp_path)
    assert load(tmp_path).records["precision"].isna().any()  # undefined is no fault
    records = RESULTS.records.copy()
    records.loc[2, metric] = score
    save(Results(records, run), tmp_path)
    with pytest.raises(
        ResultsError, match=rf"damaged \({metric} is {score:g} in patch 0 of frame a, bad under noise-50"
    ):
        load(tmp_path)


@pytest.mark.parametrize("patch", [0.5, -1, 12])
def test_a_patch_that_no_frame_has_is_refused(patch: float, tmp_path: Path) -> None:
    save(Results(RESULTS.records.assign(patch=RESULTS.records["patch"].replace(1, patch)), RUN), tmp_path)
    with pytest.raises(ResultsError, match=r"damaged \(a patch is not numbered "):
        load(tmp_path)


def test_records_of_another_run_are_refused(tmp_path: Path) -> None:
    save(RESULTS, tmp_path)
    save(Results(RESULTS.records.iloc[:3], RUN), tmp_path / "other")
    (tmp_path / "other" / "patches.csv.gz").replace(tmp_path / "patches.csv.gz")
    with pytest.raises(ResultsError, match=r"run\.json and patches\.csv\.gz belong to different runs"):
        load(tmp_path)


def test_stored_names_cannot_leave_their_folder(tmp_path: Path) -> None:
    for field, name in (("artefacts", "../x"), ("metrics", "a/b"), ("artefacts", "/x")):
        infos = getattr(RUN, field)
        run = replace(RUN, **{field: {**infos, name: next(iter(infos.values()))}})
        save(Results(RESULTS.records, run), tmp_path)
        with pytest.raises(ResultsError, match="does not match"):
            load(tmp_path)
