"""The benchmark as its users run it: pytest in a process of its own."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from robustbench_cells.results.record_cache import RecordCache
from tests.conftest import draw_labels
from tests.support.frame_files import WRITERS
from tests.support.networks import save_tiny_graph, save_tiny_network
from tests.support.pytest_runs import BENCHMARK, QUICK_PAPER, bench, breaking_model, own_suite, records, same_files


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Options of a small grid: two baselines and a network, 30 tests on 12 patches each."""
    network = save_tiny_graph(tmp_path_factory.mktemp("models") / "fresh.onnx", seed=1)
    return (*QUICK_PAPER, "--rb-frames", "2", "--rb-model", "dog_otsu", "--rb-model", str(network))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, small: tuple[str, ...]) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    bench(folder, *small, "--junitxml", "junit.xml", "-p", "no:randomly", figures=True, own_process=True)
    return folder


def test_the_reports_of_a_run(whole: Path) -> None:
    summary = pd.read_csv(whole / "reports" / "summary.csv")
    assert list(summary)[:7] == ["segmenter", "artefact", "parameter", "unit", "intensity", "frames", "patches"]
    scores = ["accuracy", "jaccard", "precision", "recall", "cells_predicted", "cells_true"]
    assert list(summary)[7:13] == scores
    assert len(summary) == 3 * 10
    run = json.loads((whole / "reports" / "run.json").read_text())
    assert run["dataset"]["title"] == "synthetic, split test, 2 of 8 frames"
    assert run["tests"] == {"ran": 30, "grid": 30, "failed": []}
    assert set(run["segmenters"]) == {"background", "dog_otsu", "fresh"}
    assert {"python", "numpy", "robustbench_cells"} <= set(run["versions"])
    assert run["settings"]["seed"] == 0
    assert "synthetic" in (whole / "reports" / "summary.md").read_text()
    page = (whole / "reports" / "index.html").read_bytes()
    assert b"Example patches" in page
    assert b"not measured" not in page
    again = [sys.executable, "-m", "robustbench_cells.report", "--results", str(whole / "reports"), "--out", "again"]
    subprocess.run(again, cwd=whole, check=True, capture_output=True)
    assert (whole / "again" / "index.html").read_bytes() == page  # without data set or model
    assert (whole / "reports" / "figures" / "jaccard.svg").stat().st_size > 10_000


def test_a_network_that_finds_nothing_is_named_before_the_first_test(tmp_path: Path) -> None:
    save_tiny_graph(tmp_path / "blind.onnx", seed=1)
    (tmp_path / "blind.toml").write_text("[input]\nrange = [0, 0]\n")
    out = bench(tmp_path, "--rb-frames", "1", "--rb-model", "blind.onnx", "-v", "-k", "clean")
    assert out.index("warning: blind: segments ") < out.index("test_robustness.py::")
    assert "declare in blind.toml the input it expects" in out


def test_scores_go_to_junit(whole: Path) -> None:
    assert '<property name="jaccard" value="0.' in (whole / "junit.xml").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ("-k", "fresh and (noise or cell_size)"),
        ("-p", "randomly", "-p", "no:cacheprovider", "--rb-frames", "1"),
    ],
    ids=["one segmenter and some conditions", "other order and fewer frames"],
)
def test_the_same_numbers_whatever_is_selected_and_in_whatever_order(
    whole: Path, tmp_path: Path, small: tuple[str, ...], arguments: tuple[str, ...]
) -> None:
    bench(tmp_path, *small, *arguments)
    keys = ["segmenter", "artefact", "intensity", "frame", "patch"]
    part = records(tmp_path)
    both = part.merge(records(whole), on=keys, how="left", suffixes=("", "_whole"))
    assert len(both) == len(part) > 0
    for column in ("accuracy", "jaccard", "precision", "recall", "cells_predicted", "cells_true"):
        np.testing.assert_array_equal(both[column], both[f"{column}_whole"])


def test_former_results_are_backed_up(tmp_path: Path) -> None:
    bench(tmp_path, "--rb-frames", "1", "-k", "dog_otsu and noise")
    before = (tmp_path / "reports" / "patches.csv.gz").read_bytes()
    bench(tmp_path, "--rb-frames", "1", "-k", "dog_otsu-clean")
    assert (tmp_path / "reports" / "previous" / "patches.csv.gz").read_bytes() == before
    assert (tmp_path / "reports" / "patches.csv.gz").read_bytes() != before
    again = [sys.executable, "-m", "robustbench_cells.report", "--results", "reports/previous"]
    subprocess.run(again, cwd=tmp_path, check=True, capture_output=True)


def test_part_of_the_grid_is_reported_as_one(tmp_path: Path, small: tuple[str, ...]) -> None:
    output = bench(tmp_path, *small, "-k", "dog_otsu-noise-50")
    assert "1 passed" in output
    assert "1 of its" in (tmp_path / "reports" / "summary.md").read_text()


def test_a_model_file_is_benchmarked_under_its_stem(tmp_path: Path) -> None:
    save_tiny_network(tmp_path / "mine.keras", seed=1)
    output = bench(tmp_path, "--rb-model", "mine.keras", "--rb-frames", "1", "-k", "clean", "-v")
    assert "test_robustness[mine-clean] PASSED" in output
    assert "test_robustness[background-clean] PASSED" in output
    assert "dog_otsu" not in output


def test_real_files_and_a_field_of_interest(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(2):
        mask = np.zeros((560, 570), np.uint8)
        for row, column in rng.integers(20, 540, (60, 2)):
            cv2.circle(mask, (int(column), int(row)), 6, 1, -1)
        image = cv2.GaussianBlur((mask * 120 + 90).astype(np.uint8), (0, 0), 1)
        for kind, pixels in (("input", image), ("output", mask)):
            (tmp_path / "frames/test" / kind).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(tmp_path / "frames/test" / kind / f"{number}.png"), pixels)
    bench(tmp_path, "--rb-dataset", "frames", "--rb-margin", "20", "-k", "dog_otsu and (clean or cell_size-0.5)")
    run = json.loads((tmp_path / "reports" / "run.json").read_text())
    assert run["dataset"]["key"] == "paired/test/margin=20"
    assert records(tmp_path).query("artefact == 'clean'")["jaccard"].mean() > 0.5


def test_the_same_frames_get_the_same_scores_whatever_holds_them(tmp_path: Path) -> None:
    labels = np.stack([draw_labels((520, 530), seed, cells=60) for seed in (1, 2)]).astype(np.uint16)
    images = np.where(labels > 0, 200, 90).astype(np.uint8)
    found = {}
    for kind in ("paired", "stack", "npz", "csv"):
        where = WRITERS[kind](tmp_path / kind / "frames", images, labels)
        options = ("--rb-profile", "quick", "--rb-model", "dog_otsu", "--rb-dataset", where)
        bench(tmp_path / kind, *options, "-k", "dog_otsu and (clean or noise)")
        found[kind] = (tmp_path / kind / "reports/patches.csv.gz").read_bytes()
        run = json.loads((tmp_path / kind / "reports/run.json").read_text())
        assert run["dataset"]["title"].startswith(where)
    assert set(found.values()) == {found["paired"]}
    assert records(tmp_path / "npz").query("artefact == 'clean'")["jaccard"].mean() > 0.5


def test_a_run_without_a_result_says_that_the_reports_are_older(tmp_path: Path) -> None:
    bench(tmp_path, "--rb-frames", "1", "-k", "dog_otsu-clean")
    before = (tmp_path / "reports" / "summary.md").read_bytes()
    options = ("--rb-model", breaking_model(tmp_path), "--rb-trust-model")
    output = bench(tmp_path, *options, "--rb-frames", "2", "-k", "breaks and clean", code=1)
    assert "no test gave a result, so nothing was written" in output
    assert (tmp_path / "reports" / "summary.md").read_bytes() == before


def test_a_segmenter_that_breaks_fails_its_own_test_and_is_left_out(tmp_path: Path) -> None:
    options = ("--rb-model", breaking_model(tmp_path), "--rb-trust-model")
    output = bench(tmp_path, *options, "--rb-frames", "2", "-k", "clean", code=1)
    assert "probabilities are in [0, 1]" in output
    assert "1 failed, 1 passed" in output
    assert set(records(tmp_path)["segmenter"]) == {"background"}
    assert "**Failed, and excluded below: breaks:predict-clean.**" in (tmp_path / "reports" / "summary.md").read_text()


def test_collecting_opens_nothing(tmp_path: Path) -> None:
    output = bench(tmp_path, "--collect-only", "-q", "--rb-dataset", "nowhere")
    assert "test_robustness[dog_otsu-noise-50]" in output
    assert not (tmp_path / "reports").exists()


def test_a_keyword_selects_the_papers_artefact_and_those_of_a_microscope(tmp_path: Path) -> None:
    output = bench(tmp_path, "--collect-only", "-q", "-k", "dog_otsu and noise")
    selected = set(re.findall(r"\[dog_otsu-(.+?)-\d+\]", output))
    pairs = {"illumination-300+noise", "illumination-1000+noise"}
    assert selected == {"noise", "read_noise", "shot_noise", *pairs}


def test_a_suite_without_the_grid_pays_nothing(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "import sys\ndef pytest_unconfigure():\n"
        "    assert 'robustbench_cells.engine.run' not in sys.modules\n    assert 'numpy' not in sys.modules\n"
    )
    pytester.makepyfile(
        "import sys\ndef test_nothing():\n    assert 'robustbench_cells.engine.run' not in sys.modules\n"
        "    assert 'numpy' not in sys.modules\n"
    )
    result = pytester.runpytest_subprocess("-p", "no:randomly")
    result.assert_outcomes(passed=1)
    assert (result.ret, str(result.stderr)) == (0, "")  # nor as it ends


def test_a_suite_of_your_own_takes_the_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_mine(rb_outcome):\n    assert rb_outcome.sound\n")
    result = pytester.runpytest_subprocess("-k", "dog_otsu-clean", "--rb-frames", "1")
    result.assert_outcomes(passed=1)
    assert gzip.decompress((pytester.path / "reports" / "patches.csv.gz").read_bytes())


def test_workers_give_the_same_files(whole: Path, tmp_path: Path, small: tuple[str, ...]) -> None:
    output = bench(tmp_path, *small, "-n", "2", "-p", "randomly", "-p", "no:cacheprovider")
    assert "30 passed" in output
    assert output.count("reports: ") == 1
    same_files(tmp_path, whole)
    assert json.loads((tmp_path / "reports" / "run.json").read_text())["effort"]["made"] == 360


def test_run_in_parts_gives_the_same_files_and_computes_nothing_twice(
    whole: Path, tmp_path: Path, small: tuple[str, ...]
) -> None:
    bench(tmp_path, *small, "-k", "noise")
    bench(tmp_path, *small, "-k", "dog_otsu", "--rb-frames", "1")
    output = bench(tmp_path, *small)
    known = 3 * 3 * 12 + 7 * 6  # noise; what else dog_otsu has on one frame
    assert f"360 records: {known} cached, {360 - known} computed" in output
    same_files(tmp_path, whole)


def test_killed_run_resumes(whole: Path, tmp_path: Path, small: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "pytest", str(BENCHMARK), "-v", "-p", "no:randomly", *small]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if "dog_otsu-cell_size-1]" in line:  # in the midst of it
            break
    process.kill()
    process.wait()
    assert not (tmp_path / "reports" / "run.json").exists()
    kept = len(RecordCache(tmp_path / "reports" / "records.sqlite").table())
    assert 36 <= kept < 360
    output = bench(tmp_path, *small)
    assert f"360 records: {kept} cached, {360 - kept} computed" in output
    same_files(tmp_path, whole)


def test_one_retrained_segmenter_is_all_that_runs(whole: Path, tmp_path: Path, small: tuple[str, ...]) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(whole, folder)
    network = save_tiny_graph(tmp_path / "fresh.onnx", seed=2)  # of the same name
    output = bench(folder, *small[:-1], str(network))
    assert "360 records: 240 cached, 120 computed" in output
    ours, theirs = (records(path).query("segmenter != 'fresh'").reset_index(drop=True) for path in (folder, whole))
    pd.testing.assert_frame_equal(ours, theirs)


def test_unusable_cache_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "records.sqlite").write_bytes(b"no database at all " * 100)
    output = bench(tmp_path, "--rb-store", "records.sqlite", "-k", "dog_otsu-clean", code=4)
    assert "is damaged" in output
    assert "records.sqlite.damaged-1" in output
    assert "Traceback" not in output
    bench(tmp_path, "--rb-store", "records.sqlite", "-k", "dog_otsu-clean", "--rb-frames", "1")


def test_workers_run_a_model_of_any_name(tmp_path: Path) -> None:
    network = save_tiny_graph(tmp_path / "modèle [1].onnx", seed=0)
    bench(tmp_path, "--rb-frames", "1", "--rb-model", str(network), "-k", "clean", "-n", "1")
    assert set(records(tmp_path)["segmenter"]) == {"modèle [1]", "background"}


_FULL_DISK = """
import os
from robustbench_cells.errors import CacheError
from robustbench_cells.results.record_cache import RecordCache

def full(self, *arguments):
    raise CacheError("records.sqlite: the disk is full")

if "PYTEST_XDIST_WORKER" in os.environ:
    RecordCache.put = full
"""


def test_cache_that_fails_in_a_worker_is_reported(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(_FULL_DISK)
    done = own_suite(tmp_path, "--rb-model", "dog_otsu", "-k", "clean", "-n", "1")
    assert done.returncode == 4  # no test failed
    assert "records.sqlite: the disk is full" in done.stdout
    assert "INTERNALERROR" not in done.stdout
    assert "Traceback" not in done.stdout


def test_the_terminal_part_is_printed_in_any_encoding(tmp_path: Path) -> None:
    (tmp_path / "modèle.py").write_text("def predict(images):\n    return images / 255\n", encoding="utf-8")
    arguments = [
        "--rb-profile=quick",
        "--rb-model=modèle:predict",
        "--rb-trust-model",
        "-k",
        "clean",
        "-p",
        "no:randomly",
    ]
    command = [sys.executable, "-m", "pytest", str(BENCHMARK), *arguments]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert re.search(rb"mean Jaccard .*modele:predict *\n[- ]+\nclean +0.\d+", done.stdout), done.stdout
