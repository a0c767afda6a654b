"""Control characters in the names of a stranger's run reach no report, no verdict and no terminal."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.reporting.gate_files import save_verdict
from robustbench_cells.reporting.gate_summary import GateSummary, load_gate, save_gate
from robustbench_cells.reporting.gate_text import gate_lines, summarise_gate
from robustbench_cells.reporting.outputs import OUTPUTS
from robustbench_cells.reporting.report import Report
from robustbench_cells.reporting.terminal import terminal_table
from robustbench_cells.results.example_patches import save_examples
from robustbench_cells.results.merging import merge_runs
from robustbench_cells.results.storage import RECORDS_FILE, RUN_FILE, load, save
from robustbench_cells.results.tables import Results
from tests.support.gate_runs import JACCARD, compare
from tests.support.manifests import change_manifest
from tests.support.report_results import make_examples, make_results
from tests.test_printable import is_control

HOSTILE = "\x1b]0;pwned\x07\x1b[2J\x9b31m\u202egnp.\u2066\u2028row\u2029\x85\r\n|PASS\t\x00\x7f\udc80"
_TEXTS = (".md", ".csv", ".tex", ".html", ".json", ".svg", ".txt")


def make_hostile(name: str = HOSTILE) -> Results:
    """Results whose every text that is free holds the name."""
    results = make_results({name: 0.9, "plain": 0.8})
    results = Results(results.records.replace({"frame": {"000": f"0{name}"}}), results.run)
    frames = [f"0{name}", *results.run.dataset.frames[1:]]
    for path, value in (
        (("dataset", "frames"), frames),
        (("dataset", "title"), name),
        (("dataset", "key"), name),
        (("command",), name),
        (("tests", "failed"), [name]),
        (("incomplete",), [name]),
        (("artefacts", "noise", "parameter"), name),
        (("artefacts", "noise", "unit"), name),
        (("artefacts", "noise", "about"), name),
        (("versions", name), name),
        (("plugins",), {name: name}),
        (("machine",), {name: name}),
        (("settings", "profile"), name),
        (("instances",), {name: "watershed"}),
        (("dataset", "instances"), "ids"),
        (("runners",), {name: {"library": name, "version": name, "provider": name, "threads": 1}}),
    ):
        results = change_manifest(results, *path, value=value)
    return results


def raw(text: str) -> set[str]:
    """Control characters of a text, but for what ends its lines."""
    return {character for character in text if is_control(character)} - {"\n"}


def require_none(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.suffix in _TEXTS]
    assert len(files) > 4
    for path in files:
        text = path.read_bytes().decode()
        if path.name == "index.html":  # libraries of the page may contain what they like
            text = re.sub(r"<script.*?</script>", lambda part: part[0] if "pwned" in part[0] else "", text, flags=re.S)
        assert not raw(text), path


def write_fast(report: Report, folder: Path) -> None:
    """Every output but the figures; see `test_outputs`."""
    for output in OUTPUTS:
        if output.name != "figures":
            output.write(report, folder / output.name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    results = make_hostile()
    save(results, folder)
    save_examples(make_examples(results), results, folder)
    write_fast(Report(load(folder), make_examples(results), summarise_gate(HOSTILE)), folder)
    save_verdict(HOSTILE, folder)
    return folder


def test_no_file_has_a_control_character(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} >= set(OUTPUTS.names()) - {"claims.md", "figures"}
    require_none(folder)
    for name in ("summary.csv", "summary.md", "summary.tex", "leaderboard.md", "break_points.csv", "index.html"):
        assert "pwned" in (folder / name).read_text()


def test_rows_of_a_table_are_those_of_the_models(folder: Path) -> None:
    table, *_ = re.findall(r"(?:^\|.*\n)+", (folder / "leaderboard.md").read_text(), re.MULTILINE)
    assert len(table.splitlines()) == 4  # two models, below the heading and its line


def test_the_terminal_shows_escapes() -> None:
    results = make_hostile()
    text = terminal_table(results, {(printed, "fog-1"): "failed" for printed in results.run.segmenters})
    assert not raw(text)
    assert r"\x1b]0;pwned\x07\x1b[2J" in text


def test_verdicts_and_their_tables_show_escapes(tmp_path: Path) -> None:
    results = change_manifest(make_hostile(), "incomplete", value=[])
    results = change_manifest(results, "tests", "failed", value=[])
    gate = compare(results, results, JACCARD)
    assert not raw(gate_lines(gate, "index.html"))
    save_verdict(gate, tmp_path)
    for name in ("gate.md", "gate.json"):
        text = (tmp_path / name).read_text()
        assert not raw(text)
        assert "pwned" in text


def test_a_stored_verdict_of_a_stranger_shows_escapes(tmp_path: Path) -> None:
    save_gate(summarise_gate("reason"), tmp_path)
    content = {"verdict": "none", "headline": HOSTILE[:-1], "notes": [HOSTILE[:-1]], "rows": [[HOSTILE[:-1]] * 6]}
    (tmp_path / "gate.json").write_text(json.dumps(content))
    summary = load_gate(tmp_path)
    assert isinstance(summary, GateSummary)
    for text in (summary.headline, *summary.notes, *summary.rows[0]):
        assert not raw(text)


def write_raw(folder: Path, change: Any) -> None:
    """A run whose files hold the names as they are, with a digest that fits."""
    results = make_results({"PLAIN": 0.9})
    save(results, folder)
    packed = gzip.compress(change(gzip.decompress((folder / RECORDS_FILE).read_bytes()).decode()).encode())
    (folder / RECORDS_FILE).write_bytes(packed)
    content = json.loads((folder / RUN_FILE).read_text())
    content["segmenters"] = {change(name): digest for name, digest in content["segmenters"].items()}
    content |= {"records_sha256": hashlib.sha256(packed).hexdigest(), "command": change("PLAIN")}
    (folder / RUN_FILE).write_text(json.dumps(content))


def test_files_that_hold_them_raw_are_reported_with_escapes(tmp_path: Path) -> None:
    name = "\x1b[2J\x07\u202enet"
    write_raw(tmp_path, lambda text: text.replace("PLAIN", name))
    results = load(tmp_path)
    for number, one in enumerate((results, merge_runs(results, results))):
        write_fast(Report(one), tmp_path / f"{number}")
        require_none(tmp_path / f"{number}")
        assert "202enet" in (tmp_path / f"{number}" / "summary.csv").read_text()


def test_names_that_would_look_alike_are_refused(tmp_path: Path) -> None:
    results = make_results({"a\\x07": 0.9, "b": 0.9})
    content = results.run.to_json()
    content["segmenters"]["a\x07"] = "other"
    with pytest.raises(ValueError, match="two models have names that differ in control characters alone"):
        type(results.run).from_json(content)


@pytest.mark.parametrize("name", ["noise\n", "noise\x1b", "\u202enoise", "noise\u2028"])
def test_artefacts_and_metrics_have_no_such_names(name: str, tmp_path: Path) -> None:
    for kind, known in (("artefacts", "noise"), ("metrics", "accuracy")):
        save(make_results({"m": 0.9}), tmp_path)
        content = json.loads((tmp_path / RUN_FILE).read_text())
        content[kind][name] = content[kind].pop(known)
        (tmp_path / RUN_FILE).write_text(json.dumps(content))
        with pytest.raises(ResultsError, match="damaged") as caught:
            load(tmp_path)
        assert not raw(str(caught.value))
