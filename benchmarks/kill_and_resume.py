"""Kill runs of the benchmark at random moments, resume each, and compare with a run that nothing disturbed.

python benchmarks/kill_and_resume.py --runs 50
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GRID = Path(__file__).with_name("test_robustness.py")
OPTIONS = ("--rb-profile", "quick", "--rb-frames", "2", "--rb-model", "dog_otsu", "--rb-model", "nlm_otsu")
FILES = ("patches.csv.gz", "summary.csv")


def command(folder: Path) -> list[str]:
    """A run that writes into a folder."""
    return [sys.executable, "-m", "pytest", "-q", str(GRID), *OPTIONS, "--rb-reports", str(folder)]


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
        kept, wrong = [], 0
        for number in range(options.runs):
            folder = Path(place) / f"{number}"
            process = subprocess.Popen(command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
            time.sleep(moments.uniform(0, seconds))
            process.kill()
            process.wait()
            resumed = subprocess.run(command(folder), capture_output=True, text=True, check=False)  # noqa: S603
            line = next((line for line in resumed.stdout.splitlines() if " records: " in line), "no records")
            same = resumed.returncode == 0 and all(
                (folder / name).read_bytes() == (undisturbed / name).read_bytes() for name in FILES
            )
            wrong += not same
            kept.append("were in the store" in line)
            print(f"{number + 1}/{options.runs}: {'the same' if same else 'DIFFERENT'}; {line}", flush=True)
    print(f"{wrong} of {options.runs} differ; {sum(kept)} found records of the killed run")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
