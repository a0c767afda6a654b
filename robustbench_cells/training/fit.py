"""Training by a recipe: each epoch is saved, so that a killed run resumes."""

from __future__ import annotations

import json
import platform
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from robustbench_cells.datasets.selection import Selection
from robustbench_cells.errors import ModelError
from robustbench_cells.files.atomic import atomic_path, back_up, read_json, write_text
from robustbench_cells.files.checksums import sha256
from robustbench_cells.files.reading import MAX_MODEL, list_files
from robustbench_cells.metrics import METRICS
from robustbench_cells.metrics._base import Comparison
from robustbench_cells.models.card import card_path, write_card
from robustbench_cells.models.instance_labels import foreground
from robustbench_cells.models.loading import load_keras
from robustbench_cells.models.runtimes.keras import KerasSegmenter, jit_setting
from robustbench_cells.randomness import generator
from robustbench_cells.training.epochs import Epoch, draw_validation_patches
from robustbench_cells.training.learning_curve import draw_curve
from robustbench_cells.training.recipes import Recipe
from robustbench_cells.types import Image, Masks

_VALIDATION_SCORES = ("accuracy", "jaccard", "precision", "recall")


@dataclass
class Progress:
    """State of a training run except the weights, as stored in ``state.json``.

    Attributes
    ----------
    settings
        Settings that a resumed run must share.
    done
        Number of finished epochs.
    seconds
        Training time so far.
    best_epoch
        Number of the best epoch so far, from 1.
    history
        Loss and validation scores of each epoch.
    """

    settings: dict[str, Any]
    done: int = 0
    seconds: float = 0.0
    best_epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    def is_best(self, monitor: str) -> bool:
        """Tell whether the last epoch has the best validation score so far; of equal ones, the earlier is best."""
        scores = [row[f"validation_{monitor}"] for row in self.history]
        return len(scores) == 1 or scores[-1] > max(scores[:-1])


def fit(
    recipe: Recipe,
    train: Selection,
    validation: Selection,
    out: Path,
    *,
    epochs: int | None = None,
    seed: int = 0,
    precision: str = "float32",
    start: Path | None = None,
    log: Callable[[str], None] = print,
) -> Path:
    """Train a U-Net by a recipe, and write the best epoch's model, its card and its history.

    Parameters
    ----------
    recipe
        Recipe to follow.
    train, validation
        Frames to learn from, and frames that select the best epoch.
    out
        Path of the ``.keras`` file to write. The folder ``out`` with the suffix ``.training`` stores the state of the
        run until it ends. An existing model is kept in the folder ``previous`` beside it.
    epochs
        Number of epochs, if not that of the recipe.
    seed
        Seed of weights, dropout and patches.
    precision
        Precision policy of Keras: ``float32`` or ``mixed_bfloat16``; weights are always float32.
    start
        Model file with the initial weights, if not random ones.
    log
        Callback that receives a line of progress after each epoch.

    Returns
    -------
    pathlib.Path
        The path ``out``.

    Raises
    ------
    ModelError
        If ``out`` does not end in ``.keras``, its ``.training`` folder is damaged or belongs to a run with other
        settings, or ``start`` is another network than the recipe's.
    """
    if out.suffix != ".keras":
        raise ModelError(f"{out}: the name of a model file must end in .keras")
    epochs = recipe.epochs if epochs is None else epochs
    if epochs < 1:
        raise ModelError(f"{epochs} epochs: at least 1 is needed")
    first = None if start is None else load_keras(str(start))
    work = _work(out)
    work.mkdir(parents=True, exist_ok=True)  # fails before the first epoch if the folder is not writable
    settings = {
        "recipe": recipe.name,
        "seed": seed,
        "precision": precision,
        "schedule": recipe.rate(0.5) != recipe.rate(0) and epochs,  # a schedule depends on the number of epochs
        "train": train.fingerprint,
        "validation": validation.fingerprint,
        "start": first and first.digest,
    }
    model, progress = _resume(work, settings, recipe, first)
    if progress.done:
        log(f"resuming after epoch {progress.done} of {epochs} (from {work})")
    samples = [train.read(frame) for frame in train.frames]
    checks = draw_validation_patches([validation.read(frame) for frame in validation.frames], recipe, seed)
    for epoch in range(progress.done, epochs):
        if epoch - progress.best_epoch >= recipe.patience:
            log(f"no better epoch in the last {recipe.patience}: stopping early")
            break
        started = time.monotonic()
        _seed_dropout(model, seed, epoch)
        model.optimizer.learning_rate = recipe.rate(epoch / epochs)
        losses = model.fit(Epoch(samples, recipe, seed, epoch), shuffle=False, verbose=0).history
        scores = score_validation(model, *checks)
        progress.history.append({"epoch": epoch + 1, "loss": float(losses["loss"][-1]), **scores})
        progress.done = epoch + 1
        progress.seconds += time.monotonic() - started
        best = progress.is_best(recipe.monitor)
        if best:
            progress.best_epoch = epoch + 1
        _save(work, model, progress, best)
        left = (epochs - progress.done) * progress.seconds / progress.done
        shown = "  ".join(f"{name.removeprefix('validation_')} {value:.4f}" for name, value in scores.items())
        log(
            f"epoch {epoch + 1}/{epochs}  loss {progress.history[-1]['loss']:.4f}  validation: {shown}"
            f"{'  (best)' if best else ''}  {f'{left / 60:.0f} min' if left >= 60 else f'{left:.0f} s'} left"
        )
    _finish(out, recipe, progress, train, validation)
    return out


def score_validation(model: keras.Model, images: Image, truth: Masks) -> dict[str, float]:
    """Compute the mean scores of a model over patches: images (N, H, W) and truth (N, H, W)."""
    masks = foreground(KerasSegmenter("in training", model, "").predict(images))
    comparison = Comparison(masks, truth)
    scores = {name: METRICS.get(name).score(comparison) for name in _VALIDATION_SCORES}
    return {
        f"validation_{name}": float(np.nan if np.isnan(values).all() else np.nanmean(values))
        for name, values in scores.items()
    }


def _work(out: Path) -> Path:
    return out.with_suffix(".training")


def _seed_dropout(model: keras.Model, seed: int, epoch: int) -> None:
    """Make dropout depend on (seed, epoch) alone: a saved model does not store the state of its dropout."""
    for index, layer in enumerate(model.layers):
        if isinstance(layer, keras.layers.Dropout):
            numbers = generator(seed, "dropout", epoch, index).integers(2**32, size=2, dtype=np.uint32)
            layer.seed_generator.state.assign(numbers)


def _resume(
    work: Path, settings: dict[str, Any], recipe: Recipe, first: KerasSegmenter | None
) -> tuple[keras.Model, Progress]:
    loss = recipe.loss()
    newest = max(work.glob("epoch-????"), default=None)
    if newest is None:
        model = recipe.build(settings["seed"], settings["precision"])
        if first is not None:
            _copy_weights(model, first)
        model.compile(keras.optimizers.Adam(recipe.learning_rate), loss, jit_compile=jit_setting())
        return model, Progress(settings)
    try:
        list_files(newest, MAX_MODEL, ModelError)
        progress = Progress(**read_json(newest / "state.json", ModelError))
        model = keras.saving.load_model(newest / "model.keras", custom_objects=_custom_objects(loss))
    except Exception as error:  # json and Keras raise anything on a damaged file
        raise ModelError(f"{newest}: is damaged ({error}); remove {work} to start again") from error
    different = [key for key, value in settings.items() if progress.settings.get(key) != value]
    if different:
        raise ModelError(
            f"{work}: was started with other settings ({', '.join(different)}); remove it to start again, or give "
            "another --out"
        )
    return model, progress


def _copy_weights(model: keras.Model, first: KerasSegmenter) -> None:
    weights = first.weights
    if [part.shape for part in weights] != [part.shape for part in model.get_weights()]:
        raise ModelError(
            f"{first.name}: its network differs from the recipe's; start from a model of this recipe, or from none"
        )
    model.set_weights(weights)


def _custom_objects(loss: str | Callable[[Any, Any], Any]) -> dict[str, Any]:
    """Map the name that Keras stores for a recipe's own loss to the loss."""
    return {} if isinstance(loss, str) else {loss.__name__: loss}


def _save(work: Path, model: keras.Model, progress: Progress, best: bool) -> None:
    """Save an epoch to its folder, complete once it has its name; then remove older ones."""
    folder = work / f"epoch-{progress.done:04d}"
    older = sorted(work.glob("epoch-????"))
    unfinished = work / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    model.save(unfinished / "model.keras")
    if best:
        shutil.copyfile(unfinished / "model.keras", unfinished / "best.keras")
    else:
        shutil.copyfile(older[-1] / "best.keras", unfinished / "best.keras")
    (unfinished / "state.json").write_text(json.dumps(asdict(progress)), encoding="utf-8")
    unfinished.rename(folder)
    for path in older:
        shutil.rmtree(path)


def _finish(out: Path, recipe: Recipe, progress: Progress, train: Selection, validation: Selection) -> None:
    work = _work(out)
    trained = keras.saving.load_model(max(work.glob("epoch-????")) / "best.keras", compile=False)
    bare = recipe.build(progress.settings["seed"], "float32")  # not compiled, so the file has no optimizer state
    bare.set_weights(trained.get_weights())
    history, curve = out.with_suffix(".history.csv"), out.with_suffix(".history.png")
    for path in (out, card_path(out), history, curve):
        back_up(path)
    with atomic_path(out) as temporary:
        bare.save(temporary)
    table = pd.DataFrame(progress.history)
    write_text(history, table.to_csv(index=False, float_format="%.6g"))
    draw_curve(table, progress.best_epoch, recipe.monitor, curve)
    best = progress.history[progress.best_epoch - 1]
    card = {
        "name": out.stem,
        "sha256": sha256(out),
        "parameters": bare.count_params(),
        "training": {
            **{key: progress.settings[key] for key in ("recipe", "seed", "precision")},
            **({"start_sha256": progress.settings["start"]} if progress.settings["start"] else {}),
            "about": " ".join((type(recipe).__doc__ or "").split()),
            "batch_size": recipe.batch_size,
            "learning_rate": recipe.learning_rate,
            "epochs": progress.done,
            "best_epoch": progress.best_epoch,
            "minutes": round(progress.seconds / 60, 1),
            "backend": keras.backend.backend(),
            "keras": keras.__version__,
            "python": platform.python_version(),
        },
        "data": {
            "train": train.key,
            "train_frames": len(train.frames),
            "train_fingerprint": train.fingerprint,
            "validation": validation.key,
            "validation_frames": len(validation.frames),
            "validation_fingerprint": validation.fingerprint,
        },
        "validation": {
            "patches": "from the validation frames, as the recipe draws them to select the best epoch",
            "monitor": recipe.monitor,
        }
        | {
            name.removeprefix("validation_"): round(value, 4)
            for name, value in best.items()
            if name.startswith("validation_") and not np.isnan(value)
        },
    }
    write_card(card_path(out), card)
    shutil.rmtree(work)
