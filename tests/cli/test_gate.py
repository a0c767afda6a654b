"""The verdict of the command, its files, and the summary on GitHub."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from robustbench_cells.reporting.gate_text import gate_markdown
from robustbench_cells.results.storage import save
from tests.support.commands import gate as gate_command
from tests.support.gate_runs import BASELINE, JACCARD, compare, drop, lower, make_run, make_seed, set_manifest


def test_markdown_says_all_and_fits() -> None:
    gate = compare(BASELINE, make_run(drop("noise", 50, 0.1)), JACCARD)
    text = gate_markdown(gate)
    assert text.startswith("# FAIL: the candidate is significantly worse (1 regresses, 6 holds)")
    assert text.index("unet-noise-50") < text.index("unet-clean")  # the worst first
    short = gate_markdown(gate, 700)
    assert len(short.encode()) <= 700
    assert "The table is truncated" in short
    assert "unet-noise-50" in short


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    save(BASELINE, tmp_path / "baseline")
    save(make_run(drop("noise", 50, 0.1)), tmp_path / "worse")
    save(make_run(drop("clean", 0, 0.01), seed=1, spread=0.01), tmp_path / "near")
    save(set_manifest("settings", "seed", value=1)(make_run()), tmp_path / "other")
    return tmp_path


@pytest.mark.parametrize(
    ("candidate", "options", "code", "words"),
    [
        ("baseline", (), 0, "PASS   no axis of unet is worse than the tolerance allows"),
        ("worse", (), 1, "unet-noise-50"),
        ("worse", ("--gate", "condition=0.2"), 0, "PASS"),
        ("baseline", ("--gate", "recall", "--gate", "cells"), 0, "24 holds"),
        ("worse", ("--gate", "recall"), 1, "2 regresses, 15 holds"),
        ("near", (), 8, "INCONCLUSIVE   too few frames to rule out a drop above the tolerance"),
        ("near", ("--inconclusive", "pass"), 0, "INCONCLUSIVE"),
        ("other", (), 2, "the seed is 0 in the baseline and 1 in the candidate"),
        ("nowhere", (), 2, "no stored results"),
        ("worse", ("--gate", "jacard"), 2, "no criterion is called 'jacard' (did you mean jaccard?)"),
        ("worse", ("--gate", "jaccard=low"), 2, "the tolerance of jaccard must be a number, as in jaccard=0.01"),
        ("worse", ("--gate", "area:fog=0.1"), 2, "area:fog: the grid has no fog (but cell_size, clean, noise)"),
        ("worse", ("--gate", "area:noise"), 2, "area:noise: give its tolerance, as in area:noise=0.01"),
        ("worse", ("--gate", "condition", "--gate", "jaccard=0.2"), 2, "both are about the Jaccard score of each"),
        ("worse", ("--against", "unet"), 2, "unet: must be NEW=OLD"),
        ("worse", ("--against=unet=a", "--against=unet=b"), 2, "unet: is mapped to a and to b; map it once"),
        ("worse", ("--gate", "recall=1", "--gate", "recall=2"), 2, "recall: more than one tolerance is given"),
    ],
)
def test_the_command(
    stored: Path, candidate: str, options: tuple[str, ...], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--baseline", str(stored / "baseline"), "--candidate", str(stored / candidate), *options]
    assert gate_command(arguments) == code
    printed = capsys.readouterr()
    assert words in printed.out + printed.err
    written = stored / candidate / "gate.md"
    assert code == 2 or not written.read_text().startswith("# NO VERDICT")
    assert code != 2 or not written.exists() or written.read_text().startswith("# NO VERDICT")


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seeds")
    for seed in (3, 4, 5):
        save(make_seed(seed), folder / f"{seed}")
    save(make_seed(6, lower("noise", 0.01)), folder / "equal")
    save(make_seed(6, lower("noise", 0.15)), folder / "worse")
    return folder


@pytest.mark.parametrize(
    ("baselines", "candidate", "options", "code", "words"),
    [
        ("345", "equal", (), 0, "PASS   no axis of unet is worse than what retraining alone does (3 seeds)"),
        (
            "345",
            "equal",
            (),
            0,
            "against the model in use: significantly worse, and within what retraining does",
        ),
        ("345", "equal", ("--within-spread=fail",), 1, "area unet-noise"),
        ("345", "worse", (), 1, "area unet-noise"),
        ("3", "equal", (), 1, "What retraining alone does is not known (unet: one baseline tells nothing of it)"),
        ("34", "equal", (), 1, "2 seeds tell too little of it); `robustbench-cells gate --plan RUN RUN RUN` finds it"),
        ("345", "4", (), 2, "a model is no evidence about itself"),
        ("344", "equal", (), 2, "is named twice"),
        ("349", "equal", (), 2, "9/run.json: no stored results"),
    ],
)
def test_several_baselines(
    seeds: Path,
    baselines: str,
    candidate: str,
    options: tuple[str, ...],
    code: int,
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = [f"--baseline={seeds / name}" for name in baselines]
    assert gate_command([*named, f"--candidate={seeds / candidate}", f"--out={tmp_path}", *options]) == code
    printed = capsys.readouterr()
    assert words in printed.out + printed.err
    assert (tmp_path / "gate.md").read_text().startswith("# NO VERDICT") == (code == 2)


def test_a_plan_brings_what_retraining_does_to_the_gate(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [str(seeds / name) for name in "345"]
    assert gate_command(["--plan", *runs, f"--out={tmp_path}"]) == 0
    printed = capsys.readouterr().out
    assert f"wrote {tmp_path / 'spread.toml'}" in printed
    assert "Frames are not what lacks" in printed
    assert "--rb-gate=area=" in printed
    for axis in ("clean", "noise", "cell_size"):
        assert sum(line.startswith(f"{axis} ") for line in printed.splitlines()) == 1
    shutil.copytree(seeds / "3", tmp_path / "baseline")
    shutil.copy(tmp_path / "spread.toml", tmp_path / "baseline")
    for candidate, code in (("equal", 0), ("worse", 1)):
        arguments = [f"--baseline={tmp_path / 'baseline'}", f"--candidate={seeds / candidate}", f"--out={tmp_path}"]
        assert gate_command(arguments) == code
        assert "(3 seeds)" in capsys.readouterr().out or code


def test_two_seeds_give_a_plan_and_no_spread(seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate_command(["--plan", str(seeds / "3"), str(seeds / "4"), f"--out={tmp_path}"]) == 0
    assert "no spread.toml is written: it takes 3 runs or more" in capsys.readouterr().out
    assert not (tmp_path / "spread.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--plan", "3"], "one run shows nothing of what retraining does"),
        (["--plan", "3", "3"], "is named twice; one run is one seed"),
        (["--plan", "3", "4", "9"], "no stored results"),
        (["--plan", "3", "4", "--sequential", "--gate=recall"], "--plan takes runs and --out, and no --gate, --seq"),
        (["--baseline=3"], "give --baseline and --candidate, --plan"),
        ([], "give --baseline and --candidate, --plan"),
    ],
)
def test_a_plan_takes_several_runs_and_nothing_else(
    seeds: Path,
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(seeds)
    assert gate_command(arguments) == 2
    assert message in capsys.readouterr().err
    assert not (seeds / "3" / "spread.toml").exists()


def test_the_candidate_becomes_the_baseline(
    seeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(seeds / "3", tmp_path / "baseline")
    shutil.copytree(seeds / "worse", tmp_path / "reports")
    monkeypatch.chdir(tmp_path)
    assert gate_command(["--accept"]) == 0
    printed = capsys.readouterr().out
    (noise,) = (line for line in printed.splitlines() if line.startswith("unet-noise "))
    assert noise.endswith("regresses")  # said, and no obstacle: the user asked for it
    assert "accepted: baseline holds the results of reports, and in previous those that it had" in printed
    assert gate_command(["--baseline=baseline", "--candidate=reports"]) == 0
    assert gate_command(["--baseline=baseline", f"--candidate={seeds / '3'}"]) == 0
    assert "significantly better" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--gate=recall"], "--accept takes --baseline, --candidate and --against, and no --gate"),
        (["--out=."], "and no --out"),
        (["--baseline=3", "--baseline=4"], "--accept replaces one baseline"),
        (["--baseline=3", "--candidate=9"], "no stored results"),
        (["--plan", "3", "4"], "--plan takes runs and --out, and no --accept"),
    ],
)
def test_what_cannot_be_accepted_is_refused(
    seeds: Path, options: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(seeds)
    assert gate_command(["--accept", *options]) == 2
    assert message in capsys.readouterr().err


def test_a_verdict_that_cannot_be_kept_says_where_else(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--baseline", str(stored / "baseline"), "--candidate", str(stored / "baseline")]
    assert gate_command([*arguments, "--out", str(stored / "baseline" / "run.json" / "below")]) == 2
    printed = capsys.readouterr()
    assert "PASS" not in printed.out  # a verdict that is not kept is none
    assert "give another folder by --out" in printed.err


def test_github_gets_a_summary_within_its_limit(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = stored / "summary"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    arguments = ["--baseline", str(stored / "baseline"), "--candidate", str(stored / "worse")]
    gate_command(arguments)
    assert summary.read_text().startswith("before\n# FAIL")
    summary.write_text("x" * (2**20 - 900))
    gate_command(arguments)
    assert 2**20 - 900 < summary.stat().st_size <= 2**20
    for room in (0, 100):
        summary.write_text("x" * (2**20 - room))
        assert gate_command(arguments) == 1
        assert summary.stat().st_size <= 2**20


@pytest.mark.parametrize("damaged", ["baseline", "near"])
def test_an_older_verdict_does_not_stand_where_results_cannot_be_read(stored: Path, damaged: str) -> None:
    arguments = ["--baseline", str(stored / "baseline"), "--candidate", str(stored / "near"), "--gate=condition=0.5"]
    assert gate_command(arguments) == 0
    (stored / damaged / "patches.csv.gz").write_bytes(b"")
    assert gate_command(arguments) == 2
    assert "PASS" not in (stored / "near" / "gate.md").read_text()
    assert not (stored / "nowhere").exists()
