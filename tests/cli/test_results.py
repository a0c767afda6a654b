from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.metrics import METRICS
from robustbench_cells.results.cache_keys import CacheKey, FrameKey
from robustbench_cells.results.record_cache import RecordCache
from robustbench_cells.types import Record
from tests.support.commands import results as results_command

FRAMES = {"7": FrameKey("synthetic/test", "7", "pixels")}
NOW = {metric.name: metric.version for metric in METRICS}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    store = RecordCache(tmp_path / "records.sqlite")
    version = ARTEFACTS.get("noise").version
    for digest, name, number, metrics in (
        ("a", "old", version, NOW),
        ("b", "new", version, NOW),
        ("b", "new", version + 1, NOW),
        ("b", "new", version, {"jaccard": 99}),
    ):
        records = [Record(name, "noise", 50.0, "7", patch, dict.fromkeys(metrics, 0.5)) for patch in range(3)]
        store.put(CacheKey(digest, "noise", number, 50.0, 0, metrics), FRAMES, records)
    store.close()
    return tmp_path / "records.sqlite"


def run(path: Path, *arguments: str) -> int:
    return results_command(["--store", str(path), *arguments])


def test_list(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(path, "list") == 0
    printed = capsys.readouterr().out
    assert "synthetic/test" in printed
    assert "12 records in" in printed


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.parquet"])
def test_export(path: Path, name: str) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow", reason="parquet needs pyarrow")
    out = path.parent / name
    assert run(path, "export", str(out)) == 0
    table = pd.read_parquet(out) if name.endswith("parquet") else pd.read_csv(out)
    assert len(table) == 12
    assert table["segmenter"].value_counts().to_dict() == {"new": 9, "old": 3}
    assert (table["jaccard"] == 0.5).all()


def test_names_of_a_stranger_are_shown_with_escapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, metric = "\x1b[2J\x07\u202enet", "jaccard\x1b[2J"
    cache = RecordCache(tmp_path / "records.sqlite")
    frames = {name: FrameKey(name, name, "pixels")}
    cache.put(CacheKey(name, name, 1, 50.0, 0, {metric: 1}), frames, [Record(name, name, 50.0, name, 0, {metric: 0.5})])
    cache.close()
    assert run(cache.path, "list") == 0
    assert run(cache.path, "export", str(tmp_path / "out.csv")) == 0
    for text in (capsys.readouterr().out, (tmp_path / "out.csv").read_text()):
        assert not {"\x1b", "\x07", "\u202e"} & set(text)
        assert r"\x1b[2J\x07\u202enet" in text


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        (("--segmenter", "old"), 9),
        (("--artefact", "noise"), 0),
        (("--outdated",), 6),
        (("--segmenter", "new", "--segmenter", "old"), 0),
        (("--segmenter", "new", "--artefact", "noise"), 3),
        (("--segmenter", "old", "--outdated"), 12),
    ],
)
def test_prune(path: Path, arguments: tuple[str, ...], left: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(path, "prune", *arguments) == 0
    assert f"dropped {12 - left} of 12 records" in capsys.readouterr().out
    assert RecordCache(path).contents()["records"].sum() == left


def test_records_of_a_measured_axis_are_not_outdated(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = RecordCache(path)
    for version in (1, 2):
        record = Record("net", "measured:focus", 3.0, "7", 0, dict.fromkeys(NOW, 0.5))
        store.put(CacheKey("a", "measured:focus", version, 3.0, 0, NOW), FRAMES, [record])
    store.close()
    assert run(path, "prune", "--outdated") == 0
    assert "dropped 7 of 14 records" in capsys.readouterr().out  # six of noise, and one of another version


def test_a_dry_run_drops_nothing(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(path, "prune", "--segmenter", "old", "--dry-run") == 0
    assert "would drop 3 of 12 records" in capsys.readouterr().out
    assert RecordCache(path).contents()["records"].sum() == 12


def test_the_store_may_be_named_after_the_command(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert results_command(["list", "--store", str(path)]) == 0
    assert "12 records in" in capsys.readouterr().out


def test_parquet_without_its_library_is_said_in_words(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "fastparquet", None)
    assert run(path, "export", "out.parquet") == 2
    assert "pip install 'robustbench-cells[parquet]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("prune",), "nothing to drop is named"),
        (("prune", "--segmenter", "unknown"), "no record of segmenter unknown"),
        (("export", "out.txt"), "ends in none of"),
    ],
)
def test_mistakes_are_reported(
    path: Path, arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(path, *arguments) == 2
    assert words in capsys.readouterr().err
    assert RecordCache(path).contents()["records"].sum() == 12


def test_no_store_is_said_and_none_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "records.sqlite", "list") == 2
    assert "no such record cache" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
