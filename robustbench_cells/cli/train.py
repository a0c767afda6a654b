"""``train``: train a recipe."""

from __future__ import annotations

import argparse
from pathlib import Path

from robustbench_cells.cli._dataset import add_dataset_options

NAME = "train"
HELP = "train a recipe"
INTERRUPTED = "interrupted; the same command resumes after the last completed epoch"


def configure(parser: argparse.ArgumentParser) -> None:
    """See `Command.configure`."""
    parser.description = "Train the paper's U-Net by a recipe. Killed at any moment, the same command resumes."
    parser.epilog = (
        "Example: python -m robustbench_cells.train --recipe original --dataset DATA/PhC-C2DL-PSC --out "
        "models/unet_original.keras"
    )
    parser.add_argument(
        "--recipe", metavar="NAME", required=True, help="how to train; `python -m robustbench_cells list` shows them"
    )
    parser.add_argument(
        "--dataset",
        metavar="DATASET",
        required=True,
        help="a data set with the splits 'train' and 'validation', or 'synthetic'",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        required=True,
        type=Path,
        help="the .keras file to write; card and history go beside it, and what was there goes to previous/",
    )
    parser.add_argument("--epochs", metavar="N", type=int, help="most epochs (default: the recipe's)")
    parser.add_argument(
        "--start",
        type=Path,
        metavar="FILE",
        help="a .keras file to take the first weights from, as in retraining (default: random ones)",
    )
    parser.add_argument(
        "--seed", metavar="N", type=int, default=0, help="seed of weights, dropout and patches (default: 0)"
    )
    parser.add_argument(
        "--margin",
        metavar="PIXELS",
        type=int,
        help="field of interest: pixels left out at the border (default: the recipe's)",
    )
    parser.add_argument("--train-split", metavar="NAME", default="train", help="split to learn from (default: train)")
    parser.add_argument(
        "--validation-split",
        metavar="NAME",
        default="validation",
        help="split that picks the best epoch (default: validation)",
    )
    add_dataset_options(parser, "white-level", "channel")
    parser.add_argument(
        "--precision",
        choices=("float32", "mixed_bfloat16"),
        default="float32",
        help="precision of the arithmetic; mixed_bfloat16 is faster where the processor has instructions for it "
        "(default: float32)",
    )
    parser.add_argument("--frames", metavar="N", type=int, help="use this many training frames (default: all)")


def run(options: argparse.Namespace) -> int:
    """See `Command.run`."""
    from robustbench_cells.api.train import train

    train(
        options.recipe,
        options.dataset,
        options.out,
        splits=(options.train_split, options.validation_split),
        margin=options.margin,
        white_level=options.white_level,
        channel=options.channel,
        frames=options.frames,
        epochs=options.epochs,
        seed=options.seed,
        precision=options.precision,
        start=options.start,
        announce=lambda line: print(line, flush=True),
    )
    return 0
