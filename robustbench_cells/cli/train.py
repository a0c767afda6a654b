"""``python -m robustbench_cells.train``: train a recipe."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from robustbench_cells.errors import DataError, RobustbenchError


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m robustbench_cells.train",
        description="Train the paper's U-Net by a recipe. Killed at any moment, the same command goes on where it was.",
        epilog="Example: python -m robustbench_cells.train --recipe original --dataset DATA/PhC-C2DL-PSC --out "
        "models/unet_original.keras",
    )
    parser.add_argument("--recipe", required=True, help="how to train; `python -m robustbench_cells list` shows them")
    parser.add_argument(
        "--dataset", required=True, help="a data set with the splits 'train' and 'validation', or 'synthetic'"
    )
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        help="the .keras file to write; card and history go beside it, and what was there goes to previous/",
    )
    parser.add_argument("--epochs", type=int, help="most epochs (default: the recipe's)")
    parser.add_argument(
        "--start",
        type=Path,
        metavar="FILE",
        help="a .keras file to take the first weights from, as in retraining (default: random ones)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of weights, dropout and patches (default: 0)")
    parser.add_argument(
        "--margin", type=int, help="field of interest: pixels left out at the border (default: the recipe's)"
    )
    parser.add_argument("--train-split", default="train", help="split to learn from (default: train)")
    parser.add_argument(
        "--validation-split", default="validation", help="split that picks the best epoch (default: validation)"
    )
    parser.add_argument("--white-level", type=int, help="the value of 16-bit files that is white")
    parser.add_argument(
        "--precision",
        choices=("float32", "mixed_bfloat16"),
        default="float32",
        help="of the arithmetic; mixed_bfloat16 is faster where the processor has instructions for it "
        "(default: float32)",
    )
    parser.add_argument("--frames", type=int, help="use this many training frames (default: all)")
    options = parser.parse_args(arguments)
    try:
        train(options)
    except (RobustbenchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the same command goes on after the last whole epoch", file=sys.stderr)
        return 130
    return 0


def train(options: argparse.Namespace) -> None:
    """Open the data, then fit."""
    from robustbench_cells.datasets.opening import open_dataset
    from robustbench_cells.datasets.selection import Selection
    from robustbench_cells.models.runtimes.quiet import import_keras
    from robustbench_cells.training.recipes import RECIPES
    from robustbench_cells.types import PATCH_SIDE

    recipe = RECIPES.get(options.recipe)
    if options.train_split == options.validation_split:
        raise DataError(
            f"split {options.train_split!r} cannot both train and validate: an epoch would be picked on what it learnt"
        )

    margin = recipe.margin if options.margin is None else options.margin

    def frames(split: str, count: int | None) -> Selection:
        data = open_dataset(options.dataset, split, margin=margin, frames=count, white_level=options.white_level)
        data.require_side(PATCH_SIDE, "a training patch", "leave such frames out, or use a smaller margin")
        return data

    data = frames(options.train_split, options.frames), frames(options.validation_split, None)
    import_keras()
    from robustbench_cells.training.fit import fit

    def say(line: str) -> None:
        print(line, flush=True)

    say(f"recipe {recipe.name}, to learn from: {data[0].title}")
    fit(
        recipe,
        *data,
        options.out,
        epochs=options.epochs,
        seed=options.seed,
        precision=options.precision,
        start=options.start,
        say=say,
    )
    say(f"wrote {options.out}")
