"""``distort``: distorted frames with their masks, as files."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from robustbench_cells.cli._dataset import add_dataset, add_dataset_options, open_selection

NAME = "distort"
HELP = "write distorted frames with their masks"
INTERRUPTED = "stopped; the data sets that are listed above are whole, and nothing is left of the others"


def configure(parser: argparse.ArgumentParser) -> None:
    """See `Command.configure`."""
    parser.description = (
        "Distort frames, and write them with their masks as 16-bit PNG files: one data set for each artefact and "
        "intensity, which pytest (--rb-dataset) and rb.open_dataset read. Nothing is overwritten."
    )
    parser.epilog = "Example: robustbench-cells distort DATA/PhC-C2DL-PSC --artefact defocus=2,4,8 --out defocused"
    add_dataset(parser)
    parser.add_argument(
        "--artefact",
        metavar="NAME=INTENSITIES",
        action="append",
        required=True,
        help="an artefact with intensities, as in defocus=2,4,8, or alone for those of the profile; repeatable",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder for the data sets")
    parser.add_argument(
        "--patches",
        action="store_true",
        help="write the 256×256 px patches that a run scores, with its random numbers, instead of whole frames: their "
        "clean scores are the scores of the run",
    )
    parser.add_argument(
        "--profile",
        metavar="NAME",
        default="default",
        help="intensities of artefacts that are given alone, and cap on frames and patches (default: default)",
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="seed, as of a run (default: 0)")
    add_dataset_options(parser, "split", "frames", "margin", "white-level", "channel", "ignore-label")


def run(options: argparse.Namespace) -> int:
    """See `Command.run`."""
    from tqdm import tqdm

    from robustbench_cells.api.artefact_texts import parse_grid
    from robustbench_cells.api.distorted_sets import DistortedSet, write_distorted_sets
    from robustbench_cells.datasets.paired_writer import IGNORE_LABEL, WHITE_LEVEL
    from robustbench_cells.engine.grid import find_profile

    artefacts = parse_grid(options.artefact, "--artefact")
    most_frames = find_profile(options.profile).most_frames
    selection = open_selection(options, options.dataset, most_frames if options.frames is None else options.frames)
    written: list[DistortedSet] = []
    with tqdm(unit=" images", delay=0.5) as bar:

        def show(condition: str) -> None:
            bar.set_description(condition, refresh=False)
            bar.update()

        for one in write_distorted_sets(
            selection,
            artefacts,
            options.out,
            profile=options.profile,
            seed=options.seed,
            patches=options.patches,
            on_image=show,
        ):
            written.append(one)
            bar.write(f"wrote {one.folder}: {one.images} {'patches' if options.patches else 'frames'} with their masks")
    ignore = f" --rb-ignore-label={IGNORE_LABEL}" if any(one.ignored for one in written) else ""
    print(
        f"To score one as it is: pytest benchmarks/ --rb-dataset={shlex.quote(str(written[0].folder))} "
        f"--rb-white-level={WHITE_LEVEL}{ignore} -k clean"
    )
    return 0
