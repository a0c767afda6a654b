"""``python -m robustbench_cells.train``: train a recipe."""

import sys

from robustbench_cells.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main(["train", *sys.argv[1:]]))
