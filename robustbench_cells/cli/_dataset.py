"""Options of the commands that read data sets: which there are, and the frames that they select."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robustbench_cells.datasets.selection import Selection

_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "split": {"metavar": "NAME", "help": "split (default: the data set's own, as in a run)"},
    "frames": {"metavar": "N", "type": int, "help": "frames, evenly spread (default: as in a run)"},
    "margin": {"metavar": "PX", "type": int, "default": 0, "help": "pixels to crop at each border"},
    "white-level": {"metavar": "VALUE", "type": int, "help": "the value of 16-bit files that is white"},
    "ignore-label": {
        "metavar": "VALUE",
        "type": int,
        "help": "the value of mask pixels that the annotators left open",
    },
    "channel": {
        "metavar": "N|NAME|luminance",
        "help": "the channel of images that have colours or several channels: number from 0, name, or luminance",
    },
}


def add_dataset(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """Declare the data set, or several, as the argument of a command."""
    count: dict[str, Any] = {"nargs": "+"} if several else {}
    parser.add_argument("dataset", metavar="FRAMES", help="'synthetic', a folder or files, as `list` shows", **count)


def add_dataset_options(parser: argparse.ArgumentParser, *names: str) -> None:
    """Declare some of the options of a data set: split, frames, margin, white-level, ignore-label, channel."""
    for name in names:
        parser.add_argument(f"--{name}", **_OPTIONS[name])


def open_selection(options: argparse.Namespace, where: str, frames: int | None) -> Selection:
    """Open a data set by the options that the command has.

    Parameters
    ----------
    options
        Parsed arguments.
    where
        Name, folder or files of the data set.
    frames
        Number of frames, evenly spread; None for all.

    Raises
    ------
    DataError
        If it cannot be read, or an option is not usable.
    """
    from robustbench_cells.datasets.opening import open_dataset

    return open_dataset(
        where,
        options.split,
        margin=getattr(options, "margin", 0),
        frames=frames,
        white_level=options.white_level,
        ignore_label=getattr(options, "ignore_label", None),
        channel=options.channel,
    )
