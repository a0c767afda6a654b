"""Training on the synthetic data set: real processes, one of them killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

keras = pytest.importorskip("keras", reason="needs the extra 'keras'")

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.errors import ModelError
from robustbench_cells.files.checksums import sha256
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.training.fit import Progress, fit
from robustbench_cells.training.recipes import RECIPES, Recipe
from tests.conftest import save_mask
from tests.support.commands import train
from tests.support.small_unet import narrowed

QUIET_AND_REPEATABLE = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_DETERMINISTIC_OPS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
COMMAND = ["--recipe", "original", "--epochs", "2", "--frames", "1"]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two synthetic frames to learn from, and one that selects the best epoch, where the embedded set has twelve."""
    folder = tmp_path_factory.mktemp("frames")
    for split, count in (("train", 2), ("validation", 1)):
        frames = open_dataset("synthetic", split, frames=count)
        for sample in map(frames.read, frames.frames):
            for part, pixels in (("input", sample.image.astype(np.uint8)), ("output", sample.labels.astype(np.uint16))):
                save_mask(folder / split / part / f"{sample.frame}.png", pixels)
    return folder


def start(out: Path, dataset: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "robustbench_cells.train", *COMMAND, "--dataset", str(dataset), "--out", str(out)]
    environment = {**os.environ, **QUIET_AND_REPEATABLE}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def weights(path: Path) -> list[np.ndarray]:
    return keras.saving.load_model(path).get_weights()


def brief(name: str, **more: object) -> Recipe:
    """A recipe with its own loss and augmentation that trains a narrow network on a single batch, of two patches."""
    recipe = type(RECIPES.get(name))

    def build(self: Recipe, seed: int, dtype: str) -> Any:
        return narrowed(recipe.build(self, seed, dtype))

    return type("Brief", (recipe,), {"patches_per_frame": 2, "batch_size": 2, "build": build, **more})()


@pytest.fixture(scope="module")
def uninterrupted(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("uninterrupted") / "unet_small.keras"
    process = start(out, dataset)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return out, output


def test_run_leaves_a_model_a_card_and_a_history(uninterrupted: tuple[Path, str]) -> None:
    out, output = uninterrupted
    card = tomllib.loads(out.with_suffix(".toml").read_text())
    assert card["parameters"] == 481_745
    assert card["training"]["recipe"] == "original"
    assert card["training"]["epochs"] == 2
    assert card["data"]["train_frames"] == 1
    assert 0 <= card["validation"]["jaccard"] <= 1
    assert out.with_suffix(".history.csv").read_text().startswith("epoch,loss,validation_accuracy")
    assert len(out.with_suffix(".history.csv").read_text().splitlines()) == 3
    assert out.with_suffix(".history.png").read_bytes().startswith(b"\x89PNG")
    assert not out.with_suffix(".training").exists()
    assert "epoch 2/2" in output
    assert "s left" in output
    assert load_segmenter(str(out)).digest == card["sha256"]


def test_previous_model_is_kept(tmp_path: Path) -> None:
    frames = open_dataset("synthetic", "train", frames=1)
    out = tmp_path / "a.keras"
    out.write_bytes(b"a previous model")
    fit(brief("original"), frames, frames, out, epochs=1)
    assert (tmp_path / "previous" / "a.keras").read_bytes() == b"a previous model"
    assert out.read_bytes() != b"a previous model"


def test_loss_decreases(uninterrupted: tuple[Path, str]) -> None:
    rows = uninterrupted[0].with_suffix(".history.csv").read_text().splitlines()
    losses = [float(row.split(",")[1]) for row in rows[1:]]
    assert losses[-1] < losses[0]


def test_killed_run_resumes_to_the_same_result(uninterrupted: tuple[Path, str], dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "unet_small.keras"
    with start(out, dataset) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("epoch 1/2"):
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not out.exists()
    process = start(out, dataset)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert "resuming after epoch" in output
    assert "epoch 1/2" not in output
    for expected, found in zip(weights(uninterrupted[0]), weights(out), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_state_of_another_run_or_damaged_state_is_refused(tmp_path: Path) -> None:
    frames = open_dataset("synthetic", "train", frames=1)
    recipe = brief("original")

    class InterruptError(Exception):
        pass

    def interrupt(line: str) -> None:
        if line.startswith("epoch"):
            raise InterruptError

    with pytest.raises(InterruptError):
        fit(recipe, frames, frames, tmp_path / "a.keras", epochs=2, log=interrupt)
    with pytest.raises(ModelError, match=r"a\.training: was started with other settings \(seed\)"):
        fit(recipe, frames, frames, tmp_path / "a.keras", epochs=2, seed=1)
    (tmp_path / "a.training/epoch-0001/state.json").write_text("{")
    with pytest.raises(ModelError, match=r"epoch-0001: is damaged .*; remove .*a\.training to start again"):
        fit(recipe, frames, frames, tmp_path / "a.keras", epochs=2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("--recipe", "magic"), f"no recipe is called 'magic'; there are: {', '.join(RECIPES.names())}"),
        (("--dataset", "nowhere"), "nowhere: no such folder"),
        (("--out", "model.h5"), "model.h5: the name of a model file must end in .keras"),
        (("--start", "nowhere.keras"), "nowhere.keras: no such model file"),
        (("--epochs", "0"), "0 epochs: at least 1 is needed"),
        (("--validation-split", "train"), "split 'train' cannot both train and validate"),
        (("--out", "/dev/null/a.keras"), "Not a directory"),
    ],
)
def test_mistake_is_reported(
    change: tuple[str, str], message: str, dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*COMMAND, "--dataset", str(dataset), "--out", str(tmp_path / "a.keras")]
    arguments += change
    assert train(arguments) == 2
    assert message in capsys.readouterr().err


def test_best_epoch_is_the_earlier_of_two_equal_ones() -> None:
    progress = Progress({})
    is_best = []
    for score in (0.5, 0.7, 0.7, 0.6, 0.8):
        progress.history.append({"validation_accuracy": score})
        is_best.append(progress.is_best("accuracy"))
    assert is_best == [True, True, False, False, True]


def test_custom_loss_and_precision_resume_after_an_interruption(tmp_path: Path) -> None:
    frames = open_dataset("synthetic", "train", frames=1)
    lines: list[str] = []

    def interrupt(line: str) -> None:
        lines.append(line)
        if line.startswith("epoch 1/2"):
            raise KeyboardInterrupt

    out = tmp_path / "a.keras"
    for _ in range(2):
        with contextlib.suppress(KeyboardInterrupt):
            fit(brief("robust"), frames, frames, out, epochs=2, precision="mixed_bfloat16", log=interrupt)
    assert sum(line.startswith("resuming after epoch 1 of 2") for line in lines) == 1
    card = tomllib.loads(out.with_suffix(".toml").read_text())
    assert (card["training"]["precision"], card["training"]["epochs"]) == ("mixed_bfloat16", 2)
    model = load_segmenter(str(out)).model  # type: ignore[attr-defined]
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    whole = tmp_path / "b.keras"
    fit(brief("robust"), frames, frames, whole, epochs=2, precision="mixed_bfloat16")
    for name in ("loss", "validation_jaccard"):
        resumed, expected = (pd.read_csv(path.with_suffix(".history.csv"))[name] for path in (out, whole))
        np.testing.assert_allclose(resumed, expected, atol=0.02)  # rounding depends on the threads


def test_retraining_starts_from_the_weights_of_a_file(tmp_path: Path) -> None:
    frames = open_dataset("synthetic", "train", frames=1)
    first, second = tmp_path / "a.keras", tmp_path / "b.keras"
    fit(brief("original"), frames, frames, first, epochs=1)
    lines: list[str] = []
    fit(
        brief("original", learning_rate=0.0),
        frames,
        frames,
        second,
        epochs=1,
        seed=1,
        start=first,
        log=lines.append,
    )
    for expected, found in zip(weights(first), weights(second), strict=True):
        np.testing.assert_array_equal(found, expected)
    card = tomllib.loads(second.with_suffix(".toml").read_text())
    assert card["training"]["start_sha256"] == sha256(first)
    with pytest.raises(ModelError, match="a: its network differs from the recipe's"):
        fit(brief("robust"), frames, frames, tmp_path / "c.keras", epochs=1, start=first)
