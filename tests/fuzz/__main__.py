"""``python -m tests.fuzz``: damaged files through every public loader."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate
from tqdm import tqdm

from robustbench_cells.errors import UnknownNameError
from tests.fuzz.hunt import NotReadyError, Tally, hunt, replay, shares
from tests.fuzz.kind import KINDS
from tests.fuzz.worker import ERROR, RESULT

FOUND, NOT_RUN = 1, 2  # exit codes


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description="Damage valid files of every kind at random and load them in processes with limits. Each must "
        "give a result or an error of robustbench_cells.errors. Needs Linux and the extra 'test'.",
        epilog="Exit code: 0 no failure, 1 failures (each cause is shown with the command to replay it), 2 could not "
        "run. Example: python -m tests.fuzz --files 1000 --seed 3 --kind images --kind stacks",
    )
    parser.add_argument(
        "--files", type=int, default=10_000, metavar="N", help="number of files over all kinds (default: 10000)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the damage (default: 0)")
    parser.add_argument("--minutes", type=float, default=math.inf, metavar="N", help="stop after this time")
    parser.add_argument(
        "--kind", action="append", metavar="KIND", help=f"only this kind; repeatable ({', '.join(KINDS.names())})"
    )
    parser.add_argument(
        "--keep", type=Path, default=Path("fuzz-failures"), metavar="DIR", help="folder for inputs that fail"
    )
    parser.add_argument("--replay", type=Path, metavar="FILE", help="load a kept input and show the outcome")
    options = parser.parse_args(arguments)
    try:
        if options.replay:
            return _replay(options.replay)
        kinds = [KINDS.get(name) for name in options.kind or KINDS.names()]
        with tqdm(total=sum(shares(kinds, options.files).values()), unit=" files", disable=None) as bar:

            def on_input(kind: str) -> None:
                bar.set_postfix_str(kind, refresh=False)
                bar.update()

            until = time.monotonic() + 60 * options.minutes
            tally = hunt(kinds, options.files, options.seed, options.keep, until, on_input)
    except (UnknownNameError, NotReadyError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return NOT_RUN
    print(_format_tally(tally, options.seed))
    return FOUND if tally.causes else 0


def _replay(path: Path) -> int:
    outcome = replay(path)
    print(f"{outcome.what} {outcome.where}\n{outcome.detail}")
    return 0 if outcome.what in (RESULT, ERROR) else FOUND


def _format_tally(tally: Tally, seed: int) -> str:
    rows = []
    for kind in dict.fromkeys(kind for kind, _ in tally.counts):
        counts = {what: count for (of, what), count in tally.counts.items() if of == kind}
        failed = sum(count for what, count in counts.items() if what not in (RESULT, ERROR))
        rows.append([kind, sum(counts.values()), counts.get(RESULT, 0), counts.get(ERROR, 0), failed])
    rows.append(["all", *(sum(row[column] for row in rows) for column in range(1, 5))])
    parts = [f"seed {seed}", tabulate(rows, ["kind", "files", "result", "reported error", "failed"])]
    for cause, count in tally.causes.most_common():
        paths, detail = tally.kept[cause]
        again = "\n".join(f"python -m tests.fuzz --replay {path}" for path in paths)
        parts.append(f"--- {count} × {' '.join(cause)}\n{detail.strip()}\n{again}")
    return "\n\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
