"""Contract and registry of public data sets."""

from __future__ import annotations

from typing import Protocol

from robustbench_cells.registry import Registry


class PublicSet(Protocol):
    """A data set that its providers offer as one zip file.

    Attributes
    ----------
    name
        Name on the command line.
    folder
        Folder of the zip file that holds the frames, and name of the local folder; not part of any result.
    url
        Address of the zip file.
    sha256
        SHA-256 of the zip file, in hexadecimal; empty if not yet measured.
    split
        Split to suggest for a first run.
    max_bytes, max_files
        Limits on the size, packed or unpacked, and on the number of files.
    provider, citation, terms
        Credits and terms of use, shown before the download.
    """

    name: str
    folder: str
    url: str
    sha256: str
    split: str
    max_bytes: int
    max_files: int
    provider: str
    citation: str
    terms: str


CATALOGUE: Registry[PublicSet] = Registry(
    "robustbench_cells.datasets.catalogue", "data set to download", PublicSet, "robustbench_cells.public_datasets"
)
