"""``python -m robustbench_cells``: the command line."""

from robustbench_cells.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
