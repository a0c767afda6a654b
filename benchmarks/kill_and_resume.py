"""Kill runs of the benchmark at random moments, resume each, and compare with a run that nothing disturbed.

What a killed run had kept must still be there, unchanged, and must not be made again.

python benchmarks/kill_and_resume.py --runs 50
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Hashable
from pathlib import Path

from robustbench_cells.metrics import METRICS
from robustbench_cells.results.record_cache import RecordCache

GRID = Path(__file__).with_name("test_robustness.py")
OPTIONS = ("--rb-profile", "quick", "--rb-frames", "2", "--rb-model", "dog_otsu", "--rb-model", "nlm_otsu")
FILES = ("patches.csv.gz", "summary.csv")


def command(folder: Path) -> list[str]:
    """A run that writes into a folder."""
    return [sys.executable, "-m", "pytest", "-q", str(GRID), *OPTIONS, "--rb-reports", str(folder)]


def records(folder: Path) -> dict[tuple[Hashable, ...], tuple[float, ...]]:
    """The scores of every record that the store has, by its key."""
    path = folder / "records.sqlite"
    if not path.exists():
        return {}
    store = RecordCache(path)
    table = store.table().fillna(-1)  # an undefined score is the same as another
    store.close()
    metrics = [name for name in METRICS.names() if name in table]  # an empty table has none
    keys, scores = table.drop(columns=metrics), table[metrics]
    return dict(zip(keys.itertuples(index=False, name=None), scores.itertuples(index=False, name=None), strict=True))


def main() -> int:
    """Run it; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50, help="runs to kill (default: 50)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    options = parser.parse_args()
    moments = random.Random(options.seed)  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory() as place:
        undisturbed = Path(place) / "undisturbed"
        started = time.monotonic()
        subprocess.run(command(undisturbed), check=True, capture_output=True)  # noqa: S603
        seconds = time.monotonic() - started
        kept, wrong = 0, 0
        for number in range(options.runs):
            folder = Path(place) / f"{number}"
            process = subprocess.Popen(command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
            time.sleep(moments.uniform(0, seconds))
            process.kill()
            process.wait()
            before = records(folder)
            resumed = subprocess.run(command(folder), capture_output=True, text=True, check=False)  # noqa: S603
            line = next((line for line in resumed.stdout.splitlines() if " records: " in line), "no records")
            after = records(folder)
            same = (
                resumed.returncode == 0
                and before.items() <= after.items()
                and (f" {len(before)} cached, " in line or len(before) in (0, len(after)))
                and all((folder / name).read_bytes() == (undisturbed / name).read_bytes() for name in FILES)
            )
            wrong += not same
            kept += bool(before)
            print(f"{number + 1}/{options.runs}: {'the same' if same else 'DIFFERENT'}; {line}", flush=True)
    print(f"{wrong} of {options.runs} differ; {kept} found records of the killed run")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
