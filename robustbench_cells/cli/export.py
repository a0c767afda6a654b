"""``export``: a Keras model for other programs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from robustbench_cells.errors import RobustbenchError
from robustbench_cells.models.export import export


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m robustbench_cells export",
        description="Write a .keras model in a form that other programs read, read it back, and compare the masks of "
        "the two. A card goes beside it.",
        epilog="Example: python -m robustbench_cells export models/mine.keras --to bioimageio --out zoo/mine.zip",
    )
    parser.add_argument("model", help="a .keras file, or the name of a shipped model")
    parser.add_argument("--to", required=True, help="onnx, or bioimageio for a package of the BioImage Model Zoo")
    parser.add_argument("--out", type=Path, help="file to write (default: beside the model, or here if it is shipped)")
    options = parser.parse_args(arguments)
    try:
        print(export(options.model, options.to, options.out))
    except (RobustbenchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
