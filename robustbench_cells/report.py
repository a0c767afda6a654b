"""``python -m robustbench_cells.report``: the reports again, from stored results."""

from robustbench_cells.cli.report import main

if __name__ == "__main__":
    raise SystemExit(main())
