"""``gallery``: every artefact at every intensity on one patch, as a page."""

from __future__ import annotations

import argparse
from pathlib import Path

from robustbench_cells.cli._dataset import add_dataset, add_dataset_options, open_selection
from robustbench_cells.errors import DataError

NAME = "gallery"
HELP = "show every artefact at every intensity on one frame"


def configure(parser: argparse.ArgumentParser) -> None:
    """See `Command.configure`."""
    parser.description = (
        "Write a self-contained page with every artefact at every intensity, on the patch of the first frame that has "
        "the most cells. The page holds parts of the frame: publish it only where the frame may be published."
    )
    parser.epilog = "Example: robustbench-cells gallery DATA/PhC-C2DL-PSC --out gallery.html"
    add_dataset(parser)
    parser.add_argument(
        "--out", metavar="FILE", type=Path, default=Path("gallery.html"), help="page to write (default: gallery.html)"
    )
    parser.add_argument("--profile", metavar="NAME", default="full", help="artefacts and intensities (default: full)")
    parser.add_argument("--pixel-size", metavar="UM", type=float, help="side of a pixel in um, to show lengths in um")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="seed, as of a run (default: 0)")
    add_dataset_options(parser, "split", "white-level", "channel")


def run(options: argparse.Namespace) -> int:
    """See `Command.run`."""
    from tqdm import tqdm

    from robustbench_cells.api.request import require_pixel_size
    from robustbench_cells.files.atomic import write_text
    from robustbench_cells.reporting.artefact_gallery import artefact_gallery

    if options.out.suffix.lower() not in (".html", ".htm"):
        raise DataError(f"--out {options.out}: is no name of a page; give one that ends in .html")
    require_pixel_size(options.pixel_size)
    selection = open_selection(options, options.dataset, 1)
    with tqdm(unit=" artefacts", delay=0.5) as bar:

        def show(name: str) -> None:
            bar.set_description(name, refresh=False)
            bar.update()

        page = artefact_gallery(selection, options.profile, options.seed, show, options.pixel_size)
    write_text(options.out, page)
    print(f"wrote {options.out}")
    return 0
