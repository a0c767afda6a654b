"""``python -m robustbench_cells.train``: train a recipe."""

from robustbench_cells.cli.train import main

if __name__ == "__main__":
    raise SystemExit(main())
