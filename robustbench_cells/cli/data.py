"""``data``: public data sets, fetched, verified and unpacked."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

NAME = "data"
HELP = "download public data sets"
INTERRUPTED = "stopped; the same command resumes it"


def configure(parser: argparse.ArgumentParser) -> None:
    """See `Command.configure`."""
    from robustbench_cells.datasets.catalogue import CATALOGUE

    parser.description = "Public data sets, fetched, verified and unpacked."
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    fetch = commands.add_parser(
        "download",
        help="fetch a public data set and unpack it",
        description="Fetch a public data set and unpack it. Interrupted at any moment, the same command resumes. The "
        "file is compared with the SHA-256 that is given, else with that of the catalogue, else with that of the first "
        "download, which is kept beside the data.",
        epilog="Example: robustbench-cells data download phc-c2dl-psc --to data",
    )
    fetch.add_argument("name", help=f"name of the data set: {', '.join(CATALOGUE.names())}")
    fetch.add_argument("--to", type=Path, default=Path("data"), metavar="DIR", help="folder for it (default: data)")
    fetch.add_argument("--sha256", metavar="HEX", help="checksum that the zip file must have")
    fetch.add_argument("--url", metavar="URL", help="another address of the zip file, for example a mirror's")


def run(options: argparse.Namespace) -> int:
    """See `Command.run`."""
    from robustbench_cells.datasets.catalogue import CATALOGUE
    from robustbench_cells.datasets.download import download

    offer = CATALOGUE.get(options.name)
    print(f"{offer.folder}, provided by {offer.provider}\nCite: {offer.citation}\nTerms: {offer.terms}\n")
    folder = download(offer, options.to, url=options.url, checksum=options.sha256)
    print(f"Next: run pytest on your benchmark with --rb-dataset={shlex.quote(str(folder))} --rb-split={offer.split}")
    return 0
