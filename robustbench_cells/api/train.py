"""Training of a recipe on a data set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.errors import DataError
from robustbench_cells.models.extras import require_extra
from robustbench_cells.models.runtimes.quiet import import_keras
from robustbench_cells.training.recipes import RECIPES
from robustbench_cells.types import PATCH_SIDE


def train(
    recipe_name: str,
    dataset: str,
    out: Path,
    *,
    splits: tuple[str, str] = ("train", "validation"),
    margin: int | None = None,
    white_level: int | None = None,
    channel: str | int | None = None,
    frames: int | None = None,
    epochs: int | None = None,
    seed: int = 0,
    precision: str = "float32",
    start: Path | None = None,
    announce: Callable[[str], None] = lambda line: None,
) -> None:
    """Open and check the data, then fit.

    Parameters
    ----------
    recipe_name
        Name of a recipe.
    dataset
        What `open_dataset` takes.
    out
        The ``.keras`` file to write; card and history go beside it.
    splits
        Names of the split to learn from and of the one that picks the best epoch.
    margin
        Pixels left out at each border; the recipe's by default.
    white_level
        White value of 16-bit files.
    channel
        Channel to take of images that have several, or colours (see `open_dataset`).
    frames
        Number of training frames, evenly spread; all by default.
    epochs
        Cap on the epochs; the recipe's by default.
    seed
        Seed of weights, dropout and patches.
    precision
        ``float32`` or ``mixed_bfloat16``.
    start
        A ``.keras`` file with the first weights; random ones by default.
    announce
        Called with each line of progress.

    Raises
    ------
    RobustbenchError
        If the recipe, the data or the start is not usable.
    """
    recipe = RECIPES.get(recipe_name)
    require_extra("training", "keras")
    if splits[0] == splits[1]:
        raise DataError(f"split {splits[0]!r} cannot both train and validate: an epoch would be picked on its own data")
    px = recipe.margin if margin is None else margin

    def opened(split: str, count: int | None) -> Selection:
        data = open_dataset(dataset, split, margin=px, frames=count, white_level=white_level, channel=channel)
        data.require_side(PATCH_SIDE, "a training patch", "leave such frames out, or use a smaller margin")
        return data

    training, validation = opened(splits[0], frames), opened(splits[1], None)
    import_keras()
    from robustbench_cells.training.fit import fit

    announce(f"recipe {recipe.name}, to learn from: {training.title}")
    fit(
        recipe,
        training,
        validation,
        out,
        epochs=epochs,
        seed=seed,
        precision=precision,
        start=start,
        log=announce,
    )
    announce(f"wrote {out}")
