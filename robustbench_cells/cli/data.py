"""``data``: public data sets, fetched, checked and unpacked."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from robustbench_cells.datasets.catalogue import CATALOGUE
from robustbench_cells.datasets.download import download
from robustbench_cells.errors import RobustbenchError


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m robustbench_cells data", description="Public data sets, fetched, checked and unpacked."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    fetch = commands.add_parser(
        "download",
        help="fetch a public data set and unpack it",
        description="Fetch a public data set and unpack it. Broken off or stopped at any moment, the same command goes "
        "on where it was. What is fetched is compared with the SHA-256 that is demanded, else with the one that the "
        "catalogue knows, else with that of the first download, which is kept beside the data.",
        epilog="Example: python -m robustbench_cells data download phc-c2dl-psc --to data",
    )
    fetch.add_argument("name", help=f"of the data set: {', '.join(CATALOGUE.names())}")
    fetch.add_argument("--to", type=Path, default=Path("data"), metavar="DIR", help="folder for it (default: data)")
    fetch.add_argument("--sha256", metavar="HEX", help="the checksum that its zip file must have")
    fetch.add_argument("--url", help="another address of the zip file, for example a mirror's")
    options = parser.parse_args(arguments)
    try:
        offer = CATALOGUE.get(options.name)
        print(f"{offer.folder}, provided by {offer.provider}\nCite: {offer.citation}\nTerms: {offer.terms}\n")
        folder = download(offer, options.to, url=options.url, checksum=options.sha256)
        print(
            f"Next: run pytest on your benchmark with --rb-dataset {shlex.quote(str(folder))} --rb-split {offer.split}"
        )
    except (RobustbenchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on where it was", file=sys.stderr)
        return 130
    return 0
