"""What a run says of its selection, its gate and a model that raises, and where its results go."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.gate_repository import GRID, JUDGED, Repository, make_repository

RAISES = """if len(images) > 9:
        raise RuntimeError("the lens is foggy")"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Repository:
    return make_repository(tmp_path, monkeypatch, capsys)


def counts_in(folder: Path) -> dict[str, object]:
    return dict(json.loads((folder / "run.json").read_text())["tests"])


def test_a_part_leaves_the_whole_run_where_it_is(repository: Repository) -> None:
    reports = repository.path / "reports"
    code, output = repository.pytest("robustness", *GRID)
    assert code == 0, output
    whole = (reports / "patches.csv.gz").read_bytes()
    for part in (("-k", "clean"), ("-n", "1", "-k", "clean"), ("--deselect", "robustness/test_grid.py"), ("-x",)):
        if part == ("-x",):
            repository.set_model(RAISES)
        code, output = repository.pytest("robustness", *GRID, *part)
        assert (reports / "patches.csv.gz").read_bytes() == whole, output
        if "-k" in part:
            line = (
                "this is a part of what reports holds: its results and reports are in reports/part, and reports keeps"
            )
            assert line in output
            assert counts_in(reports / "part")["ran"] == 2
    assert counts_in(reports)["ran"] == 4


def test_a_part_is_judged_where_it_lies(repository: Repository) -> None:
    repository.pytest("robustness", *GRID, "--rb-reports=baseline")
    assert repository.pytest("robustness", *JUDGED)[0] == 0
    whole = (repository.path / "reports" / "gate.md").read_text()
    code, output = repository.pytest("robustness", *JUDGED, "-k", "noise-0")
    assert code == 0, output
    assert (repository.path / "reports" / "gate.md").read_text() == whole
    assert "the 2 of 4 tests" in (repository.path / "reports" / "part" / "gate.md").read_text()
    code, output = repository.pytest("robustness", *JUDGED[:2], "--rb-baseline=reports/part", "-k", "noise-0")
    assert code == 4, output
    assert "--rb-baseline reports/part: this run may overwrite it" in output


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_a_keyword_that_selects_nothing_lists_what_there_is(workers: tuple[str, ...], repository: Repository) -> None:
    code, output = repository.pytest("robustness", *GRID, "-k", "bubbles", *workers)
    assert code == 5
    assert "-k 'bubbles' selects no test of the grid; " in output
    assert "; artefacts: clean, blur, cell_size, defocus, dust, " in output
    assert "-k bubbles: this grid does not have it; --rb-profile=full does" in output
    assert "background, model:predict; families: paper" in output


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("rb_dataset=", "rb_dataset: is empty"),
        ("rb_split= ", "rb_split: is empty"),
        ("rb_against=", "rb_against: is empty"),
        ("rb_store=", "rb_store: is empty"),
        ("rb_frames=", "rb_frames: is empty"),
        ("rb_sequential=", "rb_sequential: invalid truth value"),
        ("rb_sequential=maybe", "rb_sequential: invalid truth value 'maybe'"),
        ("rb_baselin=baseline", "rb_baselin: no such ini key; there are"),
        ("rb-baseline=baseline", "rb-baseline: no such ini key; there are"),
        ("RB_BASELINE=baseline", "RB_BASELINE: no such ini key; there are"),
        ("--rb-baseline=baseline", "--rb-baseline: no such ini key; there are"),
    ],
)
@pytest.mark.parametrize("in_file", [False, True])
def test_an_ini_key_that_would_do_nothing_is_refused(
    given: str, words: str, in_file: bool, repository: Repository
) -> None:
    repository.write("pytest.ini", f"[pytest]\n{given if in_file else ''}\n")
    code, output = repository.pytest("robustness", *GRID, *(() if in_file else (f"--override-ini={given}",)))
    assert code == 4
    assert words in output
    assert not (repository.path / "reports" / "run.json").exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("rb_baseline=", "no gate was asked for: rb_baseline is empty, so nothing is judged"),
        ("rb_gate=recall", "no gate was asked for: rb_gate is set and no rb_baseline, so nothing is judged"),
        ("rb_sequential=true", "no gate was asked for: rb_sequential is set and no rb_baseline, so nothing"),
    ],
)
@pytest.mark.parametrize("in_file", [False, True])
def test_a_run_that_is_not_judged_says_so_where_a_gate_is_mentioned(
    given: str, words: str, in_file: bool, repository: Repository
) -> None:
    repository.write("pytest.ini", f"[pytest]\n{given if in_file else ''}\n")
    code, output = repository.pytest("robustness", *GRID, "-k", "background-clean", *(() if in_file else ("-o", given)))
    assert code == 0, output
    assert words in output


def test_options_that_an_override_leaves_out_are_named(repository: Repository) -> None:
    repository.write("pytest.ini", "[pytest]\naddopts = --rb-baseline=baseline\n")
    code, output = repository.pytest("robustness", *GRID, "-o", "addopts=", "-k", "background-clean")
    assert code == 0, output
    assert "no gate was asked for: -o addopts=… leaves out --rb-baseline=baseline of " in output


@pytest.mark.parametrize("option", ["--fixtures", "--fixtures-per-test", "--setup-plan", "--collect-only"])
def test_options_that_run_no_test_leave_results_as_they_are(option: str, repository: Repository) -> None:
    reports = repository.path / "reports"
    assert repository.pytest("robustness", *GRID)[0] == 0
    before = {path: path.read_bytes() for path in reports.rglob("*") if path.is_file()}
    code, output = repository.pytest("robustness", *GRID, option)
    assert code == 0, output
    assert {path: path.read_bytes() for path in reports.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("folder", ["reports", "reports/previous", "reports/part", "reports/part/previous"])
def test_a_run_does_not_overwrite_its_baseline(folder: str, repository: Repository) -> None:
    assert repository.pytest("robustness", *GRID, f"--rb-reports={folder}")[0] == 0
    code, output = repository.pytest("robustness", *GRID, f"--rb-baseline={folder}")
    assert code == 4
    assert f"--rb-baseline {folder}: this run may overwrite it; give another --rb-reports" in output


def test_a_model_that_raises_is_traced_into_its_own_code_and_named_in_the_table(repository: Repository) -> None:
    repository.set_model(RAISES)
    code, output = repository.pytest("robustness", *GRID, "--rb-isolate=on")
    assert code == 1
    assert "what model:predict raised" in output
    assert f'File "{repository.path}/model.py", line' in output
    assert "RuntimeError: the lens is foggy" in output
    table = output[output.index("mean Jaccard") :]
    assert table.splitlines()[2].split() == ["clean", "0.000", "RuntimeError"]
    assert "nan" not in table
