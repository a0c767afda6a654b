"""``export``: a Keras model for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "export"
HELP = "write a Keras model for other programs"


def configure(parser: argparse.ArgumentParser) -> None:
    """See `Command.configure`."""
    parser.description = (
        "Write a .keras model in a format that other programs read, read it back, and compare the masks of the two. A "
        "card goes beside it."
    )
    parser.epilog = "Example: robustbench-cells export models/mine.keras --to bioimageio --out zoo/mine.zip"
    parser.add_argument("model", help="a .keras file, or the name of a shipped model")
    parser.add_argument(
        "--to", metavar="FORMAT", required=True, help="onnx, or bioimageio for a package of the BioImage Model Zoo"
    )
    parser.add_argument(
        "--out", metavar="FILE", type=Path, help="file to write (default: beside the model, or here if it is shipped)"
    )


def run(options: argparse.Namespace) -> int:
    """See `Command.run`."""
    from robustbench_cells.models.export import export

    print(export(options.model, options.to, options.out))
    return 0
