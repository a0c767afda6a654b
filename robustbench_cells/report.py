"""``python -m robustbench_cells.report``: the reports again, from stored results."""

import sys

from robustbench_cells.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main(["report", *sys.argv[1:]]))
