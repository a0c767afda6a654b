"""Whether two stored runs have the same records, to the last bit.

python benchmarks/compare_records.py BEFORE AFTER

Used after a change that must not change a number: run the same command with both versions, each with its own
``--rb-reports``, then compare the two folders.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from robustbench_cells.results.storage import load

KEYS = ["segmenter", "artefact", "intensity", "frame", "patch"]


def main() -> int:
    """Compare two folders; returns 0 if their records are identical, else 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path, help="folder of stored results")
    parser.add_argument("after", type=Path, help="folder of stored results")
    options = parser.parse_args()
    before, after = (load(folder).records.set_index(KEYS).sort_index() for folder in (options.before, options.after))
    missing, new = before.index.difference(after.index), after.index.difference(before.index)
    columns = [name for name in before if name in after]
    shared = before.index.intersection(after.index)
    one, other = before.loc[shared, columns], after.loc[shared, columns]
    changed = ~((one == other) | (one.isna() & other.isna())).all(axis=1)
    print(
        f"{len(shared)} records of both: {int(changed.sum())} differ in {', '.join(columns)}; "
        f"{len(missing)} are missing after, {len(new)} are new"
    )
    return int(bool(changed.any() or len(missing) or len(new) or set(before) != set(after)))


if __name__ == "__main__":
    sys.exit(main())
