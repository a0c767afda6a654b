"""The candidate becomes the baseline: whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from robustbench_cells.api.accept import accept
from robustbench_cells.errors import RobustbenchError
from robustbench_cells.gate.spread_file import SPREAD_FILE, save_spread
from robustbench_cells.results.storage import load, save
from robustbench_cells.results.tables import Results
from robustbench_cells.results.unfinished import mark_unfinished
from tests.support.gate_runs import (
    change_records,
    drop,
    lower_all,
    make_seed,
    remove_rows,
    rename_model,
    set_manifest,
)

SEEDS = [make_seed(seed) for seed in (3, 4, 5, 6)]
IN_USE, CANDIDATE = SEEDS[0], SEEDS[3]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A baseline with its spread, a report and a file of the user's, and a candidate."""
    save(IN_USE, tmp_path / "baseline")
    (tmp_path / "baseline" / "notes").mkdir()
    (tmp_path / "baseline" / "notes" / "why.txt").write_text("frames of May")
    (tmp_path / "baseline" / "summary.csv").write_text("of older results")
    (tmp_path / "baseline" / "gate.md").write_text("# PASS")
    save_spread(tmp_path / "baseline" / SPREAD_FILE, {f"runs/{n}": one for n, one in enumerate(SEEDS[:3])}, ["unet"])
    save(CANDIDATE, tmp_path / "reports")
    return tmp_path


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_candidate_is_the_baseline_and_what_was_kept_beside_it_stays(work: Path) -> None:
    before = content(work / "baseline")
    accepted = accept(work / "reports", work / "baseline")
    after = content(work / "baseline")
    for name in ("run.json", "patches.csv.gz"):
        assert after[name] == content(work / "reports")[name]
        assert after[f"previous/{name}"] == before[name]
    for name in (SPREAD_FILE, "notes/why.txt"):
        assert after[name] == before[name]
    assert "gate.md" not in after  # a verdict on other results
    assert after["summary.csv"] != before["summary.csv"]
    assert b"unet" in after["summary.csv"]
    assert "index.html" not in after  # there was none
    assert load(work / "baseline").fingerprint == CANDIDATE.fingerprint
    assert accepted.remarks == ()
    assert sorted(path.name for path in work.iterdir()) == ["baseline", "reports"]


def test_it_says_by_how_much_each_axis_changes(work: Path) -> None:
    gate = accept(work / "reports", work / "baseline").gate
    changes = {one.difference.condition: one.difference for one in gate.decisions if not one.is_guard}
    assert list(changes) == ["cell_size", "clean", "noise"]
    for results, side in ((IN_USE, "baseline"), (CANDIDATE, "candidate")):
        rows = results.records[(results.records["segmenter"] == "unet") & (results.records["artefact"] == "clean")]
        assert getattr(changes["clean"], side) == pytest.approx(rows["jaccard"].mean())


INVALID: dict[str, tuple[Callable[[Results], Results], str]] = {
    "an incomplete run": (set_manifest("incomplete", value=["a worker died"]), r"it is incomplete \(a worker died\)"),
    "a failed test": (set_manifest("tests", "failed", value=["unet-clean"]), "tests failed: unet-clean"),
    "a part of the grid": (set_manifest("tests", "ran", value=3), "it has 3 of the 14 tests of its grid"),
    "a run that stopped early": (set_manifest("settings", "sequential", value=True), "it stopped early"),
    "other frames": (set_manifest("dataset", "fingerprint", value="f" * 64), "selection or content of frames"),
    "another seed": (set_manifest("settings", "seed", value=1), "the seed is 0 in the baseline and 1 in"),
    "another version": (set_manifest("artefacts", "noise", "version", value=2), "version of noise is 1"),
    "missing patches": (remove_rows(lambda rows: rows["frame"] == "3"), "missing from the candidate"),
    "a missing condition": (remove_rows(lambda rows: rows["intensity"] == 200), "missing from the candidate"),
    "another model": (rename_model, "the baseline has no unet_2"),
    "an undefined score": (change_records(drop("clean", 0, float("nan"))), "undefined jaccard"),
}


@pytest.mark.parametrize("name", INVALID)
def test_what_is_not_whole_and_valid_is_refused(name: str, work: Path) -> None:
    change, message = INVALID[name]
    save(change(make_seed(6)), work / "reports")
    before = content(work)
    with pytest.raises(RobustbenchError, match=message):
        accept(work / "reports", work / "baseline")
    assert content(work) == before


def test_a_run_that_did_not_end_is_refused(work: Path) -> None:
    mark_unfinished(work / "reports", "pytest robustness")
    before = content(work)
    with pytest.raises(RobustbenchError, match="a later run in this folder stored no results"):
        accept(work / "reports", work / "baseline")
    assert content(work) == before


@pytest.mark.parametrize("damaged", ["baseline/run.json", "reports/patches.csv.gz", "reports/run.json"])
def test_damaged_results_are_refused(damaged: str, work: Path) -> None:
    (work / damaged).write_bytes(b"{")
    before = content(work)
    with pytest.raises(RobustbenchError):
        accept(work / "reports", work / "baseline")
    assert content(work) == before


def test_a_run_is_no_successor_of_itself(work: Path) -> None:
    for name in ("baseline", "baseline/previous"):
        with pytest.raises(RobustbenchError, match="is in the baseline"):
            accept(work / name, work / "baseline")
    with pytest.raises(RobustbenchError, match="no stored results"):
        accept(work / "nowhere", work / "baseline")
    with pytest.raises(RobustbenchError, match="no stored results"):
        accept(work / "reports", work / "elsewhere")
    assert not (work / "elsewhere").exists()


def test_a_renamed_model_is_mapped(work: Path) -> None:
    save(rename_model(CANDIDATE), work / "reports")
    accepted = accept(work / "reports", work / "baseline", {"unet_2": "unet"})
    assert "unet_2" in load(work / "baseline").run.segmenters
    assert any("is about unet, and no model that is judged" in remark for remark in accepted.remarks)


def test_a_model_of_another_recipe_needs_a_spread_of_its_own(work: Path) -> None:
    save(make_seed(6, lower_all(0.3)), work / "reports")
    (remark,) = accept(work / "reports", work / "baseline").remarks
    assert "is not what the 3 seeds of" in remark
    assert "run `gate --plan` again" in remark


@pytest.mark.parametrize("step", ["copyfile", "copy2", "first rename", "second rename"])
def test_a_disk_that_fails_leaves_the_baseline_as_it_was(
    step: str, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, rename = content(work), Path.rename
    calls: list[Path] = []

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    def rename_once(self: Path, target: Path) -> Path:
        calls.append(self)
        if len(calls) == (1 if step == "first rename" else 2):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    if step.endswith("rename"):
        monkeypatch.setattr(Path, "rename", rename_once)
    else:
        monkeypatch.setattr(f"robustbench_cells.api.accept.shutil.{step}", fail)
    with pytest.raises(OSError, match="No space"):
        accept(work / "reports", work / "baseline")
    assert content(work) == before
    assert sorted(path.name for path in work.iterdir()) == ["baseline", "reports"]
