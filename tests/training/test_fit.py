"""Training on the embedded data set: real processes, one of them killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

keras = pytest.importorskip("keras", reason="needs the extra 'keras'")

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.errors import ModelError
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.training.epochs import Epoch
from robustbench_cells.training.fit import Progress, fit
from robustbench_cells.training.network_parts import local_contrast
from robustbench_cells.training.recipes import RECIPES
from robustbench_cells.types import PATCH_SIDE
from tests.support.commands import train

QUIET_AND_REPEATABLE = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_DETERMINISTIC_OPS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
COMMAND = ["--recipe", "original", "--dataset", "synthetic", "--epochs", "2", "--frames", "2"]


def start(out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "robustbench_cells.train", *COMMAND, "--out", str(out)]
    environment = {**os.environ, **QUIET_AND_REPEATABLE}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def weights(path: Path) -> list[np.ndarray]:
    return load_segmenter(str(path)).model.get_weights()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("undisturbed") / "unet_small.keras"
    process = start(out)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return out, output


def test_a_run_leaves_a_model_a_card_and_a_history(undisturbed: tuple[Path, str]) -> None:
    out, output = undisturbed
    card = tomllib.loads(out.with_suffix(".toml").read_text())
    assert card["parameters"] == 481_745
    assert card["training"]["recipe"] == "original"
    assert card["training"]["epochs"] == 2
    assert card["data"]["train_frames"] == 2
    assert 0 <= card["validation"]["jaccard"] <= 1
    assert out.with_suffix(".history.csv").read_text().startswith("epoch,loss,validation_accuracy")
    assert len(out.with_suffix(".history.csv").read_text().splitlines()) == 3
    assert out.with_suffix(".history.png").read_bytes().startswith(b"\x89PNG")
    assert not out.with_suffix(".training").exists()
    assert "epoch 2/2" in output
    assert "s left" in output
    assert load_segmenter(str(out)).digest == card["sha256"]


def test_the_model_before_is_kept_aside(tmp_path: Path) -> None:
    frames = open_dataset("synthetic", "train", frames=1)
    out = tmp_path / "a.keras"
    out.write_bytes(b"a model of before")
    fit(RECIPES.get("original"), frames, frames, out, epochs=1)
    assert (tmp_path / "previous" / "a.keras").read_bytes() == b"a model of before"
    assert out.read_bytes() != b"a model of before"


def test_training_learns(undisturbed: tuple[Path, str]) -> None:
    rows = undisturbed[0].with_suffix(".history.csv").read_text().splitlines()
    losses = [float(row.split(",")[1]) for row in rows[1:]]
    assert losses[-1] < losses[0]


def test_a_killed_run_goes_on_to_the_same_result(undisturbed: tuple[Path, str], tmp_path: Path) -> None:
    out = tmp_path / "unet_small.keras"
    with start(out) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("epoch 1/2"):
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not out.exists()
    process = start(out)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert "going on after epoch" in output
    assert "epoch 1/2" not in output
    for one, other in zip(weights(undisturbed[0]), weights(out), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_work_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    frames = open_dataset("synthetic", "train", frames=1)
    recipe = RECIPES.get("original")

    class InterruptError(Exception):
        pass

    def interrupt(line: str) -> None:
        if line.startswith("epoch"):
            raise InterruptError

    with pytest.raises(InterruptError):
        fit(recipe, frames, frames, tmp_path / "a.keras", epochs=2, say=interrupt)
    with pytest.raises(ModelError, match=r"a\.training: was begun with other settings \(seed\)"):
        fit(recipe, frames, frames, tmp_path / "a.keras", epochs=2, seed=1)
    (tmp_path / "a.training/epoch-0001/state.json").write_text("{")
    with pytest.raises(ModelError, match=r"epoch-0001: is damaged .*; remove .*a\.training to begin anew"):
        fit(recipe, frames, frames, tmp_path / "a.keras", epochs=2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("--recipe", "magic"), f"no recipe is called 'magic'; there are: {', '.join(RECIPES.names())}"),
        (("--dataset", "nowhere"), "nowhere: no such folder"),
        (("--out", "model.h5"), "model.h5: the name of a model file ends in .keras"),
        (("--start", "nowhere.keras"), "nowhere.keras: no such model file"),
        (("--epochs", "0"), "0 epochs: at least 1 is needed"),
        (("--validation-split", "train"), "split 'train' cannot both train and validate"),
        (("--out", "/dev/null/a.keras"), "Not a directory"),
    ],
)
def test_mistakes_are_said_in_words(
    change: tuple[str, str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*COMMAND, "--out", str(tmp_path / "a.keras")]
    arguments += change
    assert train(arguments) == 2
    assert words in capsys.readouterr().err


def test_an_epoch_is_drawn_anew_and_the_same_each_time() -> None:
    selection = open_dataset("synthetic", "train", frames=2)
    samples = [selection.read(frame) for frame in selection.frames]
    recipe = RECIPES.get("original")
    first, again, following = (Epoch(samples, recipe, 0, epoch) for epoch in (0, 0, 1))
    assert len(first) == 6
    images, masks = first[3]
    assert images.shape == masks.shape == (2, PATCH_SIDE, PATCH_SIDE, 1)
    assert images.dtype == masks.dtype == np.float32
    assert set(np.unique(masks)) == {0, 1}
    np.testing.assert_array_equal(images, again[3][0])
    assert (images != following[3][0]).any()


def test_the_better_epoch_wins_and_a_tie_goes_to_the_earlier() -> None:
    progress = Progress({})
    verdicts = []
    for score in (0.5, 0.7, 0.7, 0.6, 0.8):
        progress.history.append({"validation_accuracy": score})
        verdicts.append(progress.is_best("accuracy"))
    assert verdicts == [True, True, False, False, True]


def test_a_recipe_of_its_own_loss_and_precision_goes_on_after_an_interruption(tmp_path: Path) -> None:
    frames = open_dataset("synthetic", "train", frames=1)
    lines: list[str] = []

    def interrupt(line: str) -> None:
        lines.append(line)
        if line.startswith("epoch 1/2"):
            raise KeyboardInterrupt

    out = tmp_path / "a.keras"
    for _ in range(2):
        with contextlib.suppress(KeyboardInterrupt):
            fit(RECIPES.get("robust"), frames, frames, out, epochs=2, precision="mixed_bfloat16", say=interrupt)
    assert sum(line.startswith("going on after epoch 1 of 2") for line in lines) == 1
    card = tomllib.loads(out.with_suffix(".toml").read_text())
    assert (card["training"]["precision"], card["training"]["epochs"]) == ("mixed_bfloat16", 2)
    model = load_segmenter(str(out)).model  # type: ignore[attr-defined]
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    whole = tmp_path / "b.keras"
    fit(RECIPES.get("robust"), frames, frames, whole, epochs=2, precision="mixed_bfloat16")
    for name in ("loss", "validation_jaccard"):
        halves, once = (pd.read_csv(path.with_suffix(".history.csv"))[name] for path in (out, whole))
        np.testing.assert_allclose(halves, once, atol=0.02)  # threads round as they like


def test_one_channel_of_the_robust_network_does_not_see_a_contrast_stretch() -> None:
    grey_levels = keras.Input((None, None, 1))
    channels = keras.Model(grey_levels, local_contrast(grey_levels))
    frame = open_dataset("synthetic", frames=1).read("000").image[None, :256, :256, None]
    plain, stretched = (channels.predict_on_batch(image) for image in (frame, 40 + frame / 4))
    np.testing.assert_allclose(stretched[..., 0], plain[..., 0], atol=1e-3)
    np.testing.assert_allclose(plain[..., 1], frame[..., 0] / 255, atol=1e-6)


def test_a_retraining_starts_from_the_weights_of_a_file(tmp_path: Path) -> None:
    frames = open_dataset("synthetic", "train", frames=1)
    first, second = tmp_path / "a.keras", tmp_path / "b.keras"
    fit(RECIPES.get("original"), frames, frames, first, epochs=1)
    lines: list[str] = []
    still = type("Still", (type(RECIPES.get("original")),), {"learning_rate": 0.0})()
    fit(still, frames, frames, second, epochs=1, seed=1, start=first, say=lines.append)
    for one, other in zip(weights(first), weights(second), strict=True):
        np.testing.assert_array_equal(one, other)
    card = tomllib.loads(second.with_suffix(".toml").read_text())
    assert card["training"]["start_sha256"] == load_segmenter(str(first)).digest
    with pytest.raises(ModelError, match="a: is another network than the recipe's"):
        fit(RECIPES.get("robust"), frames, frames, tmp_path / "c.keras", epochs=1, start=first)


def test_a_specialist_sees_its_condition_alone() -> None:
    sample = open_dataset("synthetic", "train", frames=1).read("000")
    specialist, noise = RECIPES.get("noise_150"), ARTEFACTS.get("noise")
    drawn = [specialist.draw(sample, np.random.default_rng(seed))[0] for seed in range(4)]
    cell_contrast = [np.corrcoef(image[:, 1:].ravel(), image[:, :-1].ravel())[0, 1] for image in drawn]
    plain = noise.distort(sample.image, sample.labels, 150.0, np.random.default_rng(0))[0]
    expected = np.corrcoef(plain[:, 1:].ravel(), plain[:, :-1].ravel())[0, 1]
    np.testing.assert_allclose(cell_contrast, expected, atol=0.05)


def test_the_loss_of_the_robust_recipe_follows_the_jaccard_score() -> None:
    loss = RECIPES.get("robust").loss()
    assert callable(loss)
    truth = np.zeros((2, 16, 16, 1), np.float32)
    truth[1, :8] = 1  # nothing in the first patch, 128 pixels of 256 in the second
    found = np.full_like(truth, 1e-6)
    found[1, 4:12] = 1 - 1e-6  # 64 of them, and 64 others
    entropy = -np.log(np.where(truth == 1, found, 1 - found)).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(loss(truth, found) - entropy, [0, 1 - (64 + 256) / (192 + 256)], atol=1e-3)


def test_no_specks_leave_the_robust_network() -> None:
    """What holds no square of 2×2 px goes; a cell keeps every pixel near one."""
    from robustbench_cells.training.network_parts import without_specks

    probability = np.full((1, 32, 32, 1), 0.1, np.float32)
    cell = np.zeros((32, 32), bool)
    cell[5:9, 5:12] = cell[9, 8] = cell[3:5, 8] = True  # with spikes of one pixel and of two
    probability[0, cell] = 0.9
    found = np.array(without_specks(probability))
    np.testing.assert_array_equal(found, probability)
    specks = probability.copy()
    specks[0, 20, 20] = specks[0, 25, 3:20] = 0.9  # a pixel, and a thread
    np.testing.assert_array_equal(np.array(without_specks(specks)), found)
